/** Values of keepalive fields. */

/** Spellings by which devices say that they have no value (protocol §2). */
const NO_VALUE: ReadonlySet<string> = new Set(['', '(null)', '<null>', 'null']);

/** Returns the trimmed value, null if the device has none. */
export function valueOf(written: string | undefined): string | null {
  const value = written?.trim();
  return value === undefined || NO_VALUE.has(value.toLowerCase()) ? null : value;
}
