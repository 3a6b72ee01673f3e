/** What happens to the machine of Node-RED: its clock is set, its processes stand still, its disk alters a file. */
import { access } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { between, pick, type Random } from '../../src/simulator/random.js';
import { KINDS, wound } from '../damage/wounds.js';
import type { ClockPeriod } from './clock-books.js';
import type { Life } from './life.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Milliseconds from one event in a life to the next. */
const CALM = [50, 800] as const;
/** Milliseconds of a standstill: longer than a device waits for an answer before it repeats. */
const STANDSTILL = [200, 2000] as const;
/** How often a file is damaged, and the clock is set, while Node-RED is off. */
const DAMAGE_RISK = 0.12;
const STEP_RISK = 0.15;

export class Weather {
  /** Differences of the clock, with the times from which on they were. */
  readonly periods: ClockPeriod[] = [{ from: Date.now(), offset: 0, whileOff: true }];
  /** Damages in words. */
  readonly wounds: string[] = [];
  blocked = 0;
  suspended = 0;

  constructor(
    private readonly random: Random,
    /** The folder of the journal. */
    private readonly journal: string,
  ) {}

  /** Milliseconds by which the clock is ahead. */
  get offset(): number {
    return this.periods.at(-1)?.offset ?? 0;
  }

  /** Until the end of a life. */
  async pass(life: Life): Promise<void> {
    for (;;) {
      await delay(between(this.random, CALM), undefined, { signal: life.signal }).catch(() => undefined);
      if (life.signal.aborted) return;
      switch (pick(this.random, 'clock', 'clock', 'block', 'suspend', 'nothing', 'nothing')) {
        case 'clock':
          this.#set(false);
          await life.setClock(this.offset);
          break;
        case 'block':
          this.blocked += 1;
          await life.block(between(this.random, STANDSTILL));
          break;
        case 'suspend':
          this.suspended += 1;
          await life.suspend(between(this.random, STANDSTILL));
          break;
        case 'nothing':
      }
    }
  }

  /** Node-RED is off. Returns whether a file was damaged. */
  async rage(): Promise<boolean> {
    if (this.random() < STEP_RISK) this.#set(true);
    if (this.random() >= DAMAGE_RISK || !(await exists(this.journal))) return false;
    this.wounds.push(await wound(this.journal, pick(this.random, ...KINDS), this.random));
    return true;
  }

  #set(whileOff: boolean): void {
    const now = Date.now();
    const to1970 = -Math.floor(now / HOUR) * HOUR;
    // Whole hours: hours of limits begin when they would have begun.
    const offset = pick(
      this.random,
      ...[0, 0, this.offset + HOUR, this.offset - HOUR, this.offset + DAY, this.offset - DAY, to1970],
    );
    // From the 1970s no day is to be gone back.
    const possible = now + offset < 0 ? to1970 : offset;
    this.periods.push({ from: now, offset: possible, whileOff });
  }
}

function exists(place: string): Promise<boolean> {
  return access(place).then(
    () => true,
    () => false,
  );
}
