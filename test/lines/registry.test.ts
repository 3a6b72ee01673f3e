import assert from 'node:assert/strict';
import { DeviceList } from '../../src/lines/devices.js';
import { LineRegistry, type KeepaliveOutcome } from '../../src/lines/registry.js';
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
