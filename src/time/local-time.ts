/** The hours and days of a local calendar, which people and operators count by. Times are milliseconds since 1970. */
export interface CalendarSpan {
  startOf(time: number): number;
  /** Start of the next one. */
  endOf(time: number): number;
}

export interface LocalTime {
  /** IANA name of the time zone. */
  readonly name: string;
  readonly hour: CalendarSpan;
  readonly day: CalendarSpan;
  /** Minutes since the clock showed midnight, as it shows them. */
  minuteOfDay(time: number): number;
}

// Of a time that comes twice, where clocks are set back, `Date` takes the first one: an hour that comes twice is one long hour.
export const LOCAL_HOUR: CalendarSpan = { startOf: (time) => hourOf(time, 0), endOf: (time) => hourOf(time, 1) };
export const LOCAL_DAY: CalendarSpan = { startOf: (time) => dayOf(time, 0), endOf: (time) => dayOf(time, 1) };

/** Local time of the process. */
export const LOCAL_TIME: LocalTime = {
  get name() {
    return new Intl.DateTimeFormat().resolvedOptions().timeZone;
  },
  hour: LOCAL_HOUR,
  day: LOCAL_DAY,
  minuteOfDay,
};

function minuteOfDay(time: number): number {
  const date = new Date(time);
  return date.getHours() * 60 + date.getMinutes();
}

function hourOf(time: number, later: number): number {
  const date = new Date(time);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate(), date.getHours() + later).getTime();
}

function dayOf(time: number, later: number): number {
  const date = new Date(time);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + later).getTime();
}
