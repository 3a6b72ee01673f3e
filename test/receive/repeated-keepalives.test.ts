import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import type { ServerEvents } from '../../src/index.js';
import { DeviceList } from '../../src/lines/devices.js';
import type { Line } from '../../src/lines/line.js';
import { LineRegistry } from '../../src/lines/registry.js';
import { parseDeviceMessage } from '../../src/protocol/index.js';
import { countOf, RepeatedKeepalives } from '../../src/receive/repeated-keepalives.js';
import { wire, type Rooms } from '../../src/wiring.js';
import { Later } from '../journal/later.js';
import { ADDRESS, NOW } from '../lines/keepalives.js';
import { check } from '../protocol/property.js';

const bodyOf = (id: string, fields = ''): string => `id:${id};pass:password1;${fields}`;

/** Lines and the short cut, with all that it does. */
function scene(...ids: string[]) {
  const devices = ids.map((id) => ({ id }));
  const lines = new LineRegistry(new DeviceList(devices, { password: 'password1' }));
  const done: string[] = [];
  const repeated = new RepeatedKeepalives({
    sender: { sendText: (text) => done.push(text) },
    bus: { publishLine: (kind, line, _, isNews) => done.push(`${kind} of ${line.id}, news: ${isNews}`) },
    outbox: { serve: (line) => done.push(`serve ${line.id}`) },
    keepaliveStatus: 200,
  });
  /** Handles a keepalive as a whole. */
  const read = (body: string, count = 1, from = ADDRESS as { readonly address: string; readonly port: number }) => {
    const message = parseDeviceMessage(`req:${count};${body}`);
    assert(message.kind === 'req');
    const outcome = lines.heard(message, from, NOW) ?? assert.fail();
    if (!outcome.stale) repeated.learn(outcome.line, message);
    return outcome;
  };
  const isRepeated = (body: string, count: number, from: Parameters<typeof read>[2] = ADDRESS): boolean =>
    repeated.handle(Buffer.from(`req:${count};${body}`), from, NOW + 1) === 'handled';
  return { lines, done, read, isRepeated };
}

describe('short cut for repeated keepalives', () => {
  it('acks, publishes and serves the line', () => {
    const { lines, done, read, isRepeated } = scene('a');
    read(bodyOf('a'));
    assert.equal(isRepeated(bodyOf('a'), 2), true);
    assert.deepEqual(done, ['reg:2;status:200;', 'keepalive of a, news: false', 'serve a']);
    const line: Line = lines.get('a') ?? assert.fail();
    assert.deepEqual([line.lastSeen, line.count], [NOW + 1, '2']);
  });

  it('is taken by a keepalive from the same place with a higher counter, and by no other', () => {
    const { lines, done, read, isRepeated } = scene('a', 'b');
    const elsewhere = { ...ADDRESS, port: 1 };
    read(bodyOf('a', 'num:1;'), 2);
    assert.equal(isRepeated(bodyOf('a', 'num:1;'), 2), false, 'a duplicate');
    assert.equal(isRepeated(bodyOf('a', 'num:1;'), 1), false, 'a restart');
    assert.equal(isRepeated(bodyOf('a', 'num:1;'), 3, elsewhere), false, 'another port');
    assert.equal(isRepeated(bodyOf('a', 'num:2;'), 3), false, 'something else');
    assert.equal(isRepeated(bodyOf('a', 'num:1;').replace('password1', 'password2'), 3), false, 'another password');
    assert.equal(isRepeated(bodyOf('b', 'num:1;'), 3), false, 'another line');
    read(bodyOf('a', 'num:2;'), 3);
    assert.equal(isRepeated(bodyOf('a', 'num:1;'), 4), false, 'what it said before the last time');
    assert.deepEqual(done, []);
    assert.equal(isRepeated(bodyOf('a', 'num:2;'), 4), true);
    lines.sweep(NOW + 1, NOW + 1);
    assert.equal(isRepeated(bodyOf('a', 'num:2;'), 5), false, 'offline');
  });

  for (const [body, isShort] of [
    ['id:a;pass:password1;num:1;', true],
    ['id:a;password:password1;num:1;', true],
    ['id:a;pass:password1;', true],
    ['id:a;pass:password1', false],
    ['num:1;id:a;pass:password1;', false],
    ['pass:password1;id:a;num:1;', false],
    ['id:a;num:1;pass:password1;', false],
    ['ID:a;pass:password1;num:1;', false],
    ['id:a;pass:password1;pro:é;', false],
  ] as const) {
    it(`${isShort ? 'is taken' : 'is not taken'} after ${body}`, () => {
      const { read, isRepeated } = scene('a');
      read(body);
      assert.equal(isRepeated(body, 2), isShort);
      assert.equal(isRepeated('', 3), false);
    });
  }

  it('is not taken after a keepalive that was overtaken on the way: the line is not where that came from', () => {
    const { read, isRepeated } = scene('a');
    read(bodyOf('a', 'num:2;'), 100);
    assert.equal(read(bodyOf('a', 'num:1;'), 99).stale, true);
    assert.equal(isRepeated(bodyOf('a', 'num:1;'), 101), false);
    assert.equal(isRepeated(bodyOf('a', 'num:2;'), 101), true);
  });

  it('is not taken before the line was heard by this server', () => {
    const before = scene('a');
    before.read(bodyOf('a'), 100);
    const { lines, isRepeated } = scene('a');
    lines.get('a')?.inherit(before.lines.get('a') ?? assert.fail());
    assert.equal(isRepeated(bodyOf('a'), 101), false);
  });
});

describe('counter of a keepalive, read from its bytes', () => {
  for (const [datagram, count] of [
    ['req:10;id:a;', 10],
    ['req:1;', 1],
    ['req:999999999;', 999_999_999],
    ['req:1000000000;', 0],
    ['req:0;', 0],
    ['req:01;', 0],
    ['req: 1;', 0],
    ['req:1 ;', 0],
    ['req:1', 0],
    ['req:;', 0],
    ['req:-1;', 0],
    ['REQ:1;', 0],
    ['reg:1;', 0],
    ['', 0],
    [`req:1;${'x'.repeat(600)}`, 0],
  ] as const) {
    it(`is ${count === 0 ? 'not read' : count}: ${JSON.stringify(datagram.slice(0, 20))}`, () => {
      assert.equal(countOf(Buffer.from(datagram)), count);
    });
  }
});

describe('a server without the short cut', () => {
  const IDS = ['a', 'b'];

  /** A server that does not listen, and all that it sends and publishes. */
  function world(hasShortCut: boolean) {
    const clock = new Later(NOW);
    const emitter = new EventEmitter<ServerEvents>();
    const options = { devices: IDS.map((id) => ({ id, password: 'password1' })) };
    const rooms = wire(options, { clock, hasShortCut }, emitter, undefined);
    const events: unknown[] = [];
    emitter.on('event', (event) => events.push(event));
    rooms.tracing.start();
    let authenticated = 0;
    const { gate } = rooms;
    const authenticate = gate.authenticate.bind(gate);
    gate.authenticate = (...args) => {
      authenticated += 1;
      return authenticate(...args);
    };
    return { rooms, clock, events, authenticated: () => authenticated };
  }

  const lookOf = ({ states, lines, drops, tracing }: Rooms) => ({
    states: states.list(),
    readiness: Array.from(lines, (line) => [line.readiness, line.hasBeenReady]),
    dropped: { ...drops.counters },
    trace: tracing.current,
  });

  it('does just the same', () => {
    const keepalive = fc.record({
      what: fc.constant('keepalive' as const),
      id: fc.constantFrom(...IDS),
      step: fc.constantFrom(1, 1, 1, 1, 2, 0, -1, -5),
      text: fc.constantFrom('', '', '', '0', ' ', 'x'),
      fields: fc.constantFrom('', '', 'gsm_status:LOGOUT;', 'pro:é;', 'signal:1;'),
      password: fc.constantFrom('password1', 'password1', 'password1', 'password1', 'wrong'),
      port: fc.constantFrom(1, 1, 1, 1, 2),
    });
    const event = fc.record({ what: fc.constantFrom('park' as const, 'sweep' as const), id: fc.constantFrom(...IDS) });
    let taken = 0;
    check(
      fc.array(fc.oneof({ weight: 8, arbitrary: keepalive }, event), { minLength: 20, maxLength: 40, size: 'max' }),
      (steps) => {
        const [one, other] = [world(true), world(false)];
        const counts = new Map(IDS.map((id) => [id, 0]));
        for (const step of steps) {
          for (const { clock } of [one, other]) clock.pass(0.001);
          const now = one.clock.now();
          if (step.what === 'keepalive') {
            const { id, password, fields, text, port } = step;
            const count = Math.max(1, (counts.get(id) ?? 0) + step.step);
            counts.set(id, count);
            const datagram = `req:${text}${count};id:${id};pass:${password};${fields}`;
            for (const { rooms } of [one, other]) rooms.router.receive(Buffer.from(datagram), { ...ADDRESS, port });
          } else {
            for (const { rooms } of [one, other]) {
              if (step.what === 'park') rooms.lines.get(step.id)?.park();
              else rooms.lines.sweep(now - 4, now);
            }
          }
          assert.deepEqual(lookOf(one.rooms), lookOf(other.rooms));
        }
        assert.deepEqual(one.events, other.events);
        taken += other.authenticated() - one.authenticated();
      },
    );
    assert(taken > 100, `the short cut was taken ${taken} times only`);
  });
});
