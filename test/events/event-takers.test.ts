/** Who is asked about an event, and how many are made for it. */
import assert from 'node:assert/strict';
import { EventTakers, type HeldEvent } from '../../src/events/event-takers.js';
import type { EventKind, EventTaker, GoipEvent } from '../../src/events/events.js';
import { HeldBack } from '../../src/delivery/held-back.js';

class Scene {
  asked: string[] = [];
  taken: string[] = [];
  made = 0;

  constructor(readonly takers = new EventTakers()) {}

  add(name: string, options: Partial<EventTaker> = {}): () => void {
    return this.takers.add({
      wants: () => this.asked.push(name) > 0,
      take: ({ event, device }) => this.taken.push(`${name}: ${event} ${device}`),
      ...options,
    });
  }

  /** @returns who was asked */
  deliver(event: EventKind, device: string): string[] {
    this.asked = [];
    this.takers.deliver(event, device, true, () => {
      this.made += 1;
      return { event, device, name: device, receivedAt: '', payload: {} } satisfies GoipEvent;
    });
    return this.asked;
  }
}

describe('takers of events', () => {
  it('are asked about the kinds and the devices that they name', () => {
    const scene = new Scene();
    scene.add('all');
    scene.add('online', { kinds: ['online', 'offline'] });
    scene.add('a', { devices: new Set(['a']) });
    scene.add('online a', { kinds: new Set(['online'] as const), devices: new Set(['a', 'b']) });
    scene.add('none', { kinds: [], devices: new Set() });
    assert.deepEqual(scene.deliver('online', 'a'), ['all', 'online', 'a', 'online a']);
    assert.deepEqual(scene.deliver('keepalive', 'a'), ['all', 'a']);
    assert.deepEqual(scene.deliver('online', 'c'), ['all', 'online']);
    assert.deepEqual(scene.deliver('rejected', '__proto__'), ['all']);
  });

  it('share one event, which is made only if one of them wants it', () => {
    const scene = new Scene();
    scene.add('never', { wants: () => false });
    scene.deliver('online', 'a');
    assert.equal(scene.made, 0);
    scene.add('one');
    scene.add('two', { devices: new Set(['a']) });
    scene.deliver('online', 'a');
    assert.deepEqual([scene.made, scene.taken], [1, ['one: online a', 'two: online a']]);
  });

  it('are not asked once they have stopped', () => {
    const scene = new Scene();
    const stops = [scene.add('all'), scene.add('a', { devices: new Set(['a']) })];
    for (const stop of stops) stop();
    assert.deepEqual(scene.deliver('online', 'a'), []);
  });
});

describe('takers of events during a hold', () => {
  it('get the events at its end, once and in order', () => {
    const scene = new Scene();
    scene.add('a', { id: 'a' });
    scene.takers.hold();
    scene.deliver('online', 'x');
    scene.deliver('offline', 'x');
    assert.deepEqual(scene.taken, []);
    scene.takers.release();
    scene.takers.release();
    scene.deliver('online', 'y');
    assert.deepEqual(scene.taken, ['a: online x', 'a: offline x', 'a: online y']);
  });

  it('get them at once if they have no id', () => {
    const scene = new Scene();
    scene.add('a');
    scene.takers.hold();
    scene.deliver('online', 'x');
    scene.takers.release();
    assert.deepEqual(scene.taken, ['a: online x']);
  });

  it('get what has come since the taker with their id stopped, as far as they want it', () => {
    const scene = new Scene();
    const stop = scene.add('old', { id: 'a' });
    scene.takers.hold();
    stop();
    scene.deliver('online', 'x');
    scene.deliver('offline', 'x');
    scene.deliver('offline', 'y');
    scene.add('new', { id: 'a', kinds: ['offline'], devices: new Set(['x']) });
    scene.takers.release();
    scene.deliver('offline', 'x');
    assert.deepEqual(scene.taken, ['new: offline x', 'new: offline x']);
  });

  it('are forgotten at its end if they have stopped', () => {
    const scene = new Scene();
    const stop = scene.add('old', { id: 'a' });
    scene.takers.hold();
    stop();
    scene.deliver('online', 'x');
    scene.takers.release();
    assert.deepEqual(scene.deliver('online', 'x'), []);
    scene.add('too late', { id: 'a' });
    scene.takers.hold();
    scene.takers.release();
    assert.deepEqual(scene.taken, []);
  });

  it('get those of the server before', () => {
    const held = new HeldBack<HeldEvent>();
    const [before, after] = [new Scene(new EventTakers(undefined, held)), new Scene(new EventTakers(undefined, held))];
    before.add('old', { id: 'a' });
    before.takers.hold();
    before.deliver('online', 'x');
    after.takers.hold();
    after.add('new', { id: 'a' });
    after.takers.release();
    assert.deepEqual([before.taken, after.taken], [[], ['new: online x']]);
  });

  it('do not keep the others from theirs by throwing', () => {
    const faults: unknown[] = [];
    const scene = new Scene(new EventTakers((error) => faults.push(error)));
    const thrower = (): never => {
      throw new Error('thrown by a taker');
    };
    scene.add('a', { id: 'a', take: thrower });
    scene.add('b', { id: 'b' });
    scene.takers.hold();
    scene.deliver('online', 'x');
    scene.takers.release();
    assert.deepEqual([scene.taken, faults.length], [['b: online x'], 1]);
  });
});
