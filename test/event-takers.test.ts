/** Who is asked about an event, and how many are made for it. */
import assert from 'node:assert/strict';
import { EventTakers } from '../src/event-takers.js';
import type { EventKind, EventTaker, GoipEvent } from '../src/events.js';

class Scene {
  readonly takers = new EventTakers();
  asked: string[] = [];
  taken: string[] = [];
  made = 0;

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
