/** Which lines a number may go out on. */
import { GoipError } from '../errors.js';
import { printable } from '../printable.js';

/** Numbers that begin with the prefix go out on these lines. */
export interface RoutingRule {
  /** As `+49`. */
  readonly prefix: string;
  /** A device id, the name of a group, or an array of these. */
  readonly device: string | readonly string[];
}

interface Member {
  readonly id: string;
  readonly group: string | undefined;
}

export class Routes {
  readonly #ids: ReadonlySet<string>;
  readonly #groups = new Map<string, string[]>();
  /** Ids, and groups that have no other devices, that are switched off. */
  readonly #disabled: ReadonlySet<string>;
  readonly #rules: readonly { readonly prefix: string; readonly lines: readonly string[] }[];

  /**
   * @param disabled devices that are switched off: rules may name them, and find no line there
   * @throws GoipError `GOIP_BAD_SETTING` on a rule without a prefix, or with lines that are not in the list
   */
  constructor(devices: Iterable<Member>, rules: readonly RoutingRule[] = [], disabled: Iterable<Member> = []) {
    const members = [...devices];
    this.#ids = new Set(members.map(({ id }) => id));
    for (const { id, group } of members) {
      if (group === undefined) continue;
      const ids = this.#groups.get(group);
      if (ids) ids.push(id);
      else this.#groups.set(group, [id]);
    }
    const off = [...disabled].flatMap(({ id, group }) => (group === undefined ? [id] : [id, group]));
    this.#disabled = new Set(off.filter((name) => this.named(name) === undefined));
    this.#rules = rules.map((rule) => this.#ruleFrom(rule));
  }

  /** The devices of that id or group; undefined where there is neither. An id comes before a group of the same name. */
  named(name: string): readonly string[] | undefined {
    return this.#ids.has(name) ? [name] : this.#groups.get(name);
  }

  /** Are all devices of that id or group switched off? */
  isDisabled(name: string): boolean {
    return this.#disabled.has(name);
  }

  /** Device ids, null for every line. @param wanted those that the job is for, null for any */
  linesFor(number: string, wanted: readonly string[] | null): readonly string[] | null {
    return wanted ?? this.#rules.find(({ prefix }) => number.startsWith(prefix))?.lines ?? null;
  }

  #ruleFrom({ prefix, device }: RoutingRule): { readonly prefix: string; readonly lines: readonly string[] } {
    if (typeof prefix !== 'string' || !/^\+?\d{1,20}$/.test(prefix)) {
      throw new GoipError('GOIP_BAD_SETTING', 'the prefix of a routing rule is digits, with + before them or not');
    }
    // Flows and programs without types may hand over anything.
    const names: readonly unknown[] = Array.isArray(device) ? device : [device];
    const lines = names.flatMap((name) => {
      const ids = typeof name === 'string' ? (this.named(name) ?? (this.isDisabled(name) ? [] : undefined)) : undefined;
      if (ids) return ids;
      const shown = typeof name === 'string' ? printable(JSON.stringify(name)) : `of type ${typeof name}`;
      throw new GoipError('GOIP_BAD_SETTING', `routing rule ${prefix}: there is no device or group ${shown}`);
    });
    if (names.length === 0) throw new GoipError('GOIP_BAD_SETTING', `routing rule ${prefix} names no device or group`);
    return { prefix, lines: [...new Set(lines)] };
  }
}
