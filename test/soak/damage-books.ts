/** What a damaged journal may have lost: as much as the server has reported, and no more. Pure, as {@link balance}. */

/** What the log reports of a damaged journal, without what an earlier report has counted. */
export interface DamageReport {
  /** The first run of Node-RED that reported it. */
  readonly life: number;
  readonly at: number;
  readonly text: string;
  /** When the server found it first: reports with the same time belong together, and each one includes those before it. */
  readonly foundAt: string;
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

/** Reads the lines of a run's log. What an earlier run has reported in the same words is no further damage. */
export function damagesIn(
  log: readonly string[],
  life: number,
  at: number,
  known: readonly DamageReport[],
): DamageReport[] {
  const found: DamageReport[] = [];
  for (const line of log) {
    if (!DAMAGED.test(line)) continue;
    const text = line.slice(line.search(DAMAGED));
    if ([...known, ...found].some((report) => report.text === text)) continue;
    const foundAt = /It was found at (\S+)\./.exec(line)?.[1] ?? '';
    const before = [...known, ...found].filter((report) => report.foundAt === foundAt);
    const news = (count: number, countOf: (report: DamageReport) => number): number =>
      count === Infinity ? count : Math.max(0, count - before.reduce((sum, report) => sum + countOf(report), 0));
    found.push({
      ...{ life, at, text, foundAt },
      sms: news(lostIn(line, 'received SMS'), ({ sms }) => sms),
      jobs: news(lostIn(line, 'jobs?') + lostIn(line, 'results?'), ({ jobs }) => jobs),
      unknown: news(Number(/(\d+) numbers that may have been sent/.exec(line)?.[1] ?? 0), ({ unknown }) => unknown),
    });
  }
  return found;
}

function lostIn(line: string, what: string): number {
  const lost = line.split('Lost: ')[1] ?? '';
  const [, count] = new RegExp(`(\\d+|at least \\d+|an unknown number of) ${what}\\b`).exec(lost) ?? [];
  return count === undefined ? 0 : count.startsWith('a') ? Infinity : Number(count);
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
