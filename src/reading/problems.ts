/** What is wrong with a configuration, for logs and people: named, and without any password. */
import { Secrets } from '../secrets.js';

export { quoted } from '../secrets.js';

/** What follows from a problem: for its row (`left out`, `no line` for the numbers of a rule), or for the server. */
export type ProblemEffect = 'left out' | 'no line' | 'default' | 'no sending' | 'no start';

export interface ConfigProblem {
  readonly what: 'setting' | 'device' | 'route';
  /** Name of the setting, id of the device, prefix of the rule, or the place of a row without one: `row 3`. */
  readonly name: string;
  readonly reason: string;
  readonly effect: ProblemEffect;
  /** All of it in one sentence. */
  readonly message: string;
}

/** A problem as it is found. Problems that differ in their row only are one. */
export interface FoundProblem extends Omit<ConfigProblem, 'message'> {
  /** Place in the list, from 1; undefined for a problem of no list. */
  readonly row?: number | undefined;
}

/** A problem, and the rows that have it. */
interface Repeated extends FoundProblem {
  count: number;
  /** The first of them. */
  readonly rows: number[];
}

/** Devices whose problems are listed; the others are counted. */
const DEVICES_LISTED = 100;

/** Rows that are named of those that have the same problem. */
const ROWS_NAMED = 5;

export class ProblemList {
  /** By what they say. Settings and rules are never left out: what a server does depends on them. */
  readonly #problems = new Map<string, Repeated>();
  #devices = 0;
  #unlistedRows = 0;

  /** @param secrets hidden in the values that a reason quotes */
  constructor(private readonly secrets = new Secrets()) {}

  add(problem: FoundProblem): void {
    const { what, name, reason, effect, row } = problem;
    const key = JSON.stringify([what, name, reason, effect]);
    const known = this.#problems.get(key);
    if (known) {
      known.count += 1;
      if (row !== undefined && known.rows.length < ROWS_NAMED) known.rows.push(row);
    } else if (what === 'device' && this.#devices >= DEVICES_LISTED) {
      this.#unlistedRows += 1;
    } else {
      if (what === 'device') this.#devices += 1;
      this.#problems.set(key, { ...problem, count: 1, rows: row === undefined ? [] : [row] });
    }
  }

  /** The first problem with this effect. */
  first(effect?: ProblemEffect): ConfigProblem | undefined {
    for (const problem of this.#problems.values())
      if (effect === undefined || problem.effect === effect) return this.#shown(problem);
    return undefined;
  }

  list(): readonly ConfigProblem[] {
    const problems = [...this.#problems.values()].map((problem) => this.#shown(problem));
    if (this.#unlistedRows === 0) return problems;
    const message = `${this.#unlistedRows} more rows are left out`;
    return [...problems, { what: 'device', name: '', reason: 'more rows are wrong', effect: 'left out', message }];
  }

  #shown({ what, name, reason, effect, count, rows }: Repeated): ConfigProblem {
    const shown = { name: this.secrets.shortQuotes(name), reason: this.secrets.shortQuotes(reason) };
    return {
      ...{ what, effect, name: unquoted(shown.name), reason: shown.reason },
      message: sentence(what, shown, effect) + placesOf(count, rows),
    };
  }
}

/** The rows, if several have the problem. */
function placesOf(count: number, rows: readonly number[]): string {
  if (count === 1 || rows.length === 0) return '';
  const more = count > rows.length ? ` and ${count - rows.length} more` : '';
  return ` (rows ${rows.join(', ')}${more})`;
}

function unquoted(name: string): string {
  return name.startsWith('"') ? String(JSON.parse(name)) : name;
}

function sentence(
  what: ConfigProblem['what'],
  { name, reason }: { readonly name: string; readonly reason: string },
  effect: ProblemEffect,
): string {
  switch (what) {
    case 'setting':
      return `${name} ${reason}${CONSEQUENCES[effect]}`;
    case 'device':
      return `device ${name} is left out: ${reason}`;
    case 'route':
      return `routing rule ${name}: ${reason}${CONSEQUENCES[effect]}`;
  }
}

const CONSEQUENCES: Readonly<Record<ProblemEffect, string>> = {
  'left out': '; the rule is left out',
  'no line': '; it finds no line there',
  default: '; the default is used',
  'no sending': '; nothing is sent until this is corrected, SMS are received',
  'no start': '',
};
