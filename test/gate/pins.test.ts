import assert from 'node:assert/strict';
import { Pins } from '../../src/gate/pins.js';
import { Journal } from '../../src/journal/journal.js';
import { MemoryStore } from '../../src/journal/memory-store.js';
import { VirtualClock } from '../sessions/virtual-clock.js';

describe('gate: pinned addresses', () => {
  let store: MemoryStore;
  let endLife: () => Promise<void>;
  beforeEach(() => (store = new MemoryStore()));

  /** A life of a server that pins these devices. */
  async function life(...pinned: readonly string[]): Promise<Pins> {
    const clock = new VirtualClock();
    const journal = new Journal(() => Promise.resolve(store), clock);
    await journal.open();
    endLife = async () => {
      const closed = journal.close();
      await clock.settle();
      await closed;
    };
    const pins = new Pins(journal, (device) => pinned.includes(device));
    await pins.load();
    return pins;
  }

  it('let a device come from anywhere, until it was heard of', async () => {
    const pins = await life('goip1');
    assert.ok(pins.allows('goip1', '192.0.2.7'));
    assert.ok(pins.allows('goip1', '192.0.2.8'));
  });

  it('keep it at the address where it was heard of first', async () => {
    const pins = await life('goip1');
    pins.heard('goip1', '192.0.2.7');
    pins.heard('goip1', '192.0.2.8');
    assert.ok(pins.allows('goip1', '192.0.2.7'));
    assert.ok(!pins.allows('goip1', '192.0.2.8'));
    assert.ok(pins.allows('goip2', '192.0.2.8'));
  });

  it('mean the same by an IPv4 address whatever the socket', async () => {
    const pins = await life('goip1');
    pins.heard('goip1', '::ffff:192.0.2.7');
    assert.ok(pins.allows('goip1', '192.0.2.7'));
    assert.ok(pins.allows('goip1', '::ffff:192.0.2.7'));
    assert.ok(!pins.allows('goip1', '::ffff:192.0.2.8'));
  });

  it('are kept over a restart', async () => {
    (await life('goip1')).heard('goip1', '192.0.2.7');
    await endLife();
    const pins = await life('goip1');
    assert.ok(pins.allows('goip1', '192.0.2.7'));
    assert.ok(!pins.allows('goip1', '192.0.2.8'));
  });

  it('do not concern devices that are not to be pinned', async () => {
    const pins = await life();
    pins.heard('goip1', '192.0.2.7');
    assert.ok(pins.allows('goip1', '192.0.2.8'));
  });

  it('are forgotten when they are switched off', async () => {
    const before = await life('goip1', 'goip2');
    before.heard('goip1', '192.0.2.7');
    before.heard('goip2', '192.0.2.7');
    await endLife();
    assert.ok((await life('goip2')).allows('goip1', '192.0.2.8'));
    await endLife();
    const pins = await life('goip1', 'goip2');
    assert.ok(pins.allows('goip1', '192.0.2.8'));
    assert.ok(!pins.allows('goip2', '192.0.2.8'));
  });

  it('are not overwritten when they are read again, after a journal that could not be read', async () => {
    (await life('goip1')).heard('goip1', '192.0.2.7');
    await endLife();
    const pins = await life('goip1', 'goip2');
    pins.heard('goip2', '192.0.2.9');
    await pins.load();
    assert.ok(!pins.allows('goip1', '192.0.2.8'));
    assert.ok(!pins.allows('goip2', '192.0.2.8'));
  });
});
