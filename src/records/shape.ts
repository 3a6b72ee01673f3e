/** Checks of values that were read: each returns what is wrong, or undefined. Fields that nobody asks for are ignored. */

export type Check = (value: unknown) => string | undefined;

export const isText: Check = (value) => (typeof value === 'string' ? undefined : `${shown(value)} instead of a text`);
export const isNumber: Check = (value) => (Number.isFinite(value) ? undefined : `${shown(value)} instead of a number`);
export const isBoolean: Check = (value) =>
  typeof value === 'boolean' ? undefined : `${shown(value)} instead of true or false`;
export const isTime: Check = (value) =>
  typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? undefined : `${shown(value)} instead of a time`;

export function isOneOf(choices: readonly string[]): Check {
  return (value) => {
    if (choices.includes(value as string)) return undefined;
    // A name of a newer version says more than its type; a text that is longer is none.
    const unknown = typeof value === 'string' && value.length <= LONGEST_NAME ? JSON.stringify(value) : shown(value);
    return `${unknown} instead of ${choices.join(', ')}`;
  };
}

export const orNull =
  (check: Check): Check =>
  (value) =>
    value === null ? undefined : check(value);

export const orMissing =
  (check: Check): Check =>
  (value) =>
    value === undefined ? undefined : check(value);

/** Fits if one of the checks does; otherwise the last one says why not. */
export function isEither(...checks: readonly Check[]): Check {
  return (value) => {
    const problems = checks.map((check) => check(value));
    return problems.includes(undefined) ? undefined : problems.at(-1);
  };
}

export function isListOf(check: Check): Check {
  return (value) => {
    if (!Array.isArray(value)) return `${shown(value)} instead of a list`;
    for (const [index, item] of value.entries()) {
      const problem = check(item);
      if (problem !== undefined) return `[${index}]: ${problem}`;
    }
    return undefined;
  };
}

export function isObject(fields: Readonly<Record<string, Check>> = {}): Check {
  const checks = Object.entries(fields);
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return `${shown(value)} instead of an object`;
    for (const [name, check] of checks) {
      const problem = check((value as Readonly<Record<string, unknown>>)[name]);
      if (problem !== undefined) return `${name}: ${problem}`;
    }
    return undefined;
  };
}

const LONGEST_NAME = 30;

/** What it is; never what it says. */
function shown(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}
