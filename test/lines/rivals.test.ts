import assert from 'node:assert/strict';
import { DeviceList } from '../../src/lines/devices.js';
import { LineRegistry, type KeepaliveOutcome } from '../../src/lines/registry.js';
import { RIVAL_WINDOW } from '../../src/parameters.js';
import { keepaliveOf } from './keepalives.js';

const START = Date.UTC(2026, 0, 1);
const X = { address: '192.0.2.7', port: 9991 };
const Y = { address: '192.0.2.8', port: 9991 };
const Z = { address: '2001:db8::7', port: 9991 };

/** A line that is heard of from where the test says, every 15 s. */
class Scene {
  readonly #registry = new LineRegistry(new DeviceList([{ id: 'goipid1', password: 'password1' }]));
  now = START;

  hears(from: typeof X, ...counts: number[]): KeepaliveOutcome {
    let outcome: KeepaliveOutcome | undefined;
    for (const count of counts) {
      outcome = this.#registry.heard(keepaliveOf('', { count: String(count) }), from, this.now);
      this.now += 15_000;
    }
    assert.ok(outcome);
    return outcome;
  }

  get duplicate() {
    return this.#registry.get('goipid1')?.state(0, this.now).duplicate;
  }
}

describe('two devices with the same id', () => {
  for (const [what, first, second] of [
    ['of different age', 1000, 5],
    ['that were switched on together', 1, 1],
    ['one keepalive apart', 7, 6],
    ['two keepalives apart', 7, 5],
  ] as const) {
    it(`are known by counters that rise at two addresses by turns, once: ${what}`, () => {
      const scene = new Scene();
      const news: number[] = [];
      let restarts = 0;
      for (let round = 0; round < 20; round += 1) {
        for (const outcome of [scene.hears(X, first + round), scene.hears(Y, second + round)]) {
          if (outcome.isDuplicate === true) news.push(round);
          if (outcome.restarted) restarts += 1;
        }
      }
      assert.equal(news.length, 1);
      assert.ok((news[0] ?? 99) <= 3, `known in round ${news.join()}`);
      assert.ok(restarts <= 1, `${restarts} restarts`);
      assert.deepEqual([...(scene.duplicate?.addresses ?? [])].sort(), ['192.0.2.7:9991', '192.0.2.8:9991']);
    });
  }

  it('are known among three', () => {
    const scene = new Scene();
    let news = 0;
    for (let round = 0; round < 10; round += 1) {
      for (const [from, count] of [
        [X, 500],
        [Y, 100],
        [Z, 300],
      ] as const) {
        if (scene.hears(from, count + round).isDuplicate) news += 1;
      }
    }
    assert.equal(news, 1);
  });

  it('are forgotten when one of them is silent, and reported again when it comes back', () => {
    const scene = new Scene();
    let news = 0;
    const alternate = (begin: number): void => {
      for (let round = begin; round < begin + 5; round += 1) {
        if (scene.hears(X, 1000 + round).isDuplicate) news += 1;
        if (scene.hears(Y, round).isDuplicate) news += 1;
      }
    };
    alternate(1);
    scene.now += RIVAL_WINDOW * 1000;
    assert.equal(scene.duplicate, undefined);
    alternate(50);
    assert.equal(news, 2);
  });
});

describe('one device', () => {
  const moves: Readonly<Record<string, (scene: Scene) => KeepaliveOutcome[]>> = {
    'behind two uplinks by turns': (scene) =>
      Array.from({ length: 20 }, (_, round) => scene.hears(round % 2 === 0 ? X : Y, round + 1)),
    'that gets a new port with each restart': (scene) =>
      Array.from({ length: 20 }, (_, round) => scene.hears({ ...X, port: 9000 + round }, 1, 2)),
    'that restarts at the address that it had before': (scene) =>
      Array.from({ length: 20 }, (_, round) => scene.hears(round % 2 === 0 ? X : Y, 1, 2, 3)),
    'whose router forgets the mapping': (scene) =>
      Array.from({ length: 20 }, (_, round) => scene.hears({ ...X, port: 9000 + round }, 2 * round + 1, 2 * round + 2)),
    'with a datagram that was overtaken when it moved': (scene) => [
      scene.hears(X, 8, 9),
      scene.hears(Y, 11),
      scene.hears(X, 10),
      scene.hears(Y, 12, 13, 14),
    ],
  };
  for (const [what, move] of Object.entries(moves)) {
    it(`is no duplicate: ${what}`, () => {
      const scene = new Scene();
      assert.ok(move(scene).every(({ isDuplicate }) => !isDuplicate));
      assert.equal(scene.duplicate, undefined);
    });
  }

  it('that restarts at the address that it had before is still seen to restart', () => {
    const scene = new Scene();
    scene.hears(X, 10, 11, 12);
    scene.hears(Y, 13, 14);
    assert.equal(scene.hears(X, 1).restarted, true);
  });
});
