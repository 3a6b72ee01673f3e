/** What is wrong with a configuration, for logs and people: named, and without any password. */
import { HIDDEN, printable } from '../printable.js';

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

/** Characters of a value that are quoted. */
const QUOTED = 60;

export class ProblemList {
  readonly #problems: ConfigProblem[] = [];
  #unlisted = 0;

  /** @param passwords hidden wherever a reason quotes a value */
  constructor(private readonly passwords: Iterable<string>) {}

  add({ what, name, reason, effect }: Omit<ConfigProblem, 'message'>): void {
    if (this.#problems.length >= LISTED) {
      this.#unlisted += 1;
      return;
    }
    const shown = { name: this.#shown(name), reason: this.#shown(reason) };
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

  /** Quoted texts are what people have written: short, visible, and without a password. */
  #shown(text: string): string {
    return text.replace(/"(?:[^"\\]|\\.)*"/g, (quote) => {
      let value = String(JSON.parse(quote));
      for (const password of this.passwords) if (password !== '') value = value.replaceAll(password, HIDDEN);
      return quoted(value.length > QUOTED ? `${value.slice(0, QUOTED)}…` : value);
    });
  }
}

/** A value in a reason. A {@link ProblemList} cuts it, and hides passwords in it. */
export function quoted(value: string): string {
  return printable(JSON.stringify(value));
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
