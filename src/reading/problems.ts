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

/** Problems that are listed; the others are counted. */
const LISTED = 100;

export class ProblemList {
  readonly #problems: ConfigProblem[] = [];
  #unlisted = 0;

  /** @param secrets hidden in the values that a reason quotes */
  constructor(private readonly secrets = new Secrets()) {}

  add({ what, name, reason, effect }: Omit<ConfigProblem, 'message'>): void {
    if (this.#problems.length >= LISTED) {
      this.#unlisted += 1;
      return;
    }
    const shown = { name: this.secrets.shortQuotes(name), reason: this.secrets.shortQuotes(reason) };
    this.#problems.push({
      what,
      effect,
      name: unquoted(shown.name),
      reason: shown.reason,
      message: sentence(what, shown, effect),
    });
  }

  /** The first problem with this effect. */
  first(effect?: ProblemEffect): ConfigProblem | undefined {
    return this.#problems.find((problem) => effect === undefined || problem.effect === effect);
  }

  list(): readonly ConfigProblem[] {
    if (this.#unlisted === 0) return [...this.#problems];
    const message = `${this.#unlisted} more rows are left out`;
    return [
      ...this.#problems,
      { what: 'device', name: '', reason: 'more rows are wrong', effect: 'left out', message },
    ];
  }
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
