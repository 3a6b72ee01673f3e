/** One device in the table of the server's dialog. There may be hundreds: a row is a text until it comes in sight. */
import { DeviceFields, type DevicePattern, type Line } from './device-fields.js';
import { isDisabled, type Device } from './devices.js';
import { element } from './elements.js';
import { textIn } from './forms.js';
import type { EditorNode } from './red.js';
import { describe, isCarriable, type Problem } from './rules.js';
import { hasWords } from './search.js';
import { textOf } from './values.js';

/** What a row begins with. */
export interface DeviceSeed {
  readonly key?: unknown;
  /** The device as it is in the flow. */
  readonly given?: Device;
  /** The password that is not deployed yet; null if the stored one is removed. */
  readonly change?: string | null | undefined;
  /** Whether the device has a stored password of its own. Undefined if that is not known. */
  readonly own: boolean | undefined;
}

/** What a row asks of its table. */
export interface RowHost {
  readonly node: EditorNode;
  readonly pattern: DevicePattern;
  readonly hasCommonPassword: () => boolean;
  readonly check: () => void;
}

export class DeviceRow {
  readonly key: unknown;
  readonly given: Device;
  readonly element = element('div', 'goip-device-unbuilt');
  readonly #own: boolean | undefined;
  #fields: DeviceFields | undefined;
  /** The password that was typed before the fields were built. */
  readonly #change: string;
  #isForgotten: boolean;
  #line: Line | undefined;
  #problem: Problem | undefined;

  constructor(
    private readonly host: RowHost,
    { key = RED.nodes.id(), given = {}, change, own }: DeviceSeed,
  ) {
    this.key = key;
    this.given = given;
    this.#own = own;
    this.#isForgotten = change === null;
    this.#change = change ?? '';
    this.element.textContent = this.shownId;
  }

  /** The entry of the list that it is in. */
  get item(): HTMLElement {
    return this.element.closest('li') ?? this.element;
  }

  get isBuilt(): boolean {
    return this.#fields !== undefined;
  }

  /** Its fields, built if they are not there yet. */
  build(): DeviceFields {
    if (this.#fields) return this.#fields;
    const { host, given } = this;
    this.element.classList.remove('goip-device-unbuilt');
    const fields = new DeviceFields(this.element, host.pattern, host.node, given, this.#own, host.hasCommonPassword);
    this.#fields = fields;
    fields.password.show(this.#isForgotten, this.#change);
    this.showEnabled();
    fields.showLine(this.#line);
    if (this.#problem) this.#showProblem(fields);
    return fields;
  }

  /** Its id as it is in the table. */
  get shownId(): string {
    return this.#fields ? textIn(this.#fields.id.input).trim() : textOf(this.given.id);
  }

  get isEnabled(): boolean {
    return this.#fields ? this.#fields.isEnabled : !isDisabled(this.given);
  }

  value(): Device {
    return { ...(this.#fields ? this.#fields.value() : this.given), key: this.key };
  }

  /** What is to become of its password: a new one, null for none, undefined to leave it. */
  passwordChange(): string | null | undefined {
    return this.#isForgotten ? null : this.#typedPassword || undefined;
  }

  get #typedPassword(): string {
    return this.#fields ? this.#fields.password.typed : this.#change;
  }

  showPassword(): void {
    this.#fields?.password.show(this.#isForgotten);
  }

  toggleForgotten(): void {
    this.#isForgotten = !this.#isForgotten;
    this.build().password.show(this.#isForgotten, '');
  }

  /** Keeps the stored password that was about to be removed. */
  keepPassword(): void {
    if (this.#isForgotten) this.toggleForgotten();
  }

  showEnabled(): void {
    this.element.classList.toggle('goip-device-off', !this.isEnabled);
  }

  enable(): void {
    this.build().enable();
    this.showEnabled();
    this.host.check();
  }

  /** Shows how its line is; undefined for a device that is not deployed. */
  showLine(line: Line | undefined): void {
    if (line === this.#line) return;
    this.#line = line;
    this.#fields?.showLine(line);
  }

  /** Marks it as wrong, or as right. */
  mark(deviceProblem: Problem | undefined): void {
    const problem = deviceProblem ?? (isCarriable(this.#typedPassword) ? undefined : PASSWORD_PROBLEM);
    if (!problem && !this.#problem) return;
    this.#problem = problem;
    if (this.#fields) this.#showProblem(this.#fields);
  }

  #showProblem(fields: DeviceFields): void {
    const problem = this.#problem;
    const isAboutAccess = problem?.key === 'device-allow';
    const isAboutId = problem !== undefined && problem !== PASSWORD_PROBLEM && !isAboutAccess;
    fields.showProblem(problem ? describe(this.host.node, problem) : '', isAboutId, isAboutAccess);
    fields.password.mark(!isCarriable(this.#typedPassword));
  }

  /** Whether its id, name and group have all of the words, which are in lower case. */
  hasWords(words: readonly string[]): boolean {
    if (words.length === 0) return true;
    const fields = this.#fields;
    const { given } = this;
    const shown = fields
      ? [fields.id, fields.name, fields.group].map(({ input }) => textIn(input))
      : [given.id, given.name, given.group].map(textOf);
    return hasWords(shown.join('\n').toLowerCase(), words);
  }
}

const PASSWORD_PROBLEM: Problem = { key: 'password-characters' };
