/** Reads what a flow holds: it may have been written by hand, and hold anything. */

/** A value as a text; empty if it is missing. */
export const textOf = (value: unknown): string => (isMissing(value) ? '' : String(value));

/** A value as a text without blanks at its ends. */
export const trimmed = (value: unknown): string => textOf(value).trim();

/** `${ENV}`: filled in when the flow starts, unknown until then. */
export const isVariable = (value: unknown): boolean => /^\$\{[^}]+\}$/.test(textOf(value));

export const isBlank = (value: unknown): boolean => String(value).trim() === '';

/** Names in one text, with commas or semicolons between them, or in a list of such texts. */
export const namesIn = (value: unknown): string[] =>
  textOf(value)
    .split(/[,;]/)
    .map((name) => name.trim())
    .filter(Boolean);

/** A list, or the one value that stands for a list; empty if it is missing. */
export const listOf = (value: unknown): unknown[] => (isMissing(value) ? [] : [value].flat());

/** The rows of a list in a flow: the fields of a row may hold anything, and must have the type `unknown`. */
export const rowsOf = <Row extends { readonly [Field in keyof Row]?: unknown }>(list: unknown): Row[] =>
  // The fields of a text or a number, which may be in the list, are missing.
  Array.isArray(list) ? (list.filter(Boolean) as Row[]) : [];

const isMissing = (value: unknown): boolean => value === undefined || value === null;
