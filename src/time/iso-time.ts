/** Times as people and flows get them. */

/** Most datagrams of a burst come in the same millisecond, and writing the time takes as long as parsing an SMS. */
let last = { time: 0, text: new Date(0).toISOString() };

/** ISO 8601. @param time milliseconds since 1970 */
export function isoTime(time: number): string {
  if (time !== last.time) last = { time, text: new Date(time).toISOString() };
  return last.text;
}
