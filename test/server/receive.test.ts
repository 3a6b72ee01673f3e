import assert from 'node:assert/strict';
import type { Sms } from '../../src/index.js';
import { DEVICE, nextEvent, nextSms, Stage } from './stage.js';

const receive = (recvid: string, text: string, from = '+8613513415667'): string =>
  `RECEIVE:${recvid};id:goipid1;password:password1;srcnum:${from};msg:${text}`;

describe('server: received SMS', () => {
  const stage = new Stage();
  afterEach(() => stage.close());

  it("takes the seed's example, acks it and delivers it", async () => {
    const { server, address } = await stage.server({ devices: [{ ...DEVICE, name: 'Office' }] });
    const device = await stage.device(address);
    const arrived = nextSms(server);
    const ack = await device.ask('RECEIVE:1270197307;id:goipid1;pass:password1;srcnum:+8613513415667;msg:just a test');
    assert.equal(ack, 'RECEIVE 1270197307 OK\n');
    const { receivedAt, ...sms } = await arrived;
    assert.deepEqual(sms, {
      event: 'sms',
      device: 'goipid1',
      name: 'Office',
      from: '+8613513415667',
      text: 'just a test',
      recvid: '1270197307',
      remote: { address: '127.0.0.1', port: device.port },
    } satisfies Omit<Sms, 'receivedAt'>);
    assert.equal(new Date(receivedAt).toISOString(), receivedAt);
    assert.equal(server.lines()[0]?.counters.received, 1);
  });

  for (const [what, text] of [
    ['semicolons and what looks like fields', 'a;b;id:goipid2;password:x;msg:y'],
    ['newlines and blanks at both ends', '  \n hello \r\n '],
    ['any script', 'Grüße 你好 🎉'],
    ['nothing at all', ''],
  ] as const) {
    it(`hands on the text untouched: ${what}`, async () => {
      const { server, address } = await stage.server();
      const device = await stage.device(address);
      const arrived = nextSms(server);
      device.send(receive('1', text));
      assert.equal((await arrived).text, text);
    });
  }

  for (const [where, wire, text] of [
    ['behind a text', 'hello\0\0', 'hello'],
    ['within a text', 'he\0llo', 'he\ufffdllo'],
    ['instead of a text', '\0', ''],
    ['behind a line end', 'hello\n\0', 'hello\n'],
  ] as const) {
    it(`removes NUL at the end and shows it within: ${where}`, async () => {
      const { server, address } = await stage.server();
      const device = await stage.device(address);
      const arrived = nextSms(server);
      device.send(receive('1', wire));
      assert.equal((await arrived).text, text);
    });
  }

  it('takes an SMS whose verb is in lower case, and acks it in that spelling', async () => {
    const { server, address } = await stage.server();
    const device = await stage.device(address);
    const arrived = nextSms(server);
    assert.equal(await device.ask('\ufeff receive:9;id:goipid1;password:password1;num:+1;msg:hi'), 'receive 9 OK\n');
    const { event, from, text } = await arrived;
    assert.deepEqual([event, from, text], ['sms', '+1', 'hi']);
  });

  it('shows half a character that stays alone as U+FFFD', async () => {
    const { server, address } = await stage.server();
    const device = await stage.device(address);
    const arrived = nextSms(server);
    device.send(Buffer.concat([Buffer.from(receive('1', 'so ')), Buffer.of(0xed, 0xa0, 0xbd)]));
    assert.equal((await arrived).text, 'so \ufffd');
  });

  it('hands on service centre and time of newer firmware', async () => {
    const { server, address } = await stage.server();
    const device = await stage.device(address);
    const arrived = nextSms(server);
    device.send('RECEIVE:5;id:goipid1;password:password1;srcnum:INFO;smscnum:+491;senttime:26/11/22 10:00:00;msg:hi');
    const { from, smsc, sentTime } = await arrived;
    assert.deepEqual([from, smsc, sentTime], ['INFO', '+491', '26/11/22 10:00:00']);
  });

  it('acks every copy and delivers the SMS once', async () => {
    const { server, address } = await stage.server();
    const device = await stage.device(address);
    const texts: string[] = [];
    server.on('sms', ({ text }) => texts.push(text));
    for (let copy = 0; copy < 4; copy += 1) assert.equal(await device.ask(receive('77', 'once')), 'RECEIVE 77 OK\n');
    assert.deepEqual(texts, ['once']);
  });

  it('takes a recvid that comes again for another SMS as another SMS', async () => {
    const { server, address } = await stage.server();
    const device = await stage.device(address);
    const seen: string[] = [];
    server.on('sms', ({ from, text }) => seen.push(`${from} ${text}`));
    await device.ask(receive('2', 'one', '+1'));
    await device.ask(receive('2', 'two', '+1'));
    await device.ask(receive('2', 'two', '+2'));
    assert.deepEqual(seen, ['+1 one', '+1 two', '+2 two']);
  });

  it('refuses a wrong id and a wrong password in the same words, and delivers nothing', async () => {
    const { server, address } = await stage.server();
    const device = await stage.device(address);
    server.on('sms', () => assert.fail('delivered'));
    const wrongPassword = 'RECEIVE:-5;id:goipid1;password:wrong;srcnum:+1;msg:x';
    const wrongId = 'RECEIVE:-5;id:nobody;password:password1;srcnum:+1;msg:x';
    const answers = [await device.ask(wrongPassword), await device.ask(wrongId)];
    assert.deepEqual(answers, ['RECEIVE -5 ERROR unauthorized\n', 'RECEIVE -5 ERROR unauthorized\n']);
  });

  it('holds what nobody takes yet, and hands it over in order', async () => {
    const { server, address } = await stage.server();
    const device = await stage.device(address);
    for (const n of ['1', '2', '3']) await device.ask(receive(n, `text ${n}`));
    const seen: string[] = [];
    await new Promise<void>((resolve) =>
      server.on('sms', ({ text }) => {
        seen.push(text);
        if (seen.length === 3) resolve();
      }),
    );
    assert.deepEqual(seen, ['text 1', 'text 2', 'text 3']);
  });

  it('gives each taker the lines it wants, and holds those that nobody wants', async () => {
    const { server, address } = await stage.server({ devices: [DEVICE, { id: 'other', password: 'p' }] });
    const device = await stage.device(address);
    const seen: string[] = [];
    server.takeSms({ devices: new Set(['other']), take: ({ text }) => seen.push(`other: ${text}`) });
    await device.ask(receive('1', 'for one'));
    await device.ask('RECEIVE:1;id:other;password:p;srcnum:+1;msg:for other');
    assert.deepEqual(seen, ['other: for other']);
    server.takeSms({ take: ({ text }) => seen.push(`all: ${text}`) });
    assert.deepEqual(seen, ['other: for other', 'all: for one']);
  });
});

describe('server: events of devices', () => {
  const stage = new Stage();
  afterEach(() => stage.close());
  const header = 'id:goipid1;password:password1';

  for (const [datagram, ack, kind, payload] of [
    [
      `DELIVER:3;${header};sms_no:32;state:0;num:+86138`,
      'DELIVER 3 OK\n',
      'deliver',
      { smsNo: 32, state: 0, number: '+86138' },
    ],
    [
      `STATE:446;${header};gsm_remain_state:DIALING:999`,
      'STATE 446 OK\n',
      'state',
      { state: 'DIALING', number: '999' },
    ],
    [`RECORD:7;${header};dir:2;num:10086`, 'RECORD 7 OK\n', 'record', { direction: 2, number: '10086' }],
    [
      `HANGUP:8;${header};num:5,cause:Normal call clearing`,
      'HANGUP 8 OK\n',
      'hangup',
      { number: '5', cause: 'Normal call clearing' },
    ],
    [`REMAIN:9;${header};gsm_remain_time:-1`, 'REMAIN 9 OK\n', 'remain', { minutes: -1 }],
    [`EXPIRY:10;${header};exp:0`, 'EXPIRY 10 OK\n', 'expiry', { minutes: 0 }],
    [`CELLINFO:11;${header};info:LAC:1,ID:2`, 'CELLINFO 11 OK\n', 'cellinfo', { info: 'LAC:1,ID:2' }],
    [`CELLS:12;${header};lists:1,2,`, 'CELLS 12 OK\n', 'cells', { cells: ['1', '2'] }],
    [`BCCH:13;${header};bcch:7,8,`, 'BCCH 13 OK\n', 'bcch', { bcch: ['7', '8'] }],
    [`CGATT:14;${header};cgatt:1`, 'CGATT 14 OK\n', 'cgatt', { attached: 1 }],
    [`USSN:15;${header};msg:Your balance: 5;00\n`, 'USSN 15 OK\n', 'ussn', { text: 'Your balance: 5;00\n' }],
    [`NOVELTY:16;${header};a:1;b:2:3`, 'NOVELTY 16 OK\n', 'unknown', { verb: 'NOVELTY', fields: { a: '1', b: '2:3' } }],
  ] as const) {
    it(`acks and hands on ${datagram.split(':')[0] ?? ''}`, async () => {
      const { server, address } = await stage.server();
      const device = await stage.device(address);
      const told = nextEvent(server, kind);
      assert.equal(await device.ask(datagram), ack);
      const event = await told;
      assert.equal(event.device, 'goipid1');
      const { recvid, ...rest } = event.payload as Record<string, unknown>;
      assert.equal(typeof recvid, 'string');
      assert.deepEqual(rest, payload);
      assert.ok(!JSON.stringify(event).includes(DEVICE.password));
    });
  }

  for (const [datagram, kind, payload] of [
    [`HANGUP:1;${header};num:5,cause:no ${DEVICE.password}!`, 'hangup', { number: '5', cause: 'no ••••!' }],
    [`USSN:2;${header};msg:use ${DEVICE.password}`, 'ussn', { text: 'use ••••' }],
    [`CELLINFO:3;${header};info:${DEVICE.password}`, 'cellinfo', { info: '••••' }],
    [`CELLS:4;${header};lists:1,x${DEVICE.password},`, 'cells', { cells: ['1', 'x••••'] }],
    [`RECORD:5;${header};dir:2;num:${DEVICE.password}`, 'record', { direction: 2, number: '••••' }],
  ] as const) {
    it(`hides the password of the device in ${kind}`, async () => {
      const { server, address } = await stage.server();
      const device = await stage.device(address);
      const told = nextEvent(server, kind);
      await device.ask(datagram);
      const { recvid, ...rest } = (await told).payload as Record<string, unknown>;
      assert.deepEqual(rest, payload);
    });
  }

  it('leaves the text of an SMS alone, whatever is in it', async () => {
    const { server, address } = await stage.server();
    const device = await stage.device(address);
    const received = new Promise<string>((resolve) => server.on('sms', ({ text }) => resolve(text)));
    await device.ask(`RECEIVE:1;${header};srcnum:+1;msg:the password is ${DEVICE.password}`);
    assert.equal(await received, `the password is ${DEVICE.password}`);
  });

  it('acks every copy and tells the event once', async () => {
    const { server, address } = await stage.server();
    const device = await stage.device(address);
    let count = 0;
    server.on('event', () => (count += 1));
    for (let copy = 0; copy < 3; copy += 1) await device.ask(`STATE:1;${header};gsm_remain_state:IDLE`);
    await device.ask(`STATE:2;${header};gsm_remain_state:IDLE`);
    assert.equal(count, 2);
  });

  it('acks neither AT nor GSM: they are replies', async () => {
    const { address } = await stage.server();
    const device = await stage.device(address);
    assert.deepEqual(await device.answersTo(`AT:1;count:1;${header};receive:OK`, DEVICE), []);
    assert.deepEqual(await device.answersTo('GSM:1;get_gsm_num:1', DEVICE), []);
  });

  it('tells a stranger nothing but that it is unauthorized, and an invented verb not even that', async () => {
    const { server, address } = await stage.server();
    const device = await stage.device(address);
    server.on('event', ({ event }) => event === 'state' && assert.fail('told'));
    assert.deepEqual(await device.answersTo('STATE:1;id:goipid1;password:x;gsm_remain_state:IDLE', DEVICE), [
      'STATE 1 ERROR unauthorized\n',
    ]);
    assert.deepEqual(await device.answersTo('NOVELTY:1;id:goipid1;password:x;', DEVICE), []);
  });
});
