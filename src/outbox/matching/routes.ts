/** Which lines a number may go out on. */
import { ProblemList, quoted } from '../../reading/problems.js';
import { fieldsOf, isBlank, kindOf, textOf } from '../../reading/values.js';
import { isDialled } from '../../gsm/dialled.js';
import { dialledFrom } from '../../gsm/trunk-zero.js';

/** Numbers that begin with the prefix go out on these lines. */
export interface RoutingRule {
  /** As `+49`. */
  readonly prefix: string;
  /** A device id, the name of a group, or an array of these. */
  readonly device: string | readonly string[];
}

interface Rule {
  readonly prefix: string;
  readonly lines: readonly string[];
  /** What is wrong with the devices that the rule names. */
  readonly problems: readonly string[];
}

interface Member {
  readonly id: string;
  readonly group: string | undefined;
}

export class Routes {
  readonly #ids: ReadonlySet<string>;
  readonly #groups = new Map<string, string[]>();
  /** Ids, and groups that have no other devices, that are switched off or left out of the list. */
  readonly #unusable: ReadonlyMap<string, string>;
  readonly #rules: readonly Rule[];

  /**
   * Rules that are wrong are left out. One whose devices are all unknown stays, and finds no line: its numbers are refused,
   * and do not go out on just any SIM card.
   *
   * @param unusable devices that are switched off or left out: rules may name them, and find no line there
   * @param problems takes what is wrong with rules
   */
  constructor(
    devices: Iterable<Member>,
    rules: unknown = [],
    unusable: Iterable<Member & { readonly why: string }> = [],
    problems = new ProblemList(),
  ) {
    const members = [...devices];
    this.#ids = new Set(members.map(({ id }) => id));
    for (const { id, group } of members) {
      if (group === undefined) continue;
      const ids = this.#groups.get(group);
      if (ids) ids.push(id);
      else this.#groups.set(group, [id]);
    }
    const names = [...unusable].flatMap(({ id, group, why }) => [id, group ?? id].map((name) => [name, why] as const));
    this.#unusable = new Map(names.filter(([name]) => this.named(name) === undefined));
    this.#rules = this.#read(rules, problems);
  }

  /** How many rules there are. */
  get size(): number {
    return this.#rules.length;
  }

  /** The devices of that id or group; undefined where there is neither. An id comes before a group of the same name. */
  named(name: string): readonly string[] | undefined {
    return this.#ids.has(name) ? [name] : this.#groups.get(name);
  }

  /** Why no device of that id or group has a line, in words that follow the name; undefined if one has, or if it is unknown. */
  whyUnusable(name: string): string | undefined {
    return this.#unusable.get(name);
  }

  /** Device ids, null for every line. @param wanted those that the job is for, null for any */
  linesFor(number: string, wanted: readonly string[] | null): readonly string[] | null {
    return wanted ?? this.#rules.find(({ prefix }) => number.startsWith(prefix))?.lines ?? null;
  }

  /** Says why a rule has no line; undefined if `lines` are not those of a rule, as {@link linesFor} returns them. */
  whyWithoutLine(lines: readonly string[]): string | undefined {
    const rule = this.#rules.find((one) => one.lines === lines);
    return rule && `the routing rule ${rule.prefix} has no line: ${rule.problems.slice(0, REASONS_SHOWN).join(', ')}`;
  }

  #read(rules: unknown, problems: ProblemList): readonly Rule[] {
    if (isBlank(rules)) return [];
    if (Array.isArray(rules))
      return (rules as unknown[]).flatMap((rule, index) => this.#rule(rule, index, problems) ?? []);
    const reason = `must be a list of objects, not ${kindOf(rules)}`;
    problems.add({ what: 'setting', name: 'routes', reason, effect: 'no sending' });
    return [];
  }

  /** Undefined for a row that nobody has filled in, and for one without a prefix. */
  #rule(row: unknown, index: number, problems: ProblemList): Rule | undefined {
    const place = `row ${index + 1}`;
    const fields = fieldsOf(row);
    if (!fields) {
      problems.add({ what: 'route', name: place, reason: `it is ${kindOf(row)}, not an object`, effect: 'left out' });
      return undefined;
    }
    if (isBlank(fields['prefix']) && isNobody(fields['device'])) return undefined;
    const prefix = dialledFrom(textOf(fields['prefix']) ?? '');
    if (!isDialled(prefix)) {
      const reason = 'its prefix must be digits, with or without a leading +';
      problems.add({ what: 'route', name: place, reason, effect: 'left out' });
      return undefined;
    }
    const found: string[] = [];
    const wrong = (reason: string): void => {
      found.push(reason);
      problems.add({ what: 'route', name: prefix, reason, effect: 'no line', row: index + 1 });
    };
    const lines = this.#linesOf(fields['device'], wrong, (name, why) => found.push(`${quoted(name)} ${why}`));
    return { prefix, lines, problems: found };
  }

  /** @param unusable takes a device or group that has no line, and why */
  #linesOf(
    device: unknown,
    wrong: (reason: string) => void,
    unusable: (name: string, why: string) => void,
  ): readonly string[] {
    const items: readonly unknown[] = Array.isArray(device) ? device : [device];
    const names = items.flatMap((item): readonly string[] => {
      const written = isBlank(item) ? '' : textOf(item);
      if (written === undefined) wrong(`there is no device or group that is ${kindOf(item)}`);
      return written === undefined ? [] : this.#namesIn(written);
    });
    if (names.length === 0 && items.every((item) => isBlank(item) || textOf(item) !== undefined)) {
      wrong('it names no device or group');
    }
    const lines = names.flatMap((name) => {
      const ids = this.named(name);
      const why = this.#unusable.get(name);
      if (why !== undefined) unusable(name, why);
      else if (!ids) wrong(`there is no device or group ${quoted(name)}`);
      return ids ?? [];
    });
    return [...new Set(lines)];
  }

  /** One name, which may hold a comma, or several. */
  #namesIn(written: string): readonly string[] {
    return this.named(written) ? [written] : written.split(/[,;]/).flatMap((name) => name.trim() || []);
  }
}

/** Reasons that an error names: a rule may name thousands of devices. */
const REASONS_SHOWN = 5;

function isNobody(device: unknown): boolean {
  return isBlank(device) || (Array.isArray(device) && (device as unknown[]).every(isBlank));
}
