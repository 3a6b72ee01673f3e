/** What a damaged journal may have lost: as much as the server has reported, and no more. Pure, as {@link balance}. */

/** What the log says of a damaged journal. */
export interface DamageReport {
  /** The first life that reported it. */
  readonly life: number;
  readonly at: number;
  readonly text: string;
  /** Infinity if the server cannot know how many. */
  readonly sms: number;
  /** Jobs, and results that were not delivered. */
  readonly jobs: number;
  /** Numbers that end as unknown. */
  readonly unknown: number;
}

const DAMAGED = /the journal in \S+ is damaged: /;

/** Lines of the log that are no sign of a crash although they look like one. */
export const isAboutDamage = (line: string): boolean =>
  DAMAGED.test(line) || line.includes('damaged files of a journal are in ');

/** Reads the lines of a life's log. What an earlier life has reported in the same words is no further damage. */
export function damagesIn(
  log: readonly string[],
  life: number,
  at: number,
  known: readonly DamageReport[],
): DamageReport[] {
  return log
    .filter((line) => DAMAGED.test(line))
    .map((line) => ({ line, text: line.slice(line.search(DAMAGED)) }))
    .filter(({ text }) => !known.some((report) => report.text === text))
    .map(({ line, text }) => ({
      life,
      at,
      text,
      sms: lostIn(line, 'received SMS'),
      jobs: lostIn(line, 'jobs?') + lostIn(line, 'results?'),
      unknown: Number(/(\d+) numbers that may have been sent/.exec(line)?.[1] ?? 0),
    }));
}

function lostIn(line: string, what: string): number {
  const [, count] = new RegExp(`(\\d+|an unknown number of) ${what}\\b`).exec(line.split('Lost: ')[1] ?? '') ?? [];
  return count === undefined ? 0 : count.startsWith('an') ? Infinity : Number(count);
}

/**
 * What is left when as much is taken off as damages may have lost.
 *
 * @param lives of each one the last life that had it
 */
export function unexplained<T>(
  missing: readonly T[],
  lifeOf: (one: T) => number,
  damages: readonly DamageReport[],
  lostBy: (damage: DamageReport) => number,
): T[] {
  let rest = missing.toSorted((a, b) => lifeOf(a) - lifeOf(b));
  for (const damage of damages) {
    let room = lostBy(damage);
    rest = rest.filter((one) => {
      if (lifeOf(one) >= damage.life || room < 1) return true;
      room -= 1;
      return false;
    });
  }
  return rest;
}

/** Was a damage reported after one life and not after another? */
export const isBetween = (damages: readonly DamageReport[], after: number, upTo: number): boolean =>
  damages.some(({ life }) => life > after && life <= upTo);
