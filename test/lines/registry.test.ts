import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DeviceList } from '../../src/lines/devices.js';
import { LineRegistry, type KeepaliveOutcome } from '../../src/lines/registry.js';
import { parseDeviceMessage, plainCountOf, sayingBehind } from '../../src/protocol/index.js';
import { check } from '../protocol/property.js';
import { ADDRESS, keepaliveOf, NOW } from './keepalives.js';

const listOf = (...ids: string[]): DeviceList =>
  new DeviceList(
    ids.map((id) => ({ id })),
    { password: 'password1' },
  );

const registryOf = (...ids: string[]): LineRegistry => new LineRegistry(listOf(...ids));

/** What the last of these counters of one line led to. */
function outcomeAfter(...counts: string[]): Pick<KeepaliveOutcome, 'cameOnline' | 'restarted' | 'stale'> {
  const registry = registryOf('goipid1');
  let outcome: KeepaliveOutcome | undefined;
  for (const count of counts) outcome = registry.heard(keepaliveOf('', { count }), ADDRESS, NOW);
  assert.ok(outcome);
  const { cameOnline, restarted, stale } = outcome;
  return { cameOnline, restarted, stale };
}

describe('line registry', () => {
  it('has a line for each device, in their order', () => {
    const registry = registryOf('b', 'a');
    assert.deepEqual(
      [...registry].map(({ id }) => id),
      ['b', 'a'],
    );
    assert.deepEqual([registry.size, registry.counts.online], [2, 0]);
    assert.equal(registry.get('a')?.id, 'a');
    assert.equal(registry.get('c'), undefined);
  });

  it('knows nothing of a keepalive for a line that is not in the list', () => {
    assert.equal(registryOf('goipid1').heard(keepaliveOf('', { id: 'goipid2' }), ADDRESS, NOW), undefined);
  });

  it('keeps lines apart by id, not by address: a box of many channels has one', () => {
    const registry = registryOf('a', 'b');
    registry.heard(keepaliveOf('num:1;', { id: 'a' }), { ...ADDRESS, port: 1 }, NOW);
    registry.heard(keepaliveOf('num:2;', { id: 'b' }), { ...ADDRESS, port: 2 }, NOW);
    const states = [...registry].map((line) => line.state(0, 0));
    assert.deepEqual(
      states.map(({ port, number }) => [port, number]),
      [
        [1, '1'],
        [2, '2'],
      ],
    );
    assert.equal(registry.counts.online, 2);
  });

  it('follows a line to the address of its last keepalive', () => {
    const registry = registryOf('goipid1');
    registry.heard(keepaliveOf(), ADDRESS, NOW);
    registry.heard(keepaliveOf('', { count: '2' }), { address: '192.0.2.8', port: 1024 }, NOW);
    assert.deepEqual(registry.get('goipid1')?.address, { address: '192.0.2.8', port: 1024 });
  });
});

describe('line registry: the counter of keepalives (protocol §2)', () => {
  const next = { cameOnline: false, restarted: false, stale: false };

  it('brings a line online, wherever it stands', () => {
    assert.deepEqual(outcomeAfter('1'), { ...next, cameOnline: true });
    assert.deepEqual(outcomeAfter('4711'), { ...next, cameOnline: true });
  });

  it('rises, jumps where keepalives got lost, and stands still for a copy', () => {
    assert.deepEqual(outcomeAfter('1', '2'), next);
    assert.deepEqual(outcomeAfter('1', '50'), next);
    assert.deepEqual(outcomeAfter('7', '7'), next);
  });

  it('falls when the device has restarted', () => {
    assert.deepEqual(outcomeAfter('100', '1'), { ...next, restarted: true });
    assert.deepEqual(outcomeAfter('100', '3'), { ...next, restarted: true }, 'the first keepalives got lost');
    assert.deepEqual(outcomeAfter('2', '1'), { ...next, restarted: true }, 'after a minute');
  });

  it('falls by one or two where a keepalive was overtaken: that one changes nothing', () => {
    assert.deepEqual(outcomeAfter('100', '99'), { ...next, stale: true });
    assert.deepEqual(outcomeAfter('100', '98'), { ...next, stale: true });
    assert.deepEqual(outcomeAfter('100', '97'), { ...next, restarted: true });
    const registry = registryOf('goipid1');
    registry.heard(keepaliveOf('signal:20;', { count: '100' }), ADDRESS, NOW);
    registry.heard(keepaliveOf('signal:1;', { count: '99' }), { ...ADDRESS, port: 1 }, NOW + 1);
    const { signal, port, lastSeen } = registry.get('goipid1')?.state(0, 0) ?? {};
    assert.deepEqual([signal, port, lastSeen], [20, ADDRESS.port, new Date(NOW).toISOString()]);
    assert.deepEqual(outcomeAfter('100', '99', '101'), next);
  });

  it('says nothing where it is no number', () => {
    assert.deepEqual(outcomeAfter('x', 'y'), next);
    assert.deepEqual(outcomeAfter('100', 'x'), next);
    assert.deepEqual(outcomeAfter('x', '1'), next);
  });

  it('of a line that was offline: it is back, and has restarted if the counter fell', () => {
    for (const [count, restarted] of [
      ['101', false],
      ['1', true],
    ] as const) {
      const registry = registryOf('goipid1');
      registry.heard(keepaliveOf('', { count: '100' }), ADDRESS, NOW);
      registry.sweep(NOW, NOW + 92_000);
      const outcome = registry.heard(keepaliveOf('', { count }), ADDRESS, NOW + 100_000);
      assert.deepEqual([outcome?.cameOnline, outcome?.restarted, outcome?.stale], [true, restarted, false]);
    }
  });

  it('of a line that was offline is never overtaken: it is back', () => {
    const registry = registryOf('goipid1');
    registry.heard(keepaliveOf('', { count: '100' }), ADDRESS, NOW);
    registry.sweep(NOW, NOW + 92_000);
    const outcome = registry.heard(keepaliveOf('', { count: '99' }), ADDRESS, NOW + 100_000);
    assert.deepEqual([outcome?.cameOnline, outcome?.stale, registry.counts.online], [true, false, 1]);
  });
});

describe('line registry: sweep', () => {
  it('finds the lines that were silent since the deadline, once', () => {
    const registry = registryOf('a', 'b', 'never');
    registry.heard(keepaliveOf('', { id: 'a' }), ADDRESS, NOW);
    registry.heard(keepaliveOf('', { id: 'b' }), ADDRESS, NOW + 1);
    assert.deepEqual(registry.sweep(NOW - 1, NOW + 91_999), []);
    assert.deepEqual(
      registry.sweep(NOW, NOW + 92_000).map(({ id }) => id),
      ['a'],
    );
    assert.deepEqual(registry.sweep(NOW, NOW + 92_000), []);
    assert.equal(registry.counts.online, 1);
    assert.equal(registry.get('a')?.state(0, 0).since, new Date(NOW + 92_000).toISOString());
  });
});

describe('line registry: a keepalive that says what the last one said', () => {
  const saying = (id: string, fields = ''): string => `id:${id};pass:password1;${fields}`;

  it('is heard without being read, where it comes from the same place with a higher counter', () => {
    const registry = registryOf('a', 'b');
    const elsewhere = { ...ADDRESS, port: 1 };
    registry.heard(keepaliveOf('num:1;', { id: 'a' }), ADDRESS, NOW);
    const again = (said: string, count: number, from = ADDRESS as typeof elsewhere): string | undefined =>
      registry.repeated(said, count, from, NOW + 1)?.id;
    assert.equal(again(saying('a', 'num:1;'), 2), 'a');
    assert.equal(registry.get('a')?.lastSeen, NOW + 1);
    assert.equal(registry.get('a')?.count, '2');
    assert.equal(again(saying('a', 'num:1;'), 2), undefined, 'a copy');
    assert.equal(again(saying('a', 'num:1;'), 1), undefined, 'a restart');
    assert.equal(again(saying('a', 'num:1;'), 3, elsewhere), undefined, 'another port');
    assert.equal(again(saying('a', 'num:2;'), 3), undefined, 'something else');
    assert.equal(again(saying('a', 'num:1;').replace('password1', 'password2'), 3), undefined, 'another password');
    assert.equal(again(saying('b', 'num:1;'), 3), undefined, 'another line');
    registry.heard(keepaliveOf('num:2;', { count: '3', id: 'a' }), ADDRESS, NOW);
    assert.equal(again(saying('a', 'num:1;'), 4), undefined, 'what it said before the last time');
    assert.equal(again(saying('a', 'num:2;'), 4), 'a');
    registry.sweep(NOW + 1, NOW + 1);
    assert.equal(again(saying('a', 'num:2;'), 5), undefined, 'offline');
  });

  for (const [said, isKnown] of [
    ['id:a;pass:password1;num:1;', true],
    ['id:a;password:password1;num:1;', true],
    ['id:a;pass:password1;', true],
    ['id:a;pass:password1', false],
    ['num:1;id:a;pass:password1;', false],
    ['pass:password1;id:a;num:1;', false],
    ['id:a;num:1;pass:password1;', false],
    ['ID:a;pass:password1;num:1;', false],
  ] as const) {
    it(`${isKnown ? 'is not read' : 'is read'}: ${said}`, () => {
      const registry = registryOf('a');
      const message = parseDeviceMessage(`req:1;${said}`);
      assert(message.kind === 'req');
      registry.heard(message, ADDRESS, NOW);
      assert.equal(registry.repeated(said, 2, ADDRESS, NOW)?.id, isKnown ? 'a' : undefined);
      assert.equal(registry.repeated('', 3, ADDRESS, NOW), undefined);
    });
  }

  it('is read after a redeploy, until the line is heard where it is now', () => {
    const elsewhere = { ...ADDRESS, port: 1 };
    const before = registryOf('a');
    before.heard(keepaliveOf('', { id: 'a', count: '100' }), elsewhere, NOW);
    const registry = new LineRegistry(listOf('a'), before);
    const again = (count: number): boolean => registry.repeated(saying('a'), count, elsewhere, NOW) !== undefined;
    assert.equal(again(101), false);
    const overtaken = registry.heard(keepaliveOf('', { id: 'a', count: '99' }), ADDRESS, NOW);
    assert.equal(overtaken?.stale, true);
    assert.equal(again(102), false);
    registry.heard(keepaliveOf('', { id: 'a', count: '103' }), elsewhere, NOW);
    assert.equal(again(104), true);
  });

  it('changes just what it would if it were read', () => {
    const ids = ['a', 'b'];
    const keepalive = fc.record({
      what: fc.constant('keepalive' as const),
      id: fc.constantFrom(...ids),
      step: fc.constantFrom(1, 1, 1, 1, 2, 0, -1, -5),
      text: fc.constantFrom('', '', '', '0', ' ', 'x'),
      fields: fc.constantFrom('', '', 'gsm_status:LOGOUT;', 'pro:é;', 'signal:1;'),
      port: fc.constantFrom(1, 1, 1, 1, 2),
    });
    const event = fc.record({ what: fc.constantFrom('park' as const, 'sweep' as const), id: fc.constantFrom(...ids) });
    let again = 0;
    check(
      fc.array(fc.oneof({ weight: 8, arbitrary: keepalive }, event), { minLength: 20, maxLength: 40, size: 'max' }),
      (events) => {
        const [one, other] = [registryOf(...ids), registryOf(...ids)];
        const counts = new Map(ids.map((id) => [id, 0]));
        let now = NOW;
        for (const event of events) {
          now += 1;
          if (event.what === 'keepalive') {
            const count = Math.max(1, (counts.get(event.id) ?? 0) + event.step);
            counts.set(event.id, count);
            const data = Buffer.from(`req:${event.text}${count};${saying(event.id, event.fields)}`);
            const from = { ...ADDRESS, port: event.port };
            const message = parseDeviceMessage(data);
            assert(message.kind === 'req');
            const outcome = other.heard(message, from, now);
            const plain = plainCountOf(data);
            if (plain > 0 && one.repeated(sayingBehind(plain, data), plain, from, now)) {
              again += 1;
              const nothing = { isFirst: false, isNews: false, cameOnline: false, restarted: false, stale: false };
              assert.deepEqual({ ...outcome, line: undefined }, { ...nothing, line: undefined });
            } else one.heard(message, from, now);
          } else if (event.what === 'park') for (const registry of [one, other]) registry.get(event.id)?.park();
          else for (const registry of [one, other]) registry.sweep(now - 4, now);
          for (const id of ids) {
            const [line, same] = [one.get(id), other.get(id)];
            assert.deepEqual(line?.state(0, now), same?.state(0, now));
            assert.deepEqual([line?.readiness, line?.hasBeenReady], [same?.readiness, same?.hasBeenReady]);
          }
        }
      },
    );
    assert(again > 100, `it was so ${again} times only`);
  });
});
