/** Which states of lines are reported, and how many are made for it. */
import assert from 'node:assert/strict';
import { DeviceList } from '../../src/lines/devices.js';
import { LineChanges } from '../../src/lines/changes.js';
import type { Line } from '../../src/lines/line.js';
import type { LineState } from '../../src/lines/line-state.js';
import { LineRegistry } from '../../src/lines/registry.js';
import { ADDRESS, keepaliveOf, NOW } from './keepalives.js';

/** Lines whose changes are followed, and what the followers get. */
class Scene {
  readonly changes = new LineChanges();
  readonly registry: LineRegistry;
  /** `follower: device signal`, in order. */
  readonly told: string[] = [];
  /** States that were made. */
  made = 0;
  hold: LineState['hold'] = null;

  constructor(...ids: string[]) {
    const list = new DeviceList(
      ids.map((id) => ({ id })),
      { password: 'password1' },
    );
    this.registry = new LineRegistry(list);
  }

  follow(name: string, ...devices: string[]): () => void {
    return this.changes.add({
      devices: devices.length === 0 ? undefined : new Set(devices),
      take: ({ device, signal }) => this.told.push(`${name}: ${device} ${signal}`),
    });
  }

  /** A keepalive. @returns what was reported of it */
  hear(id: string, fields: string): string[] {
    const outcome = this.registry.heard(keepaliveOf(fields, { id }), ADDRESS, NOW);
    assert.ok(outcome);
    this.changes.check(outcome.line, outcome.isNews, this.#stateOf);
    return this.told.splice(0);
  }

  readonly #stateOf = (line: Line): LineState => {
    this.made += 1;
    return { ...line.state(0, NOW), hold: this.hold };
  };
}

describe('changes of lines', () => {
  it('are reported once to each follower, with the first state', () => {
    const scene = new Scene('a');
    scene.follow('x');
    scene.follow('y');
    assert.deepEqual(scene.hear('a', 'signal:1;'), ['x: a 1', 'y: a 1']);
    assert.deepEqual(scene.hear('a', 'signal:1;'), []);
    assert.deepEqual(scene.hear('a', 'signal:2;'), ['x: a 2', 'y: a 2']);
  });

  it('are no changes of fields that change all the time', () => {
    const scene = new Scene('a');
    scene.follow('x');
    scene.hear('a', 'signal:1;remain_time:5;');
    assert.deepEqual(scene.hear('a', 'signal:1;remain_time:4;'), []);
  });

  it('concern the followers of the device', () => {
    const scene = new Scene('a', 'b');
    scene.follow('x', 'a');
    scene.follow('y', 'b', 'unknown');
    assert.deepEqual(scene.hear('a', 'signal:1;'), ['x: a 1']);
    assert.deepEqual(scene.hear('b', 'signal:1;'), ['y: b 1']);
  });

  it('reach a follower that comes later with the next keepalive, and nobody twice', () => {
    const scene = new Scene('a', 'b');
    scene.follow('early');
    scene.hear('a', 'signal:1;');
    scene.hear('b', 'signal:1;');
    scene.follow('late', 'a');
    assert.deepEqual(scene.hear('a', 'signal:1;'), ['late: a 1']);
    assert.deepEqual(scene.hear('b', 'signal:1;'), []);
    assert.deepEqual(scene.hear('a', 'signal:1;'), []);
    scene.follow('last');
    assert.deepEqual(scene.hear('b', 'signal:2;'), ['early: b 2', 'last: b 2']);
  });

  it('are not reported to who has stopped, and all again to who begins after that', () => {
    const scene = new Scene('a');
    const stop = scene.follow('x');
    scene.hear('a', 'signal:1;');
    stop();
    assert.deepEqual(scene.hear('a', 'signal:2;'), []);
    scene.follow('y');
    assert.deepEqual(scene.hear('a', 'signal:2;'), ['y: a 2']);
  });

  it('are the begin and the end of a hold, which no keepalive tells; not its length, nor a pause', () => {
    const scene = new Scene('a');
    scene.follow('x');
    const hold = (reason: 'day-limit' | 'pause', until: string): string[] => {
      scene.hold = { reason, until };
      return scene.hear('a', 'signal:1;num:1;');
    };
    scene.hear('a', 'signal:1;num:1;');
    assert.equal(scene.registry.get('a')?.online, true);
    scene.hold = { reason: 'day-limit', until: '24:00' };
    assert.deepEqual(scene.hear('a', 'signal:1;num:2;'), ['x: a 1']);
    assert.deepEqual(scene.hear('a', 'signal:1;num:2;'), []);
    scene.hold = null;
    assert.deepEqual(scene.hear('a', 'signal:1;num:2;'), ['x: a 1']);
    assert.deepEqual(hold('pause', '12:00'), ['x: a 1'], 'for another number');
    scene.hold = null;
    assert.deepEqual(scene.hear('a', 'signal:1;num:1;'), []);
  });

  it('give each follower a state of its own', () => {
    const scene = new Scene('a');
    const states: LineState[] = [];
    for (let follower = 0; follower < 3; follower += 1) scene.changes.add({ take: (state) => states.push(state) });
    scene.hear('a', 'signal:1;');
    const [first, ...others] = states;
    for (const other of others) {
      assert.deepEqual(other, first);
      assert.notEqual(other.raw, first?.raw);
    }
  });

  it('cost no state while keepalives repeat, however many follow', () => {
    const ids = Array.from({ length: 100 }, (_, index) => `line-${index}`);
    const scene = new Scene(...ids);
    for (let follower = 0; follower < 12; follower += 1) scene.follow(String(follower), 'line-0');
    for (const id of ids) scene.hear(id, 'signal:1;');
    // One of each line, and one for each further follower of the first line.
    assert.equal(scene.made, 100 + 11);
    for (let round = 0; round < 3; round += 1) for (const id of ids) scene.hear(id, 'signal:1;');
    assert.equal(scene.made, 100 + 11);
  });
});
