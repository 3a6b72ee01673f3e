/** Reads single values of a configuration, whatever their type: people, flow files and programs without types write them. */
import { quoted } from '../secrets.js';

/** A value, or what is wrong with it: the sentence behind the name of the setting. */
export type Reading<T> = { readonly value: T } | { readonly problem: string };

/** A value that was to come from an environment variable that is not set. No reading takes it. */
export class UnsetVariable {
  constructor(readonly name: string) {}

  toString(): string {
    return `the environment variable ${quoted(this.name)}, which is not set`;
  }
}

/** A value that counts as not set. */
export function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

/** The text of a value: a number stands for its digits. Undefined for all else, and for a number that has lost digits. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const isExact = typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  const digits = isExact ? String(value) : '';
  return /^-?\d+(\.\d+)?$/.test(digits) ? digits : undefined;
}

/** The number that a value is, or that its text says. Undefined for all else. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && !Number.isNaN(number) ? number : undefined;
}

/** True or false, as a value or as a text. Undefined for all else: 1 and "yes" switch nothing on. */
export function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const text = typeof value === 'string' ? value.trim() : undefined;
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

/**
 * Addresses and networks of a text, separated by commas or blanks, or of an array of such texts. A value that is not blank
 * and holds no entry stays an entry: it is refused, and does not open the server to all.
 */
export function entriesOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? (value as unknown[]) : [value ?? '']).flatMap((item) => {
    const text = typeof item === 'string' ? item.trim() : JSON.stringify(item ?? null);
    return text.match(/[^\s,]+/g) ?? (text === '' ? [] : [text]);
  });
}

/** The fields of an object; undefined for arrays and for all that has no fields. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && !(value instanceof UnsetVariable) ? (value as Readonly<Record<string, unknown>>) : undefined;
}

/** What a value is, in words that never say the value itself. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof UnsetVariable) return String(value);
  switch (typeof value) {
    case 'string':
      return 'a text';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'true or false';
    case 'object':
      return 'an object';
    default:
      return `a ${typeof value}`;
  }
}
