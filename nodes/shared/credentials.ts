/** The passwords of a server as Node-RED keeps them. */
import { fieldsOf, isBlank, textOf } from './configured.js';

/** As stored; those that a script deploys may hold anything. */
export interface Credentials {
  /** For devices without one of their own. */
  password?: unknown;
  /** By the key of the device's row. */
  passwords?: unknown;
  /** What an edit in the browser changed: a new password, or null for none. Merged into `passwords` at the next start. */
  changes?: unknown;
  /** Which keys have a password of their own, as JSON. The one thing about them that the browser is told. */
  own?: string | undefined;
}

/** Rows made by hand may have no key; then the id is as good. */
export function keyOf(row: unknown): string {
  const { key, id } = fieldsOf(row);
  return textOf(isBlank(key) ? id : key) ?? '';
}

/** By the key of the row. A map: rows may be called `constructor`. */
export function mergedPasswords({ passwords, changes }: Credentials): ReadonlyMap<string, unknown> {
  const merged = new Map([...Object.entries(fieldsOf(passwords)), ...Object.entries(fieldsOf(changes))]);
  return new Map([...merged].filter(([, password]) => !isBlank(password)));
}
