/** Times as people read them, in the language of the editor. */

/** Making a format takes longer than all the rest of a line. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const known = formats.get(name);
  if (known) return known;
  const format = new Intl.DateTimeFormat(RED.i18n.lang(), { ...options, hour: '2-digit', minute: '2-digit' });
  formats.set(name, format);
  return format;
}

/** The time if it is today, else the time and the day. */
export function timeOf(iso: string): string {
  const time = new Date(iso);
  const isToday = time.toDateString() === new Date().toDateString();
  return (isToday ? formatOf('time', {}) : formatOf('day', { month: 'short', day: 'numeric' })).format(time);
}

/** The time with its milliseconds. */
export function exactTimeOf(iso: string): string {
  return formatOf('exact', { hourCycle: 'h23', second: '2-digit', fractionalSecondDigits: 3 }).format(new Date(iso));
}
