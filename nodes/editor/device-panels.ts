/** Panels below the table that add many devices at once: a block that is pasted, or the lines of a gateway. */
import { COLUMNS, devicesIn, type Column, type LeftOut, type PastedDevice } from './device-block.js';
import type { DeviceRow } from './device-row.js';
import type { DeviceTable } from './device-table.js';
import { textIn } from './forms.js';
import { newPassword, nth } from './ids.js';
import type { TextValues } from './red.js';
import { isCarriable } from './rules.js';
import { isVariable } from './values.js';

/** Devices of which the reason is listed why they are left out. */
const MOST_REASONS = 8;
const MOST_LINES = 256;

/** Puts the panels below a table, and their buttons beside that which adds one device. */
export function addDevicePanels(table: DeviceTable): void {
  const list = table.list.closest('.red-ui-editableList');
  const paste = new PastePanel(table);
  const box = new BoxPanel(table);
  list.append(paste.opener.addClass('goip-opener'), box.opener.addClass('goip-opener'));
  $(table.notice.element).after(paste.panel, box.panel);
  table.list.on('paste', '.goip-device-id', ({ originalEvent: event }) => {
    const text = event instanceof ClipboardEvent ? (event.clipboardData?.getData('text') ?? '') : '';
    if (!/[\t\n]/.test(text.trim())) return;
    event?.preventDefault();
    paste.offer(text);
  });
}

/** A panel that a button opens and closes. */
abstract class Panel {
  readonly opener: JQuery;
  readonly panel: JQuery;
  protected readonly body = $('<div></div>');
  protected readonly summary = $('<div role="status"></div>');
  protected readonly reasons = $('<ul></ul>');

  constructor(
    protected readonly table: DeviceTable,
    name: 'paste' | 'box',
    icon: string,
  ) {
    const label = this.text(name + '.open');
    this.opener = $('<button type="button" class="red-ui-button red-ui-button-small" aria-expanded="false"></button>')
      .append(`<i class="fa ${icon}" aria-hidden="true"></i> `, $('<span></span>').text(label))
      .on('click', () => this.toggle());
    this.panel = $('<div class="goip-panel" role="group"></div>')
      .addClass(`goip-panel-${name}`)
      .attr('aria-label', label)
      .append($('<div class="goip-panel-title"></div>').text(label), this.body)
      .prop('hidden', true)
      .on('keydown', (event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        this.toggle();
      });
  }

  protected abstract opened(): void;

  protected get isShown(): boolean {
    return !this.panel.prop('hidden');
  }

  protected text(key: string, values?: TextValues): string {
    return this.table.text(key, values);
  }

  protected toggle(): void {
    const isShown = !this.isShown;
    this.panel.prop('hidden', !isShown);
    this.opener.attr('aria-expanded', String(isShown));
    if (isShown) this.opened();
    else this.opener.trigger('focus');
  }

  protected button(label: string, react: () => void): JQuery {
    const made = $('<button type="button" class="red-ui-button"></button>').append($('<span></span>').text(label));
    return made.on('click', react);
  }

  protected ids(): unknown[] {
    return this.table.values().map(({ id }) => id);
  }

  /** Adds devices, each with a password or without. */
  protected add(devices: readonly PastedDevice[]): DeviceRow[] {
    const rows = this.table.addAll(devices.map(({ password, ...given }) => ({ given, change: password, own: false })));
    const text = this.text('devices.added', { count: devices.length });
    this.table.notice.did(text, () => {
      for (const row of rows) row.item.remove();
    });
    return rows;
  }

  /** Shows which devices are left out, and why. */
  protected showReasons(leftOut: readonly LeftOut[]): void {
    const shown = leftOut.slice(0, MOST_REASONS).map(({ line, id, problem }) => {
      const key = line === undefined ? 'left-out.device' : id ? 'left-out.line' : 'left-out.line-only';
      return this.text(key, { line, id, reason: this.text('left-out.' + problem) });
    });
    const more = leftOut.length - shown.length;
    if (more > 0) shown.push(this.text('left-out.more', { count: more }));
    this.reasons.empty().append(shown.map((text) => $('<li></li>').text(text)));
  }
}

class PastePanel extends Panel {
  readonly #area = $('<textarea rows="5" spellcheck="false" autocomplete="off" wrap="off"></textarea>');
  readonly #submit = this.button('', () => this.#take());
  #found: ReturnType<typeof devicesIn> = { devices: [], leftOut: [] };

  constructor(table: DeviceTable) {
    super(table, 'paste', 'fa-clipboard');
    this.#area.attr({ 'aria-label': this.text('paste.open'), placeholder: this.text('paste.example') });
    this.body.append(
      $('<div class="goip-hint"></div>').text(this.text('paste.hint')),
      ...[this.#area, this.summary, this.reasons],
      $('<div class="goip-panel-foot"></div>').append(this.#submit),
    );
    this.#area.on('input', () => this.#look());
    this.#look();
  }

  /** Puts a block of lines or cells that was pasted into one field into the panel. */
  offer(text: string): void {
    this.#area.val(text);
    if (this.isShown) this.opened();
    else this.toggle();
  }

  protected opened(): void {
    this.#look();
    this.#area.trigger('focus');
  }

  /** Shows what would be added. */
  #look(): void {
    const text = textIn(this.#area);
    const titles = new Map<string, Column>(
      COLUMNS.flatMap((name) => [
        [name, name],
        [this.text('devices.' + name).toLowerCase(), name],
      ]),
    );
    this.#found = devicesIn(text, titles, this.ids());
    const { devices, leftOut } = this.#found;
    const counts = { count: devices.length, left: leftOut.length };
    this.#submit.prop('disabled', devices.length === 0);
    this.#submit.find('span').text(this.text('paste.add', counts));
    this.summary.text(text.trim() === '' ? '' : this.text('paste.found', counts));
    this.showReasons(leftOut);
  }

  #take(): void {
    const { devices, leftOut } = this.#found;
    this.#area.val('');
    this.#look();
    const [first] = this.add(devices);
    this.summary.text(this.text('paste.done', { count: devices.length, left: leftOut.length }));
    this.showReasons(leftOut);
    if (first) this.table.show(first);
  }
}

class BoxPanel extends Panel {
  readonly #first = this.#field('first', 'gw1-01');
  readonly #count = this.#field('count', '16');
  readonly #group = this.#field('group', '');
  readonly #withPasswords = $('<input type="checkbox" class="goip-box-passwords" />').prop('checked', true);
  readonly #submit = this.button(this.text('box.add'), () => this.#take());
  readonly #result = $('<div class="goip-box-result"></div>').prop('hidden', true);
  #devices: readonly PastedDevice[] = [];

  constructor(table: DeviceTable) {
    super(table, 'box', 'fa-server');
    this.body.append(
      $('<div class="goip-panel-fields"></div>').append(this.#first.label, this.#count.label, this.#group.label),
      $('<label class="goip-check"></label>').append(
        this.#withPasswords,
        $('<span></span>').text(this.text('box.passwords')),
      ),
      ...[this.summary, this.reasons],
      ...[$('<div class="goip-panel-foot"></div>').append(this.#submit), this.#result],
    );
    this.body.on('input', () => this.#look());
  }

  protected opened(): void {
    this.#first.input.val(this.#nextBox());
    this.#look();
    this.#first.input.trigger('focus').trigger('select');
  }

  #field(name: string, value: string): { readonly input: JQuery; readonly label: JQuery } {
    const input = $('<input type="text" autocomplete="off" spellcheck="false" />').val(value);
    const label = $('<label></label>').append($('<span></span>').text(this.text('box.' + name)), input);
    return { input: input.addClass(`goip-box-${name}`), label };
  }

  /** The first id of the next gateway: `gw2-01` if `gw1-01` is there already. */
  #nextBox(): string {
    const ids = new Set(this.ids());
    let box = 1;
    while (ids.has(`gw${box}-01`)) box += 1;
    return `gw${box}-01`;
  }

  /** Reads the devices from the fields, and shows what would be added. */
  #look(): void {
    const [first, count] = [textIn(this.#first.input).trim(), Number(textIn(this.#count.input))];
    const isCount = Number.isInteger(count) && count >= 1 && count <= MOST_LINES;
    this.#count.input.toggleClass('input-error', !isCount);
    const isId = first !== '' && isCarriable(first) && !isVariable(first);
    this.#first.input.toggleClass('input-error', !isId);
    const ids = isCount && isId ? Array.from({ length: count }, (_, index) => nth(first, index)) : [];
    const known = new Set(this.ids());
    const group = textIn(this.#group.input).trim();
    this.#devices = ids.filter((id) => !known.has(id)).map((id) => (group ? { id, group } : { id }));
    this.#submit.prop('disabled', this.#devices.length === 0);
    this.summary.text(this.#describe(ids, isId, isCount));
    this.showReasons(ids.filter((id) => known.has(id)).map((id) => ({ id, problem: 'known' })));
  }

  #describe(ids: readonly string[], isId: boolean, isCount: boolean): string {
    if (!isId) return this.text('box.wrong-id');
    if (!isCount) return this.text('box.wrong-count', { most: MOST_LINES });
    return this.text('box.found', { count: this.#devices.length, first: ids[0], last: ids.at(-1) });
  }

  #take(): void {
    const hasPasswords = this.#withPasswords.prop('checked') === true;
    const devices = hasPasswords
      ? this.#devices.map((device) => ({ ...device, password: newPassword() }))
      : this.#devices;
    this.add(devices);
    this.#first.input.val(this.#nextBox());
    this.#look();
    this.#showPasswords(hasPasswords ? devices : []);
  }

  /** Shows the passwords for the web page of the gateway: after the deploy they cannot be read here. */
  #showPasswords(devices: readonly PastedDevice[]): void {
    this.#result.empty().prop('hidden', devices.length === 0);
    if (devices.length === 0) return;
    const text = devices.map(({ id, password = '' }) => `${id},${password}`).join('\n');
    const area = $('<textarea readonly rows="6" spellcheck="false"></textarea>')
      .attr('aria-label', this.text('box.table'))
      .val(text);
    const copy = this.button(this.text('box.copy'), () => RED.clipboard.copyText(text, copy, 'left'));
    const hide = this.button(this.text('box.hide'), () => this.#showPasswords([]));
    this.#result.append(
      $('<div></div>').text(this.text('box.once')),
      ...[area, $('<div class="goip-panel-foot"></div>').append(copy, hide)],
    );
    area.trigger('focus').trigger('select');
  }
}
