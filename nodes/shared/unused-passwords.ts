/** Passwords that no device uses. A warning quotes neither a value nor a key: each of them may be a password. */
import { fieldsOf as fieldsIn, kindOf } from '../../src/reading/values.js';
import type { ServerOptions } from '../../src/index.js';
import { fieldsOf, isBlank } from './configured.js';
import { keyOf, mergedPasswords, type Credentials } from './credentials.js';

/** Rows that are named. */
const ROWS_NAMED = 5;

/** @param options what the core reads: rows with their passwords */
export function unusedPasswords(
  def: Readonly<Record<string, unknown>>,
  credentials: Credentials,
  options: ServerOptions,
): readonly string[] {
  const rows: readonly unknown[] = Array.isArray(def['devices']) ? def['devices'] : [];
  return [
    ...plainPasswords(def, rows),
    ...wrongPasswords(credentials),
    ...missingPasswords(options, credentials, rows),
  ];
}

function* plainPasswords(def: Readonly<Record<string, unknown>>, rows: readonly unknown[]): Iterable<string> {
  const why = 'it is not used: passwords belong in the credentials of the node, where the dialog saves them';
  if (!isBlank(def['password'])) yield `password is a property of the node; ${why}`;
  const found = rowsWith(rows, (row) => !isBlank(fieldsOf(row)['password']));
  if (found) yield `password is a property of devices ${found}; ${why}`;
}

function* wrongPasswords({ passwords }: Credentials): Iterable<string> {
  if (isBlank(passwords) || fieldsIn(passwords)) return;
  const kind = kindOf(passwords);
  yield `credentials.passwords must be an object with a password for each key of a row, not ${kind}; it is not used`;
}

function* missingPasswords(
  { password, devices }: ServerOptions,
  credentials: Credentials,
  rows: readonly unknown[],
): Iterable<string> {
  if (!isBlank(password) || !Array.isArray(devices)) return;
  const isWithout = (row: unknown): boolean => {
    const { id, password: own, disabled } = fieldsOf(row);
    return !isBlank(id) && isBlank(own) && disabled !== true;
  };
  const found = rowsWith(devices, isWithout);
  if (!found) return;
  yield `credentials hold no password for devices ${found}; a device without a password is refused`;
  // Otherwise such a key is what is left of a row that was removed.
  const keys = new Set(rows.map(keyOf));
  const unknown = [...mergedPasswords(credentials).keys()].filter((key) => !keys.has(key)).length;
  if (unknown > 0) yield `credentials.passwords has passwords with keys of no row in devices: ${unknown}`;
}

/** Says which rows do, undefined if none does. */
function rowsWith(rows: readonly unknown[], does: (row: unknown) => boolean): string | undefined {
  const places = rows.flatMap((row, index) => (does(row) ? [index + 1] : []));
  if (places.length === 0) return undefined;
  const more = places.length - ROWS_NAMED;
  const named = places.slice(0, ROWS_NAMED).join(', ');
  return `${places.length === 1 ? 'row' : 'rows'} ${named}${more > 0 ? ` and ${more} more` : ''}`;
}
