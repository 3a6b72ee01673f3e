/** The counts of lines are those that one gets by looking at all of them. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DeviceList } from '../../src/lines/devices.js';
import type { LineCounts } from '../../src/lines/census.js';
import { LineRegistry } from '../../src/lines/registry.js';
import { check } from '../protocol/property.js';
import { ADDRESS, keepaliveOf, NOW } from './keepalives.js';

const IDS = ['a', 'b', 'c', 'd'];

const registryOf = (ids: readonly string[], before?: LineRegistry): LineRegistry =>
  new LineRegistry(
    new DeviceList(
      ids.map((id) => ({ id })),
      { password: 'password1' },
    ),
    before,
  );

/** The counts of some lines, counted one by one. */
function countedIn(registry: LineRegistry, ids: readonly string[]): LineCounts {
  const lines = [...registry].filter(({ id }) => ids.includes(id));
  const online = lines.filter((line) => line.online).length;
  return { known: lines.length, online, heard: lines.filter(({ lastSeen }) => lastSeen !== undefined).length };
}

describe('the counts of lines', () => {
  it('follow the lines of each selection, whatever happens to them', () => {
    const step = fc.oneof(
      fc.record({ heard: fc.constantFrom(...IDS), count: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ silentFor: fc.integer({ min: 0, max: 3 }) }),
    );
    const cases = fc.tuple(fc.array(step), fc.subarray([...IDS, 'unknown']));
    check(cases, ([steps, chosen]) => {
      const registry = registryOf(IDS);
      const [all, some] = [registry.watch(undefined, () => undefined), registry.watch(chosen, () => undefined)];
      steps.forEach((one, index) => {
        const now = NOW + index;
        if ('heard' in one) registry.heard(keepaliveOf('', { id: one.heard, count: String(one.count) }), ADDRESS, now);
        else registry.sweep(now - one.silentFor, now);
        assert.deepEqual({ ...all.counts }, countedIn(registry, IDS));
        assert.deepEqual({ ...some.counts }, countedIn(registry, chosen));
      });
    });
  });

  it('go on with the lines of the server before', () => {
    const before = registryOf(['a', 'b', 'gone']);
    for (const id of ['a', 'b', 'gone']) before.heard(keepaliveOf('', { id }), ADDRESS, NOW);
    before.heard(keepaliveOf('', { id: 'a', count: '2' }), ADDRESS, NOW + 2);
    before.sweep(NOW + 1, NOW + 100);
    const registry = registryOf(['a', 'b', 'new'], before);
    assert.deepEqual({ ...registry.counts }, { known: 3, online: 1, heard: 2 });
    assert.deepEqual({ ...registry.watch(['b', 'new'], () => undefined).counts }, { known: 2, online: 0, heard: 1 });
  });

  it('notify only who watches the line, and nobody of what changes no count', () => {
    const registry = registryOf(IDS);
    const told: string[] = [];
    registry.watch(undefined, () => told.push('all'));
    const { stop } = registry.watch(['a', 'a', 'b'], () => told.push('a and b'));
    registry.watch(['c'], () => told.push('c'));
    const hear = (id: string): unknown => registry.heard(keepaliveOf('', { id }), ADDRESS, NOW);
    hear('a');
    hear('a');
    assert.deepEqual(told.splice(0), ['all', 'a and b']);
    hear('c');
    assert.deepEqual(told.splice(0), ['all', 'c']);
    stop();
    registry.sweep(NOW, NOW);
    assert.deepEqual(told, ['all', 'all', 'c']);
  });

  it('have a line that is named twice once', () => {
    assert.equal(registryOf(IDS).watch(['a', 'a', 'unknown'], () => undefined).counts.known, 1);
  });
});
