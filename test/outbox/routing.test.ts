import assert from 'node:assert/strict';
import { ProblemList } from '../../src/reading/problems.js';
import { Routes, type RoutingRule } from '../../src/outbox/matching/routes.js';
import { numbers, Site } from './site.js';
import { Stage } from './stage.js';

const IDS = ['a', 'b', 'c', 'd'];
const GROUPS = { b: 'de', c: 'de', d: 'uk' };

/** Which line has sent which numbers. */
function airOf(site: Site): Readonly<Record<string, readonly string[]>> {
  const air = IDS.map((id) => [id, site.onAir(id).toSorted()] as const);
  return Object.fromEntries(air.filter(([, numbers]) => numbers.length > 0));
}

async function sendAll(routes: readonly RoutingRule[], ...requests: readonly { to: unknown; device?: unknown }[]) {
  const site = await Site.open({ ids: IDS, groups: GROUPS, routes });
  for (const request of requests) await site.accept(request);
  await site.end();
  return airOf(site);
}

describe('outbox: routing', () => {
  it('numbers go out on the line, the lines or the group of the rule that fits them, others on any line', async () => {
    const routes = [
      { prefix: '+49', device: 'de' },
      { prefix: '+44', device: 'd' },
      { prefix: '+1', device: ['a', 'd'] },
    ];
    assert.deepEqual(await sendAll(routes, { to: '+491, +492' }), { b: ['+491'], c: ['+492'] });
    assert.deepEqual(await sendAll(routes, { to: '+441, +442' }), { d: ['+441', '+442'] });
    assert.deepEqual(await sendAll(routes, { to: '+11, +12' }), { a: ['+11'], d: ['+12'] });
    assert.deepEqual(await sendAll(routes, { to: '+31, +32, +33, +34' }), {
      a: ['+31'],
      b: ['+32'],
      c: ['+33'],
      d: ['+34'],
    });
  });

  it('the first rule that fits holds', async () => {
    const special = { prefix: '+4915', device: 'a' };
    const all = { prefix: '+49', device: 'd' };
    assert.deepEqual(await sendAll([special, all], { to: '+49151, +49161' }), { a: ['+49151'], d: ['+49161'] });
    assert.deepEqual(await sendAll([all, special], { to: '+49151, +49161' }), { d: ['+49151', '+49161'] });
  });

  it('numbers of one job take their different ways at once', async () => {
    const routes = [{ prefix: '+49', device: 'de' }];
    const site = await Site.open({ ids: IDS, groups: GROUPS, routes });
    await site.accept({ to: ['+31', ...numbers(10, 4901), '+32'] });
    await site.accept({ to: '+33' });
    const seconds = await site.end();
    const { a = [], b = [], c = [], d = [] } = airOf(site);
    assert.deepEqual(
      [...a, ...d].filter((number) => number.startsWith('+49')),
      [],
    );
    assert.equal([...a, ...b, ...c, ...d].length, 13);
    assert.ok(seconds < 20, `${seconds} s`);
  });

  it('what the message says comes before the rules', async () => {
    const routes = [{ prefix: '+49', device: 'de' }];
    assert.deepEqual(await sendAll(routes, { to: '+491', device: 'a' }), { a: ['+491'] });
    assert.deepEqual(await sendAll(routes, { to: '+491', device: 'uk' }), { d: ['+491'] });
  });

  it('a line comes before a group of the same name', async () => {
    const site = await Site.open({ ids: ['a', 'b'], groups: { a: 'b', b: 'a' } });
    await site.accept({ to: '+1, +2', device: 'a' });
    await site.end();
    assert.deepEqual(site.onAir('a'), ['+1', '+2']);
  });

  it('a group that is not there is refused at once', async () => {
    const stage = await Stage.online({ ids: IDS, groups: GROUPS });
    await assert.rejects(stage.outbox.accept({ to: '+1', text: 'hello', device: ['a', 'fr'] }), {
      code: 'GOIP_UNKNOWN_DEVICE',
      message: '"fr" is no device of the list, and no group',
    });
    assert.deepEqual(stage.sent(), []);
  });

  it('lines of a rule that are offline: a job waits for them, and is refused where they are so for sure', async () => {
    const stage = await Stage.create({ ids: IDS, groups: GROUPS, routes: [{ prefix: '+49', device: 'de' }] });
    await stage.keepalive('a');
    const { news } = await stage.accept({ to: '+491, +31' });
    assert.deepEqual(stage.sent(), ['a: MSG 1 5 hello']);
    assert.deepEqual(news(), ['+491 queued', '+31 queued']);
    await stage.pass({ seconds: 92 });
    await assert.rejects(stage.outbox.accept({ to: '+492', text: 'hello' }), {
      code: 'GOIP_OFFLINE',
      message: 'b, c: not online',
    });
    await stage.keepalive('c');
    assert.deepEqual(stage.sent('c'), ['MSG 2 5 hello']);
  });

  it('fits numbers as they were made by the country', async () => {
    const routes = [{ prefix: '+49', device: 'de' }];
    const site = await Site.open({ ids: IDS, groups: GROUPS, routes, country: 'DE' });
    await site.accept({ to: '0171 2345678' });
    await site.end();
    assert.deepEqual(airOf(site), { b: ['+491712345678'] });
  });
});

describe('outbox: routing rules', () => {
  const members = IDS.map((id) => ({ id, group: (GROUPS as Readonly<Record<string, string>>)[id] }));

  it('name lines by id or group, each once', () => {
    const routes = new Routes(members, [{ prefix: '0', device: ['c', 'de', 'a', 'c'] }]);
    assert.deepEqual(routes.linesFor('0171', null), ['c', 'b', 'a']);
    assert.equal(routes.linesFor('+49171', null), null);
    assert.deepEqual(routes.linesFor('0171', ['d']), ['d']);
    assert.deepEqual([routes.named('de'), routes.named('a'), routes.named('')], [['b', 'c'], ['a'], undefined]);
  });

  it('may name what is switched off, and find no line there', () => {
    const off = [
      { id: 'x', group: 'off', why: 'is switched off' },
      { id: 'y', group: 'de', why: 'is switched off' },
    ];
    const rules = [
      { prefix: '1', device: 'x' },
      { prefix: '2', device: ['off', 'a'] },
      { prefix: '3', device: 'de' },
    ];
    const routes = new Routes(members, rules, off);
    assert.deepEqual(
      ['1', '2', '3'].map((number) => routes.linesFor(number, null)),
      [[], ['a'], ['b', 'c']],
    );
    assert.equal(routes.named('x'), undefined);
    assert.deepEqual(
      ['x', 'off', 'y', 'de', 'z'].map((name) => routes.whyUnusable(name)),
      ['is switched off', 'is switched off', 'is switched off', undefined, undefined],
    );
  });

  /** What is left of rules that are wrong: where +49 and others go, and the problems. */
  function outcomeOf(rules: unknown): unknown[] {
    const problems = new ProblemList();
    const routes = new Routes(members, rules, [], problems);
    return [routes.linesFor('+49171', null), ...problems.list().map(({ message }) => message)];
  }

  const PREFIX = 'its prefix must be digits, with or without a leading +; the rule is left out';
  const WRONG: readonly (readonly [what: string, rule: unknown, ...outcome: unknown[]])[] = [
    ['no prefix', { prefix: '', device: 'a' }, null, `routing rule row 1: ${PREFIX}`],
    ['a prefix with letters', { prefix: 'abc', device: 'a' }, null, `routing rule row 1: ${PREFIX}`],
    ['a plus alone', { prefix: '+', device: 'a' }, null, `routing rule row 1: ${PREFIX}`],
    ['a prefix of 21 digits', { prefix: '1'.repeat(21), device: 'a' }, null, `routing rule row 1: ${PREFIX}`],
    ['an object as prefix', { prefix: {}, device: 'a' }, null, `routing rule row 1: ${PREFIX}`],
    ['a text for the rule', '+49', null, 'routing rule row 1: it is a text, not an object; the rule is left out'],
    ['nothing for the rule', null, null, 'routing rule row 1: it is nothing, not an object; the rule is left out'],
    [
      'a line that is not there',
      { prefix: '+49', device: 'z' },
      [],
      'routing rule +49: there is no device or group "z"; it finds no line there',
    ],
    [
      'one of them not there',
      { prefix: '+49', device: ['a', 'z'] },
      ['a'],
      'routing rule +49: there is no device or group "z"; it finds no line there',
    ],
    [
      'an empty line',
      { prefix: '+49', device: '' },
      [],
      'routing rule +49: it names no device or group; it finds no line there',
    ],
    [
      'no lines',
      { prefix: '+49', device: [] },
      [],
      'routing rule +49: it names no device or group; it finds no line there',
    ],
    [
      'an object as device',
      { prefix: '+49', device: {} },
      [],
      'routing rule +49: there is no device or group that is an object; it finds no line there',
    ],
  ];
  for (const [what, rule, ...outcome] of WRONG) {
    it(`with ${what} are left out, or find no line, and are named`, () => assert.deepEqual(outcomeOf([rule]), outcome));
  }

  it('may be blank rows', () => assert.deepEqual(outcomeOf([{}, { prefix: ' ', device: [''] }]), [null]));

  it('may hold numbers, several names in a text, and prefixes as people write them', () => {
    const named = [{ id: '1001', group: undefined }, { id: 'a, b', group: undefined }, ...members];
    const rules = [
      { prefix: '+49 (171)', device: 1001 },
      { prefix: 49, device: 'a, b' },
      { prefix: '0', device: 'a; c' },
    ];
    const routes = new Routes(named, rules);
    assert.deepEqual(
      ['+49171', '4930', '0171'].map((number) => routes.linesFor(number, null)),
      [['1001'], ['a, b'], ['a', 'c']],
    );
  });

  it('that are no list leave all numbers alone, and stop sending', () => {
    assert.deepEqual(outcomeOf({ prefix: '+49' }), [
      null,
      'routes must be a list of objects, not an object; nothing is sent until this is corrected, SMS are received',
    ]);
  });

  it('are named without control characters', () => {
    const [, message] = outcomeOf([{ prefix: '+49', device: 'z\u001b' }]);
    assert.equal(message, 'routing rule +49: there is no device or group "z\\u001b"; it finds no line there');
  });
});
