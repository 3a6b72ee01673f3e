/** Times of the day, by a local clock, in which nobody wants to be woken. */
import { GoipError } from '../errors.js';
import { LOCAL_TIME, type LocalTime } from './local-time.js';

const MINUTE = 60_000;
const MINUTES_OF_DAY = 24 * 60;

export class QuietHours {
  /** The quiet time that was looked up last: all lines ask, and ask often. */
  #found = { from: 0, until: 0, local: LOCAL_TIME };

  /** @param minutes by the minute of the day, whether it is quiet; not all may be */
  constructor(private readonly minutes: readonly boolean[]) {}

  /** When the quiet time that `now` is in ends (milliseconds since 1970); undefined where it is in none. */
  until(now: number, local = LOCAL_TIME): number | undefined {
    const { from, until, local: foundFor } = this.#found;
    if (foundFor === local && now >= from && now < until) return until;
    if (!this.#isQuiet(now, local)) return undefined;
    // Step by step, as the clock will show it: that is right in nights in which clocks are changed, too.
    let end = now - (now % MINUTE) + MINUTE;
    while (this.#isQuiet(end, local)) end += MINUTE;
    this.#found = { from: now, until: end, local };
    return end;
  }

  #isQuiet(time: number, local: LocalTime): boolean {
    return this.minutes[local.minuteOfDay(time)] ?? false;
  }
}

/**
 * Reads `22:00-07:00`, or several such times with commas or blanks between them. Undefined where there are none.
 *
 * @throws GoipError `GOIP_BAD_SETTING` naming what it cannot read, and where no minute of the day would be left
 */
export function parseQuietHours(text: string): QuietHours | undefined {
  // Flows and programs without types may hand over anything.
  if (typeof text !== 'string') throw badTimes(text);
  const words = text.split(/[\s,;]+/).filter((word) => word !== '');
  // "22:00 - 07:00" is one time.
  const times = words
    .join(' ')
    .replace(/ ?[-–] ?/g, '-')
    .split(' ');
  if (words.length === 0) return undefined;
  const minutes = Array.from({ length: MINUTES_OF_DAY }, () => false);
  for (const time of times) {
    const { start, end } = readTime(time);
    for (let minute = start; minute !== end; minute = (minute + 1) % MINUTES_OF_DAY) minutes[minute] = true;
  }
  if (!minutes.includes(false)) throw new GoipError('GOIP_BAD_SETTING', 'quietHours must leave some time of the day');
  return new QuietHours(minutes);
}

function readTime(text: string): { readonly start: number; readonly end: number } {
  const [, startHour, startMinute, endHour, endMinute] = /^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$/.exec(text) ?? [];
  const start = Number(startHour) * 60 + Number(startMinute);
  const end = Number(endHour) * 60 + Number(endMinute);
  const isTime = start < MINUTES_OF_DAY && end <= MINUTES_OF_DAY && Number(startMinute) < 60 && Number(endMinute) < 60;
  // Equal ends could mean the whole day, or nothing.
  if (!isTime || start === end % MINUTES_OF_DAY) throw badTimes(text);
  return { start, end: end % MINUTES_OF_DAY };
}

function badTimes(value: unknown): GoipError {
  return new GoipError('GOIP_BAD_SETTING', `quietHours must be times like 22:00-07:00, not ${JSON.stringify(value)}`);
}
