/** The devices of a server in its dialog: a list to edit and to filter, with an undo for what was added and deleted. */
import { DevicePattern } from './device-fields.js';
import { DeviceRow, type DeviceSeed, type RowHost } from './device-row.js';
import type { Device } from './devices.js';
import { element } from './elements.js';
import { suggestFor, suggestGroups } from './fields.js';
import { textIn } from './forms.js';
import { nextFree } from './ids.js';
import type { EditorNode, TextValues } from './red.js';
import type { Problem } from './rules.js';
import { wordsOf } from './search.js';
import { UndoNotice } from './undo-notice.js';
import { textOf } from './values.js';

/** Rows that are built at once: these are seen when the dialog opens. The others are built when they come in sight. */
const BUILT_AT_ONCE = 30;

/** A list of so many rows needs no filter. */
const FEW_ROWS = 8;

export class DeviceTable implements RowHost {
  readonly pattern: DevicePattern;
  readonly notice: UndoNotice;
  /** Called when other rows are there than before. */
  onChanged: (() => void) | undefined;
  readonly #rowOf = new WeakMap<Element, DeviceRow>();
  readonly #suggesting = new WeakSet<DeviceRow>();
  readonly #sight = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: '300px' });
  readonly #tools = $('<div class="goip-device-tools"></div>');
  readonly #search: JQuery;
  readonly #count = $('<span class="goip-hint" role="status"></span>');
  #hadCommonPassword: boolean | undefined;

  /**
   * @param list the `ol` that becomes the list
   * @param check is called when something may be right or wrong now that was not before
   */
  constructor(
    readonly node: EditorNode,
    readonly list: JQuery,
    readonly check: () => void,
  ) {
    this.pattern = new DevicePattern(node);
    this.notice = new UndoNotice(this.text('devices.undo'), () => this.#changed());
    list.addClass('goip-devices').editableList<object>({
      header: this.#buildHeader(),
      addButton: this.text('devices.add'),
      height: 'auto',
      sortable: true,
      scrollOnAdd: false,
      addItem: (container, _index, row) => this.#place(container, row),
    });
    list.parent().addClass('goip-devices-frame');
    this.#search = this.#buildFilter();
    this.#listen();
  }

  text(key: string, values?: TextValues): string {
    return this.node._('goip-server.' + key, values);
  }

  /** All rows in their order. */
  rows(): DeviceRow[] {
    return this.#items().flatMap((item) => this.#rowOf.get(item) ?? []);
  }

  /** The devices as they are in the table. */
  values(): Device[] {
    return this.rows().map((row) => row.value());
  }

  /** Passwords to be changed, by the key of their row. */
  passwordChanges(): Record<string, string | null> {
    const changes = this.rows().map((row) => [String(row.key), row.passwordChange()] as const);
    return Object.fromEntries(changes.flatMap(([key, change]) => (change === undefined ? [] : [[key, change]])));
  }

  /** Shows what is wrong with each of the rows. */
  mark(problems: readonly (Problem | undefined)[]): void {
    for (const [index, row] of this.rows().entries()) row.mark(problems[index]);
  }

  /** Appends a row for each seed. */
  addAll(seeds: readonly DeviceSeed[]): DeviceRow[] {
    const rows = seeds.map((seed) => new DeviceRow(this, seed));
    for (const row of rows) this.list.editableList('addItem', row);
    this.#changed();
    return rows;
  }

  find(id: string): DeviceRow | undefined {
    return this.rows().find((row) => row.shownId === id);
  }

  /** Shows a row even if the filter hides it, and puts the focus into one of its fields. */
  show(row: DeviceRow, name: 'id' | 'password' = 'id'): void {
    row.build();
    if (!row.hasWords(this.#words())) this.#search.val('').trigger('input');
    const field = row.element.querySelector<HTMLElement>('.goip-device-' + name);
    field?.scrollIntoView({ block: 'nearest' });
    field?.focus();
  }

  hasCommonPassword = (): boolean => textIn($('#node-config-input-password')) !== '';

  #items(): HTMLElement[] {
    return this.list.children().get();
  }

  #buildHeader(): JQuery {
    const title = (name: string): HTMLElement => element('span', `goip-header-${name}`, this.text('devices.' + name));
    const group = title('group');
    group.classList.add('goip-narrow');
    return $('<div class="goip-cells goip-header"></div>').append(
      element('span', 'goip-header-start'),
      ...[title('id'), title('name'), group, title('password')],
      element('span', 'goip-header-end'),
    );
  }

  /** Puts a new row into its place in the page. The button of the list adds one that is no row yet. */
  #place(container: JQuery, added: object): void {
    const isNew = !(added instanceof DeviceRow);
    const row = isNew ? new DeviceRow(this, { own: false }) : added;
    container.append(row.element);
    this.#rowOf.set(row.item, row);
    if (isNew || this.#items().length <= BUILT_AT_ONCE) row.build();
    else this.#sight.observe(row.item);
    if (!isNew) return;
    this.show(row);
    this.#changed();
  }

  /** Builds rows that have come in sight, or nearly so: the Tab key moves to the next row, too. */
  #seen(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      this.#sight.unobserve(target);
      this.#rowOf.get(target)?.build();
    }
  }

  #listen(): void {
    const on = (event: string, name: string, react: (row: DeviceRow) => void): void => {
      this.list.on(event, '.goip-device-' + name, ({ target }: { readonly target: Element }) => {
        const row = this.#rowOf.get(target.closest('li') ?? target);
        if (row) react(row);
      });
    };
    this.list.on('input change', 'input', () => this.check());
    on('input', 'password', (row) => row.showPassword());
    on('change', 'enabled', (row) => row.showEnabled());
    on('click', 'reveal', (row) => row.build().password.toggleReveal());
    on('click', 'forget', (row) => {
      row.toggleForgotten();
      this.check();
    });
    on('click', 'more', (row) => row.build().toggleDetails());
    on('click', 'delete', (row) => this.#delete(row));
    on('click', 'duplicate', (row) => this.#duplicate(row));
    // Users type into few of the fields.
    on('focusin', 'group', (row) => this.#suggestGroups(row));
    $('#node-config-input-password').on('input change', () => this.#showCommonPassword());
    this.list.closest('form').on('keydown', (event) => this.notice.undoByKey(event));
  }

  /** Other rows are there than before. */
  #changed(): void {
    const isFiltered = textIn(this.#search) !== '';
    this.#tools.toggle(this.#items().length > FEW_ROWS || isFiltered);
    if (isFiltered) this.#showCount();
    this.check();
    this.onChanged?.();
  }

  #suggestGroups(row: DeviceRow): void {
    if (this.#suggesting.has(row)) return;
    this.#suggesting.add(row);
    const others = (): Device[] =>
      this.rows()
        .filter((one) => one !== row)
        .map((one) => one.value())
        .filter(({ id }) => id);
    suggestFor(row.build().group.input, (typed) => suggestGroups(typed, others()));
  }

  #showCommonPassword(): void {
    const hasOne = this.hasCommonPassword();
    if (hasOne === this.#hadCommonPassword) return;
    this.#hadCommonPassword = hasOne;
    for (const row of this.rows()) row.showPassword();
  }

  #buildFilter(): JQuery {
    const label = this.text('devices.filter');
    const search = $('<input type="text" class="goip-device-filter" />').attr({
      placeholder: label,
      'aria-label': label,
    });
    this.#tools.append(search, this.#count);
    this.list.closest('.red-ui-editableList').before(this.#tools).after(this.notice.element);
    search.on('input', () => this.#filter());
    // Else the dialog would close.
    search.on('keydown', (event) => {
      if (event.key === 'Enter') event.preventDefault();
      if (event.key !== 'Escape' || textIn(search) === '') return;
      event.stopPropagation();
      search.val('').trigger('input');
    });
    return search;
  }

  #words(): string[] {
    return wordsOf(textIn(this.#search));
  }

  #filter(): void {
    const words = this.#words();
    for (const row of this.rows()) row.item.hidden = !row.hasWords(words);
    this.#showCount();
  }

  #showCount(): void {
    const items = this.#items();
    const counts = { shown: items.filter((item) => !item.hidden).length, all: items.length };
    this.#count.text(this.#words().length === 0 ? '' : this.text('devices.count', counts));
  }

  #delete(row: DeviceRow): void {
    const { item, shownId: id } = row;
    const next = item.nextElementSibling;
    const [list] = this.list;
    // The row stays as it is, with what was typed.
    item.remove();
    this.#changed();
    this.notice.did(this.text(id ? 'devices.deleted' : 'devices.deleted-new', { id }), () => {
      list?.insertBefore(item, next?.parentNode === list ? next : null);
      this.show(row);
    });
    this.notice.focus();
  }

  /** The new row has no password of its own: the editor does not know that of the original. */
  #duplicate(row: DeviceRow): void {
    const { key, ...given } = row.value();
    const original = textOf(given.id);
    const id = nextFree(original, new Set(this.rows().map((one) => one.value().id)));
    const copy = new DeviceRow(this, { given: { ...given, id }, own: false });
    this.list.editableList('insertItemAt', copy, this.rows().indexOf(row) + 1);
    // `insertItemAt` has no place after the last one.
    row.item.after(copy.item);
    this.#changed();
    this.show(copy);
    this.notice.did(this.text('devices.duplicated', { id, original }), () => copy.item.remove());
  }
}
