/** The fields of one device in the table of the server's dialog. */
import { DevicePassword } from './device-password.js';
import { isDisabled, serverText, type Device } from './devices.js';
import { element, iconButton, inputOf, partOf } from './elements.js';
import { buildField, buildInput, fieldOf, type Field } from './fields.js';
import type { LiveServer } from './live.js';
import type { EditorNode } from './red.js';
import { LIMITS } from './rules.js';
import { createBars, createDot, showBars, showDot } from './signs.js';
import { timeOf } from './times.js';
import { isVariable } from './values.js';

/** What every row looks like at first. Rows are cloned from it, which is much quicker than building each. */
export class DevicePattern {
  readonly #cells: HTMLElement;
  readonly #problem = element('div', 'goip-row-problem');

  constructor(node: EditorNode) {
    const enabled = element('input', 'goip-device-enabled');
    enabled.type = 'checkbox';
    enabled.title = serverText('devices.enabled');
    enabled.setAttribute('aria-label', enabled.title);
    const [dot, bars] = [createDot(), createBars()];
    dot.hidden = true;
    bars.hidden = true;
    const password = element('input', 'goip-device-password');
    Object.assign(password, { type: 'password', autocomplete: 'new-password' });
    password.setAttribute('aria-label', serverText('devices.password'));
    const field = (name: string): JQuery => buildInput(node, 'device', name);
    const reveal = rowButton('reveal', 'fa-eye', 'devices.reveal');
    reveal.hidden = true;
    const more = rowButton('more', 'fa-ellipsis-h', 'devices.more');
    more.setAttribute('aria-expanded', 'false');
    const texts = [field('id'), field('name'), field('group').addClass('goip-narrow')];
    this.#cells = element(
      'div',
      'goip-cells',
      ...[enabled, element('span', 'goip-device-live', dot, bars), ...texts.flatMap((text) => text.get()), password],
      ...[reveal, rowButton('forget', 'fa-eraser', 'devices.forget'), element('span', 'goip-button-space'), more],
      rowButton('delete', 'fa-remove', 'devices.delete'),
    );
  }

  clone(): readonly [cells: HTMLElement, problem: HTMLElement] {
    return [clone(this.#cells), clone(this.#problem)];
  }
}

/** The table listens to clicks for all rows. */
function rowButton(name: string, icon: string, label: string): HTMLButtonElement {
  return iconButton(icon, serverText(label), () => undefined, `goip-device-${name}`);
}

function clone(pattern: HTMLElement): HTMLElement {
  const copy = pattern.cloneNode(true);
  // A clone is of the same kind.
  return copy as HTMLElement;
}

export class DeviceFields {
  readonly id: Field;
  readonly name: Field;
  readonly group: Field;
  readonly password: DevicePassword;
  readonly #enabled: HTMLInputElement;
  readonly #cells: HTMLElement;
  readonly #problem: HTMLElement;
  readonly #more: HTMLElement;
  readonly #dot: HTMLElement;
  readonly #bars: HTMLElement;
  #allow: Field | undefined;
  #details: HTMLElement | undefined;
  #error: HTMLElement | undefined;

  /**
   * @param own whether the device has a stored password of its own; undefined if that is not known
   * @param hasCommonPassword whether the server has a password for all devices
   */
  constructor(
    row: HTMLElement,
    pattern: DevicePattern,
    private readonly node: EditorNode,
    private readonly given: Device,
    own: boolean | undefined,
    hasCommonPassword: () => boolean,
  ) {
    const [cells, problem] = pattern.clone();
    row.replaceChildren(cells, problem);
    this.#cells = cells;
    this.#problem = problem;
    const field = (name: 'id' | 'name' | 'group'): Field =>
      fieldOf($(inputOf(cells, `.goip-device-${name}`)), given[name]);
    this.id = field('id');
    this.name = field('name');
    this.group = field('group');
    this.#enabled = inputOf(cells, '.goip-device-enabled');
    this.#enabled.checked = !isDisabled(given);
    // The value of an environment variable is not known here.
    this.#enabled.indeterminate = isVariable(given.disabled);
    this.password = new DevicePassword(cells, own, hasCommonPassword);
    this.#more = partOf(cells, '.goip-device-more');
    this.#dot = partOf(cells, '.goip-dot');
    this.#bars = partOf(cells, '.goip-bars');
    if (given.allow || given.limits) this.#unfold();
  }

  get isEnabled(): boolean {
    return this.#enabled.checked || this.#enabled.indeterminate;
  }

  enable(): void {
    this.#enabled.checked = true;
    this.#enabled.indeterminate = false;
  }

  /** The device as it is in the fields. */
  value(): Device {
    const isAsGiven = this.#enabled.indeterminate || this.#enabled.checked !== isDisabled(this.given);
    return {
      ...this.given,
      id: this.id.value(),
      name: this.name.value(),
      group: this.group.value(),
      allow: this.#allow ? this.#allow.value() : this.given.allow,
      disabled: isAsGiven ? this.given.disabled : !this.#enabled.checked || undefined,
    };
  }

  /** Shows how its line is; undefined for a device that is not deployed. */
  showLine(line: Line | undefined): void {
    this.#dot.hidden = line === undefined;
    this.#bars.hidden = true;
    this.#showError(line?.lastError);
    if (!line) return;
    showDot(this.#dot, line.online, serverText(line.online ? 'live.online' : 'live.offline'));
    showBars(this.#bars, line.signal, serverText('live.signal', { signal: line.signal }));
  }

  /** @param isAboutAccess whether it is about the allow list, not about the id */
  showProblem(text: string, isAboutId: boolean, isAboutAccess: boolean): void {
    this.id.input.toggleClass('input-error', isAboutId);
    this.#allow?.input.toggleClass('input-error', isAboutAccess);
    this.#problem.textContent = text;
  }

  toggleDetails(): void {
    const details = this.#details;
    if (details) this.#setUnfolded(details, details.hidden === true);
    else this.#unfold();
    if (!this.#details?.hidden) this.#allow?.input.trigger('focus');
  }

  /** Builds what few rows have. */
  #unfold(): void {
    this.#allow = buildField(this.node, 'device', 'allow', this.given.allow);
    const label = element('span', 'goip-hint', serverText('devices.allow'));
    label.setAttribute('aria-hidden', 'true');
    const access = element('div', 'goip-device-access', label, ...this.#allow.input.get());
    access.append(rowButton('duplicate', 'fa-clone', 'devices.duplicate'));
    this.#details = element('div', 'goip-device-details', access, ...this.#limitsHint());
    this.#problem.before(this.#details);
    this.#setUnfolded(this.#details, true);
  }

  #setUnfolded(details: HTMLElement, isUnfolded: boolean): void {
    details.hidden = !isUnfolded;
    this.#more.setAttribute('aria-expanded', String(isUnfolded));
  }

  /** A device gets limits of its own by hand. They are shown so that the user understands how the line behaves. */
  #limitsHint(): HTMLElement[] {
    const { limits = {} } = this.given;
    const own = Object.keys(LIMITS).filter((property) => limits[property] !== undefined);
    if (own.length === 0) return [];
    const list = own.map((property) => `${serverText('label.' + property)}: ${String(limits[property])}`).join(', ');
    return [element('div', 'goip-hint goip-device-limits', serverText('devices.own-limits', { list }))];
  }

  #showError(error: Line['lastError'] | undefined): void {
    if (!error && !this.#error) return;
    if (!this.#error) {
      this.#error = element('div', 'goip-hint goip-device-error');
      this.#cells.after(this.#error);
    }
    this.#error.textContent = error ? `${timeOf(error.at)} ${error.code}: ${error.reason}` : '';
  }
}

export type Line = LiveServer['lines'] extends ReadonlyMap<string, infer Value> ? Value : never;
