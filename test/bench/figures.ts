/** What a row of the benchmark yields, and how it is shown. */

/** One line of the table: a figure beside what it is measured against in the same run. */
export interface Figure {
  readonly what: string;
  readonly measured: string;
  readonly baseline?: string;
  readonly ratio?: string;
  readonly goal?: string;
  /** How much was measured, how often. */
  readonly size: string;
}

export interface Setting {
  /** Scales a count: 1 for the run whose figures are reported, less for a quick look. */
  readonly count: (full: number) => number;
  readonly rounds: number;
  /** Of a large job. */
  readonly numbers: number;
  /** How long to watch what should not change. */
  readonly minutes: number;
  /** For everything on disk; removed afterwards. */
  readonly directory: string;
}

/** Measures one row. */
export type Row = (setting: Setting) => Promise<readonly Figure[]>;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}

/** The value below which so many percent are. */
export function percentile(values: readonly number[], percent: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil((values.length * percent) / 100) - 1] ?? NaN;
}

/** The median of rounds with the range that they were in. */
export function spread(values: readonly number[], format: (value: number) => string): string {
  const range = values.length > 1 ? ` (${format(Math.min(...values))}–${format(Math.max(...values))})` : '';
  return format(median(values)) + range;
}

/** The ratios of rounds in which candidate and baseline took turns. */
export function ratiosOf(candidates: readonly number[], baselines: readonly number[]): number[] {
  return candidates.map((candidate, round) => candidate / (baselines[round] ?? NaN));
}

export const times = (ratio: number): string => ratio.toFixed(2);
export const whole = (value: number): string => value.toFixed(0);
export const oneDigit = (value: number): string => value.toFixed(1);
export const milliseconds = (ms: number): string => `${ms.toFixed(ms < 10 ? 2 : 0)} ms`;
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const HEADINGS = {
  what: 'figure',
  measured: 'measured',
  baseline: 'baseline',
  ratio: 'ratio',
  goal: 'goal',
  size: 'n',
};
type Column = keyof typeof HEADINGS;

export function table(figures: readonly Figure[]): string {
  const columns = Object.keys(HEADINGS) as Column[];
  const rows: readonly Partial<Record<Column, string>>[] = [HEADINGS, ...figures];
  const widths = columns.map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: (typeof rows)[number]): string =>
    columns.map((column, index) => (row[column] ?? '').padEnd(widths[index] ?? 0)).join('  ');
  const [head, ...body] = rows.map(line);
  return [head, widths.map((width) => '─'.repeat(width)).join('  '), ...body].join('\n');
}
