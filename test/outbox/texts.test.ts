import assert from 'node:assert/strict';
import type { GoipErrorCode } from '../../src/errors.js';
import type { SendRequest } from '../../src/outbox/accepting/request.js';
import { numbers, Site } from './site.js';
import { Stage, type StageOptions } from './stage.js';

/** The texts of the sessions that were opened, and the numbers that went out in each. */
async function sessionsOf(request: SendRequest, options: StageOptions = {}): Promise<Record<string, string[]>[]> {
  const site = await Site.open({ ids: ['a'], ...options });
  await site.accept(request);
  await site.end();
  const texts = new Map<string, string>();
  const sent = new Map<string, string[]>();
  for (const datagram of site.stage.sent('a')) {
    const [, verb = '', sendid = '', rest = ''] = /^(MSG|SEND) (\d+) \d+ (.*)$/s.exec(datagram) ?? [];
    if (verb === 'MSG') texts.set(sendid, rest);
    if (verb === 'SEND') sent.set(sendid, [...(sent.get(sendid) ?? []), rest]);
  }
  return [...texts].map(([sendid, text]) => ({ [text]: sent.get(sendid) ?? [] }));
}

async function refuses(code: GoipErrorCode, request: SendRequest, message?: RegExp): Promise<void> {
  const stage = await Stage.online();
  await assert.rejects(stage.outbox.accept(request), message ? { code, message } : { code });
  assert.deepEqual([stage.sent(), stage.outbox.jobs()], [[], []]);
}

describe('outbox: parts and encoding', () => {
  for (const [what, text, parts, encoding] of [
    ['160 characters of GSM', 'x'.repeat(160), 1, 'GSM-7'],
    ['161', 'x'.repeat(161), 2, 'GSM-7'],
    ['70 of others', '短'.repeat(70), 1, 'UCS-2'],
    ['71', '短'.repeat(71), 2, 'UCS-2'],
    ['one of others among many', `${'x'.repeat(160)}’`, 3, 'UCS-2'],
  ] as const) {
    it(`of ${what} are told before anything goes out, and with each result`, async () => {
      const stage = await Stage.online();
      const { statuses, result } = await stage.accept({ to: '+1, +2', text });
      assert.deepEqual(
        statuses.map((status) => [status.state, status.parts, status.encoding]),
        [
          ['queued', parts, encoding],
          ['queued', parts, encoding],
        ],
      );
      const sendid = await stage.opens('a');
      await stage.say('a', `OK ${sendid} 1`, `OK ${sendid} 2`);
      const { results } = await result();
      assert.deepEqual(
        results.map((number) => [number.parts, number.encoding]),
        [
          [parts, encoding],
          [parts, encoding],
        ],
      );
    });
  }

  it('are limited where that is wanted', async () => {
    const long = 'x'.repeat(400);
    await refuses(
      'GOIP_TOO_MANY_PARTS',
      { to: '+1', text: long, maxParts: 2 },
      /^the text takes 3 SMS \(GSM-7\), not 2$/,
    );
    await refuses('GOIP_TOO_MANY_PARTS', { to: '+1', text: '短'.repeat(71), maxParts: '1' });
    await refuses('GOIP_TOO_MANY_PARTS', {
      to: [
        { number: '+1', name: 'Ann' },
        { number: '+2', name: long },
      ],
      text: '{{name}}',
      maxParts: 2,
    });
    for (const maxParts of [3, '3', 0, '0', '', null, undefined]) {
      const stage = await Stage.online();
      await stage.accept({ to: '+1', text: long, maxParts });
      assert.equal(stage.sent().length, 1);
    }
    for (const maxParts of [-1, 1.5, 'two', NaN, true, {}])
      await refuses('GOIP_BAD_SETTING', { to: '+1', text: 'hello', maxParts });
  });
});

describe('outbox: a text for each number', () => {
  const ann = { number: '+1', name: 'Ann', due: 7 };
  const bob = { number: '+2', name: 'Bob', due: 8 };

  it('is filled from the fields of the number', async () => {
    const sessions = await sessionsOf({ to: [ann, bob], text: 'Dear {{name}}, you owe {{due}} to {{number}}' });
    assert.deepEqual(sessions, [{ 'Dear Ann, you owe 7 to +1': ['+1'] }, { 'Dear Bob, you owe 8 to +2': ['+2'] }]);
  });

  it('shares a session with those that are equal', async () => {
    const to = numbers(9).map((number, index) => ({ number, kind: index % 3 }));
    const sessions = await sessionsOf({ to, text: 'kind {{kind}}' });
    assert.deepEqual(sessions, [
      { 'kind 0': ['+1001', '+1004', '+1007'] },
      { 'kind 1': ['+1002', '+1005', '+1008'] },
      { 'kind 2': ['+1003', '+1006', '+1009'] },
    ]);
  });

  it('is sent to a number that is there twice, if it is not the same', async () => {
    const sessions = await sessionsOf({ to: [ann, { ...ann, due: 9 }, ann, bob], text: 'Dear {{name}}: {{due}}' });
    assert.deepEqual(sessions, [{ 'Dear Ann: 7': ['+1'] }, { 'Dear Ann: 9': ['+1'] }, { 'Dear Bob: 8': ['+2'] }]);
  });

  it('has parts and encoding of its own', async () => {
    const stage = await Stage.online();
    const { statuses } = await stage.accept({
      to: [ann, { ...bob, name: '短'.repeat(100) }],
      text: 'Dear {{name}}',
    });
    assert.deepEqual(
      statuses.map(({ to, parts, encoding }) => [to, parts, encoding]),
      [
        ['+1', 1, 'GSM-7'],
        ['+2', 2, 'UCS-2'],
      ],
    );
  });

  it('without a field that it needs sends nothing to anybody', async () => {
    await refuses('GOIP_TEXT_INVALID', { to: [ann, { number: '+2' }], text: 'Dear {{name}}' });
    await refuses('GOIP_TEXT_INVALID', { to: [ann, '+2'], text: 'Dear {{name}}' });
    await refuses('GOIP_TEXT_EMPTY', { to: [ann, { number: '+2', name: '' }], text: '{{name}}' });
    await refuses('GOIP_TEXT_TOO_LONG', { to: [{ ...ann, name: 'x'.repeat(3001) }], text: '{{name}}' });
    await refuses('GOIP_BAD_NUMBER', { to: [{ name: 'Ann' }], text: 'Dear {{name}}' });
  });

  it('is filled for plain numbers among the others, too', async () => {
    const sessions = await sessionsOf({ to: [ann, '+2'], text: 'Hello {{number}}' });
    assert.deepEqual(sessions, [{ 'Hello +1': ['+1'] }, { 'Hello +2': ['+2'] }]);
  });

  it('is none where all numbers are plain: what looks like a field is sent as it is', async () => {
    assert.deepEqual(await sessionsOf({ to: ['+1', '+2'], text: 'Dear {{name}}' }), [
      { 'Dear {{name}}': ['+1', '+2'] },
    ]);
  });

  it('may be made of a template that is longer than an SMS can be', async () => {
    const text = `{{#vip}}${'x'.repeat(3000)}{{/vip}}short`;
    assert.deepEqual(await sessionsOf({ to: [ann], text }), [{ short: ['+1'] }]);
    await refuses('GOIP_TEXT_TOO_LONG', { to: '+1', text });
    await refuses('GOIP_TEXT_TOO_LONG', { to: [{ ...ann, vip: true }], text });
  });

  it('outlives the server', async () => {
    const stage = await Stage.create({ persistent: true });
    await stage.accept({ to: [ann, bob], text: 'Dear {{name}}', origin: 'n' });
    await stage.startAgain();
    await stage.keepalive('a');
    assert.deepEqual(stage.sent(), ['a: MSG 1 8 Dear Ann']);
    await stage.say('a', 'PASSWORD 1', 'SEND 1', 'OK 1 1', 'DONE 1');
    assert.deepEqual(stage.sent().slice(-1), ['a: MSG 2 8 Dear Bob']);
    const [job] = await stage.adopt('n');
    assert.equal(job?.total, 2);
  });
});

describe('outbox: numbers of a country', () => {
  it('are made international; short codes and what is no number pass', async () => {
    const to = ['0171 2345678', '+49 171 2345678', '0049 (171) 2345678', '110', '+1 202 555 0143', '22922'];
    assert.deepEqual(await sessionsOf({ to, text: 'hello' }, { country: 'DE' }), [
      { hello: ['+491712345678', '110', '+12025550143', '22922'] },
    ]);
  });

  it('those of objects, too', async () => {
    const to = [{ number: '0171 2345678', name: 'Ann' }];
    assert.deepEqual(await sessionsOf({ to, text: '{{name}}' }, { country: 'DE' }), [{ Ann: ['+491712345678'] }]);
  });

  it('stay as they are without one', async () => {
    assert.deepEqual(await sessionsOf({ to: '0171 2345678, 110', text: 'hello' }), [{ hello: ['01712345678', '110'] }]);
  });
});
