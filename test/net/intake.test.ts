import assert from 'node:assert/strict';
import { Intake } from '../../src/net/intake.js';
import {
  MOST_BYTES_READ_AHEAD,
  MOST_HANDLED_PER_TURN,
  MOST_READ_AHEAD,
  MOST_READ_PER_TURN,
} from '../../src/parameters.js';

describe('the intake of datagrams', () => {
  it('handles what was read when the turn has read all, in order', () => {
    const stage = new Stage();
    stage.read(3);
    assert.deepEqual(stage.handled, []);
    stage.endTurn();
    assert.deepEqual(stage.handled, [0, 1, 2]);
    assert.equal(stage.isScheduled, false);
  });

  it('handles nothing as long as turns read as much as they can', () => {
    const stage = new Stage();
    for (let turn = 0; turn < 10; turn += 1) {
      stage.read(MOST_READ_PER_TURN);
      stage.endTurn();
    }
    assert.equal(stage.handled.length, 0);
    stage.read(1);
    stage.endTurn();
    assert.equal(stage.handled.length, MOST_HANDLED_PER_TURN);
  });

  it('handles a burst in slices, and what comes meanwhile after it', () => {
    const stage = new Stage();
    const burst = Math.ceil((2 * MOST_HANDLED_PER_TURN) / MOST_READ_PER_TURN);
    for (let turn = 0; turn < burst; turn += 1) {
      stage.read(MOST_READ_PER_TURN);
      stage.endTurn();
    }
    stage.endTurn();
    assert.equal(stage.handled.length, MOST_HANDLED_PER_TURN);
    stage.read(5);
    while (stage.isScheduled) stage.endTurn();
    const all = burst * MOST_READ_PER_TURN + 5;
    assert.deepEqual(
      stage.handled,
      Array.from({ length: all }, (_, index) => index),
    );
  });

  it('handles the oldest at once if too many wait', () => {
    const stage = new Stage();
    stage.read(MOST_READ_AHEAD);
    assert.deepEqual(stage.handled, []);
    stage.read(2);
    assert.deepEqual(stage.handled, [0, 1]);
    assert.equal(stage.intake.size, MOST_READ_AHEAD);
  });

  it('handles the oldest at once if too many bytes wait', () => {
    const stage = new Stage();
    stage.read(4, MOST_BYTES_READ_AHEAD / 4);
    assert.deepEqual(stage.handled, []);
    stage.read(1, 1);
    assert.deepEqual(stage.handled, [0]);
    stage.read(1, MOST_BYTES_READ_AHEAD + 1);
    assert.deepEqual(stage.handled, [0, 1, 2, 3, 4, 5]);
  });

  it('forgets what waits when the socket is closed', () => {
    const stage = new Stage();
    stage.read(3);
    stage.intake.clear();
    stage.endTurn();
    stage.read(1);
    stage.endTurn();
    assert.deepEqual(stage.handled, [3]);
  });
});

class Stage {
  readonly handled: number[] = [];
  #turns: (() => void)[] = [];
  #count = 0;
  readonly intake = new Intake<{ readonly number: number; readonly size: number }>(
    ({ number }) => this.handled.push(number),
    (callback) => this.#turns.push(callback),
  );

  read(count: number, size = 100): void {
    for (let read = 0; read < count; read += 1) {
      this.intake.add({ number: this.#count, size });
      this.#count += 1;
    }
  }

  get isScheduled(): boolean {
    return this.#turns.length > 0;
  }

  endTurn(): void {
    const turns = this.#turns;
    this.#turns = [];
    for (const callback of turns) callback();
  }
}
