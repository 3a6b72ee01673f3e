/** A list of the lines of a server, to be ticked in the dialogs of the flow nodes. */
import { devicesOf, groupOf, groupsOf, isDisabled, lineText, serverText } from './devices.js';
import { element, iconButton } from './elements.js';
import { textIn } from './forms.js';
import { follow, type LiveServer } from './live.js';
import { hasWords, SearchBox } from './search.js';
import { createDot, showDot } from './signs.js';
import { isVariable, trimmed } from './values.js';

/** A list of so many rows can be searched. */
const MANY = 9;
/** Names that are listed in one line. */
const MOST_NAMED = 4;

interface LinePickerOptions {
  /** The element that names the list. */
  readonly label: JQuery;
  /** The input that has the id of the server. */
  readonly server: JQuery;
  /** What is ticked at first. */
  readonly names: readonly string[];
  /** Whether groups of devices are names, too. */
  readonly hasGroups?: boolean;
  /** What it means if nothing is ticked; by default, all lines. */
  readonly hint?: string;
  /** What can be typed besides; by default, an id. */
  readonly other?: string;
}

/** Builds a list of lines in an element. Returns a function that returns the names of those that are ticked. */
export function linePicker(place: JQuery, options: LinePickerOptions): () => string[] {
  const picker = new LinePicker(place, options);
  return () => picker.names;
}

interface Row {
  readonly row: HTMLElement;
  readonly mark: HTMLInputElement;
  readonly dot: HTMLElement;
  /** All that can be searched for, in lower case. */
  readonly words: string;
}

let pickers = 0;

/** Names that the server does not know stay in the list: the user sees them and can untick them. */
class LinePicker {
  readonly #server: JQuery;
  readonly #hasGroups: boolean;
  readonly #hint: string;
  readonly #before: readonly string[];
  readonly #chosen: Set<string>;
  /** Names that have a row, although the server may not know them. */
  readonly #offered: Set<string>;
  readonly #rows = new Map<string, Row>();
  readonly #list: HTMLElement;
  readonly #tools = element('div', 'goip-picker-tools');
  readonly #search: SearchBox;
  readonly #other: JQuery;
  readonly #said = element('div', 'goip-hint');
  #lines: LiveServer['lines'] = new Map();
  #unfollow = (): void => undefined;

  constructor(place: JQuery, { label, server, names, hasGroups = false, hint, other }: LinePickerOptions) {
    this.#server = server;
    this.#hasGroups = hasGroups;
    this.#hint = hint ?? lineText('hint');
    this.#before = names;
    this.#chosen = new Set(names);
    this.#offered = new Set(names);
    this.#list = buildList(label);
    // In its place first, inside the form of the dialog.
    place.append(this.#tools);
    this.#search = new SearchBox(this.#tools, lineText('filter'), () => this.#filter());
    this.#tools.append(
      iconButton('fa-check-square-o', lineText('tick'), () => this.#tickShown(true)),
      iconButton('fa-square-o', lineText('untick'), () => this.#tickShown(false)),
    );
    this.#other = this.#buildOther(other ?? lineText('other'));
    this.#said.setAttribute('role', 'status');
    const add = iconButton('fa-plus', lineText('add'), () => this.#takeOther());
    place.append(this.#list, $('<div class="goip-picker-add"></div>').append(this.#other, add), this.#said);
    $(this.#list).on('keydown', (event) => this.#move(event));
    $(this.#list).on('focusin', 'input', (event) => this.#enterBy($(event.target as HTMLElement)));
    server.on('change', () => {
      this.#draw();
      this.#follow();
    });
    this.#draw();
    this.#follow();
  }

  /** What is chosen: what was chosen before first, in its order. A name that is there twice counts once. */
  get names(): string[] {
    this.#takeOther();
    const kept = this.#before.filter((name) => this.#chosen.has(name));
    return [...kept, ...[...this.#chosen].filter((name) => !kept.includes(name))];
  }

  get #serverId(): string {
    return textIn(this.#server);
  }

  /** Shows who is online as long as the list is in the page, to users who may read. */
  #follow(): void {
    this.#unfollow();
    this.#showStates(new Map());
    if (!RED.user.hasPermission('goip-server.read')) return;
    const show = (server: LiveServer | undefined): void => {
      if (this.#list.isConnected) this.#showStates(server?.lines ?? new Map());
      else this.#unfollow();
    };
    this.#unfollow = follow(this.#serverId, this.#list, show, (refusal) => {
      if (refusal) this.#showStates(new Map());
    });
  }

  #buildOther(placeholder: string): JQuery {
    const attributes = { placeholder, 'aria-label': placeholder, autocomplete: 'off', spellcheck: 'false' };
    const other = $('<input type="text" />').attr(attributes);
    other.on('keydown', (event) => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      this.#takeOther();
    });
    return other;
  }

  #takeOther(): void {
    const name = textIn(this.#other).trim();
    this.#other.val('');
    if (name === '') return;
    this.#chosen.add(name);
    this.#offered.add(name);
    this.#draw();
    this.#rows.get(name)?.row.scrollIntoView({ block: 'nearest' });
  }

  #draw(): void {
    const devices = devicesOf(this.#serverId);
    const groups = this.#hasGroups ? groupsOf(devices) : new Map<string, readonly string[]>();
    const known = new Set([...groups.keys(), ...devices.map(({ id }) => String(id))]);
    this.#rows.clear();
    // First, where they are seen.
    for (const name of new Set([...this.#offered, ...this.#chosen])) {
      if (known.has(name)) continue;
      this.#addRow(name, lineText(isVariable(name) ? 'variable' : 'unknown'), 'goip-picker-unknown');
    }
    for (const [group, ids] of groups) this.#addRow(group, lineText('group-of', { ids: shortList(ids) }));
    for (const device of devices) {
      const off = isDisabled(device) ? serverText('knock-reason.disabled') : '';
      const facts = [trimmed(device.name), groupOf(device), off];
      this.#addRow(String(device.id), facts.filter(Boolean).join(' · '));
    }
    this.#list.replaceChildren(...Array.from(this.#rows.values(), ({ row }) => row));
    this.#tools.hidden = this.#rows.size < MANY;
    this.#filter();
    this.#showStates(this.#lines);
    this.#showChosen();
  }

  #addRow(name: string, hint: string, className = ''): void {
    if (this.#rows.has(name)) return;
    const mark = element('input');
    const dot = createDot();
    const parts = [mark, dot, element('span', '', name), element('span', 'goip-hint', hint)];
    const row = element('label', `goip-check ${className}`.trim(), ...parts);
    mark.type = 'checkbox';
    mark.value = name;
    mark.checked = this.#chosen.has(name);
    mark.addEventListener('change', () => this.#take(name, mark.checked));
    this.#rows.set(name, { row, mark, dot, words: `${name} ${hint}`.toLowerCase() });
  }

  #take(name: string, isTicked: boolean): void {
    if (isTicked) this.#chosen.add(name);
    else this.#chosen.delete(name);
    this.#showChosen();
  }

  #showChosen(): void {
    const isEmpty = this.#rows.size === 0 && RED.nodes.node(this.#serverId) !== null;
    const nothing = isEmpty ? `${lineText('none')} ${this.#hint}` : this.#hint;
    const chosen = [...this.#chosen];
    this.#said.textContent = chosen.length === 0 ? nothing : lineText('ticked', { names: shortList(chosen) });
  }

  /** Shows the rows that have all words. */
  #filter(): void {
    const words = this.#rows.size >= MANY ? this.#search.words : [];
    for (const { row, words: own } of this.#rows.values()) row.hidden = !hasWords(own, words);
    this.#search.showCount(words.length > 0 ? this.#shownMarks().length : undefined, this.#rows.size);
    this.#enterBy(this.#shownMarks().first());
  }

  #shownMarks(): JQuery {
    return $(this.#list).find('label:not([hidden]) > input');
  }

  #tickShown(isTicked: boolean): void {
    for (const [name, { row, mark }] of this.#rows) {
      if (row.hidden) continue;
      mark.checked = isTicked;
      this.#take(name, isTicked);
    }
  }

  /** The list is one stop of the Tab key, however long it is. Within it, the arrow keys move the focus. */
  #move(event: JQuery.KeyDownEvent): void {
    const marks = this.#shownMarks();
    const place = marks.index(event.target as Element);
    const last = marks.length - 1;
    const places: Partial<Record<string, number>> = {
      ...{ ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: last },
    };
    const next = places[event.key];
    if (next === undefined) return;
    event.preventDefault();
    marks.eq(Math.min(Math.max(next, 0), last)).trigger('focus');
  }

  #enterBy(mark: JQuery): void {
    $(this.#list).find('input[tabindex="0"], input:not([tabindex])').attr('tabindex', -1);
    mark.attr('tabindex', 0);
  }

  /** Shows dots if it is known who is online. Then the rows of other names stay in line with them. */
  #showStates(lines: LiveServer['lines']): void {
    this.#lines = lines;
    this.#list.classList.toggle('goip-picker-live', lines.size > 0);
    for (const [name, { dot }] of this.#rows) {
      const isOnline = lines.get(name)?.online;
      showDot(dot, isOnline, lineText(isOnline ? 'online' : 'offline'));
    }
  }
}

function buildList(label: JQuery): HTMLElement {
  const list = element('div', 'goip-picker-list');
  const id = `goip-picker-${(pickers += 1)}`;
  label.attr('id', id);
  list.setAttribute('role', 'group');
  list.setAttribute('aria-labelledby', id);
  return list;
}

/** The first of the names, and how many others there are. */
function shortList(names: readonly string[]): string {
  const others = names.length - MOST_NAMED;
  return names.slice(0, MOST_NAMED).join(', ') + (others > 0 ? ` +${others}` : '');
}
