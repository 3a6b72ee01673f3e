import assert from 'node:assert/strict';
import FakeTimers from '@sinonjs/fake-timers';
import fc from 'fast-check';
import { LATE_TIMER, MOST_READING_ROUNDS } from '../../src/parameters.js';
import { Timers } from '../../src/time/timers.js';

describe('timers on a single one of the system', () => {
  let clock: FakeTimers.Clock;
  let timers: Timers;
  beforeEach(() => {
    clock = FakeTimers.install({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    timers = new Timers();
  });
  afterEach(() => clock.uninstall());

  it('ring when they are due, in that order, whatever the order in which they were set and taken back', () => {
    const order = fc.array(
      fc.oneof(
        fc.record({ set: fc.integer({ min: 0, max: 1000 }) }),
        fc.record({ cancel: fc.nat() }),
        fc.record({ pass: fc.integer({ min: 0, max: 300 }) }),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(order, (steps) => {
        const rang: number[] = [];
        const expected: { due: number; id: number }[] = [];
        const cancels: (() => void)[] = [];
        const passed = new Set<number>();
        const due = (now: number): number[] => {
          const over = expected.filter((one) => one.due <= now && !passed.has(one.id));
          over.sort((one, other) => one.due - other.due || one.id - other.id);
          for (const { id } of over) passed.add(id);
          return over.map(({ id }) => id);
        };
        const dues: number[] = [];
        for (const step of steps) {
          if ('set' in step) {
            const id = cancels.length;
            const at = clock.now + Math.max(1, step.set);
            expected.push({ due: at, id });
            cancels.push(timers.after(step.set, () => rang.push(id)));
          } else if ('cancel' in step && cancels.length > 0) {
            const id = step.cancel % cancels.length;
            cancels[id]?.();
            passed.add(id);
          } else if ('pass' in step) {
            clock.tick(step.pass);
            dues.push(...due(clock.now));
          }
          assert.ok(clock.countTimers() <= 1);
        }
        clock.tick(2000);
        dues.push(...due(clock.now));
        assert.deepEqual(rang, dues);
        assert.deepEqual([timers.size, clock.countTimers()], [0, 0]);
      }),
    );
  });

  it('are one to the system, however many there are', () => {
    for (let line = 0; line < 10_000; line += 1) timers.after(5000 + line, () => undefined);
    assert.deepEqual([timers.size, clock.countTimers()], [10_000, 1]);
  });

  it('hold no more memory than is waited for, however often they are set and taken back', () => {
    timers.after(1_000_000, () => undefined);
    for (let round = 0; round < 100_000; round += 1) timers.after(5000, () => assert.fail('was taken back'))();
    assert.equal(timers.size, 1);
    clock.tick(10_000);
  });

  it('may set others, and take others back that are due with them', () => {
    const rang: string[] = [];
    timers.after(10, () => {
      rang.push('first');
      cancel();
      timers.after(0, () => rang.push('soon'));
      timers.after(5, () => rang.push('later'));
    });
    const cancel = timers.after(10, () => rang.push('taken back'));
    clock.tick(20);
    assert.deepEqual(rang, ['first', 'soon', 'later']);
  });

  it('ring even if one of them throws, which is reported', () => {
    const faults: unknown[] = [];
    timers = new Timers((error) => faults.push(error));
    const fault = new Error('thrown by a callback');
    let rang = false;
    timers.after(10, () => {
      throw fault;
    });
    timers.after(10, () => (rang = true));
    clock.tick(10);
    assert.deepEqual([faults, rang], [[fault], true]);
  });
});

describe('timers after a standstill of the process', () => {
  let clock: FakeTimers.Clock;
  let timers: Timers;
  let rang: string[];
  beforeEach(() => {
    clock = FakeTimers.install({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'setImmediate'] });
    timers = new Timers();
    rang = [];
  });
  afterEach(() => clock.uninstall());

  /** Nothing happens for so long; then the event loop turns, and brings a datagram in each of these turns. */
  function standstill(ms: number, turns: number): void {
    clock.jump(ms);
    for (let turn = 0; turn < turns; turn += 1) {
      timers.heard();
      clock.next();
      assert.deepEqual(rang, []);
    }
  }

  it('ring when all that has arrived is read', () => {
    timers.after(5000, () => rang.push('resend'));
    standstill(6000, 3);
    clock.next();
    assert.deepEqual([rang, clock.countTimers()], [['resend'], 0]);
  });

  it('do not ring if what has arrived takes them back', () => {
    const cancel = timers.after(5000, () => rang.push('resend'));
    timers.after(5500, () => rang.push('other'));
    standstill(6000, 1);
    cancel();
    clock.next();
    assert.deepEqual([rang, timers.size, clock.countTimers()], [['other'], 0, 0]);
  });

  it('ring in their order with those that are set while it is read', () => {
    timers.after(5000, () => rang.push('late'));
    standstill(6000, 1);
    timers.after(10, () => rang.push('new'));
    clock.next();
    assert.deepEqual(rang, ['late']);
    clock.tick(10);
    assert.deepEqual([rang, clock.countTimers()], [['late', 'new'], 0]);
  });

  it('ring at once if they are a little late only', () => {
    timers.after(5000, () => rang.push('resend'));
    clock.jump(5000 + LATE_TIMER);
    assert.deepEqual(rang, ['resend']);
  });

  it('ring one day though datagrams never end', () => {
    timers.after(5000, () => rang.push('resend'));
    standstill(6000, MOST_READING_ROUNDS - 1);
    timers.heard();
    clock.next();
    assert.deepEqual(rang, ['resend']);
  });

  it('are a standstill themselves if they take long: the rest of them waits', () => {
    timers.after(10, () => {
      rang.push('long');
      const began = performance.now();
      performance.now = () => began + 2 * LATE_TIMER;
    });
    const cancel = timers.after(10, () => rang.push('short'));
    clock.tick(10);
    cancel();
    clock.runAll();
    assert.deepEqual(rang, ['long']);
  });
});
