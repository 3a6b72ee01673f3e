/** Devices out of a block of text that was copied from a spreadsheet or a CSV file. */
import { isCarriable } from './rules.js';

/** The columns, in the order that they have without a header. */
export const COLUMNS = ['id', 'name', 'group', 'password'] as const;

export type Column = (typeof COLUMNS)[number];

/** A device to add. */
export interface PastedDevice {
  readonly id: string;
  readonly name?: string;
  readonly group?: string;
  readonly password?: string;
}

/** A device that is not added, with the reason: a key of the catalogue. `line` is the number of its line in the block. */
export interface LeftOut {
  readonly id: string;
  readonly line?: number;
  readonly problem: string;
}

/**
 * @param titles the columns by what a header calls them, in lower case
 * @param ids those that are in the list already
 */
export function devicesIn(
  text: string,
  titles: ReadonlyMap<string, Column>,
  ids: readonly unknown[],
): { readonly devices: readonly PastedDevice[]; readonly leftOut: readonly LeftOut[] } {
  const lines = linesOf(text);
  const first = lines.findIndex((cells) => cells.some(Boolean));
  const header = headerOf(lines[first] ?? [], titles);
  const taken = new Set(ids);
  const devices: PastedDevice[] = [];
  const leftOut: LeftOut[] = [];
  for (const [index, cells] of lines.entries()) {
    if (!cells.some(Boolean) || (header && index === first)) continue;
    const device = deviceOf(cells, header ?? COLUMNS);
    const problem = problemOf(device, taken);
    if (problem === undefined) devices.push(device);
    else leftOut.push({ line: index + 1, id: device.id, problem });
    taken.add(device.id);
  }
  return { devices, leftOut };
}

/** A device without an id has an empty one. */
function deviceOf(cells: readonly string[], columns: readonly (Column | undefined)[]): PastedDevice {
  const values = new Map<Column, string>();
  for (const [place, cell] of cells.entries()) {
    const column = columns[place];
    if (column && cell) values.set(column, cell);
  }
  return { id: '', ...Object.fromEntries(values) };
}

/** Why a device cannot be added. */
function problemOf({ id, password = '' }: PastedDevice, taken: ReadonlySet<unknown>): string | undefined {
  if (id === '') return 'no-id';
  if (!isCarriable(id)) return 'id-characters';
  if (taken.has(id)) return 'known';
  return isCarriable(password) ? undefined : 'password-characters';
}

/** Names that people write above the ids: so the web page of the gateway calls them. */
const OTHER_TITLES: ReadonlyMap<string, Column> = new Map([
  ['authentication id', 'id'],
  ['auth id', 'id'],
  ['device id', 'id'],
]);

/** The columns that the first line names, in the language of the editor; undefined if it is a device like the others. */
function headerOf(
  cells: readonly string[],
  titles: ReadonlyMap<string, Column>,
): readonly (Column | undefined)[] | undefined {
  const columns = cells.map((cell) => titles.get(cell.toLowerCase()) ?? OTHER_TITLES.get(cell.toLowerCase()));
  return columns.includes('id') ? columns : undefined;
}

/** The lines with their cells. A cell in quotes may hold separators, line breaks and, doubled, quotes. */
function linesOf(text: string): string[][] {
  const separator = separatorOf(text);
  const cell = new RegExp(`(?:"((?:[^"]|"")*)"|([^${separator}\\r\\n]*))(${separator}|\\r\\n|\\r|\\n|$)`, 'gy');
  const lines: string[][] = [];
  let cells: string[] = [];
  for (const [, quoted, plain = '', end] of text.matchAll(cell)) {
    cells.push((quoted?.replaceAll('""', '"') ?? plain).trim());
    if (end === separator) continue;
    lines.push(cells);
    cells = [];
    if (end === '') break;
  }
  return lines;
}

/** What separates the cells: tabs come from spreadsheets; else the more frequent one of `;` and `,`. */
function separatorOf(text: string): string {
  if (text.includes('\t')) return '\t';
  const count = (character: string): number => text.split(character).length;
  return count(';') > count(',') ? ';' : ',';
}
