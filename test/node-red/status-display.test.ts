/** How often a status is shown under a node: on a virtual clock. */
import assert from 'node:assert/strict';
import { StatusDisplay } from '../../nodes/shared/status-display.js';
import { VirtualClock } from '../sessions/virtual-clock.js';

describe('the status under a node', () => {
  /** A display of a count, and what it has shown. */
  function counter() {
    const clock = new VirtualClock();
    const shown: string[] = [];
    let count = 0;
    const display = new StatusDisplay(
      () => ({ fill: 'green', shape: 'dot', text: String(count) }),
      ({ text }) => shown.push(text ?? ''),
      clock,
    );
    const countTo = (next: number): void => {
      count = next;
      display.refresh();
    };
    return { clock, shown, display, countTo };
  }

  it('is shown at once after a while without changes', () => {
    const { shown, countTo } = counter();
    countTo(1);
    assert.deepEqual(shown, ['1']);
  });

  it('is shown four times per second at most, the last one always', async () => {
    const { clock, shown, countTo } = counter();
    for (let step = 1; step <= 1000; step += 1) {
      countTo(step);
      await clock.pass({ seconds: 0.001 });
    }
    assert.deepEqual(shown, ['1', '250', '500', '750', '1000']);
    countTo(1001);
    countTo(1002);
    await clock.pass({ seconds: 0.25 });
    assert.deepEqual(shown.slice(5), ['1002']);
    assert.equal(clock.pending, 0);
  });

  it('is not shown again while it stays the same', async () => {
    const { clock, shown, countTo, display } = counter();
    for (let round = 0; round < 3; round += 1) countTo(7);
    display.refreshNow();
    await clock.pass({ seconds: 1 });
    assert.deepEqual(shown, ['7']);
  });

  it('does not wait if it must not, and keeps nothing back for later', async () => {
    const { clock, shown, countTo, display } = counter();
    countTo(1);
    countTo(2);
    display.refreshNow();
    assert.deepEqual(shown, ['1', '2']);
    await clock.pass({ seconds: 1 });
    assert.deepEqual(shown, ['1', '2']);
  });

  it('does not wait for hours after the clock was set back', () => {
    let now = 10_000_000;
    let count = 0;
    const shown: string[] = [];
    const clock = { now: () => now, after: () => () => undefined, soon: () => undefined };
    const display = new StatusDisplay(
      () => ({ text: String((count += 1)) }),
      ({ text }) => shown.push(text ?? ''),
      clock,
    );
    display.refresh();
    now -= 3_600_000;
    display.refresh();
    assert.deepEqual(shown, ['1', '2']);
  });

  it('is not shown once the node is closed', async () => {
    const { clock, shown, countTo, display } = counter();
    countTo(1);
    countTo(2);
    display.close();
    assert.equal(clock.pending, 0);
    countTo(3);
    display.refreshNow();
    await clock.pass({ seconds: 1 });
    assert.deepEqual(shown, ['1']);
  });
});
