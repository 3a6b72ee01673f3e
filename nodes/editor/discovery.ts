/** What the server's dialog shows of the running server: how the lines in the table are, and which sources it rejects. */
import type { DeviceTable } from './device-table.js';
import { arrange, element, setText } from './elements.js';
import { follow, type LiveServer, type Refusal } from './live.js';
import type { TextValues } from './red.js';
import { timeOf } from './times.js';

type Rejection = LiveServer['rejected'][number];
type Action = 'add' | 'password' | 'enable' | 'show';

/** Reasons other than a pause, with what the user can do about them here. */
const ACTIONS: Partial<Record<Rejection['reason'], Exclude<Action, 'show'>>> = {
  'unknown id': 'add',
  'wrong password': 'password',
  disabled: 'enable',
};

interface Item {
  readonly row: HTMLElement;
  readonly cells: readonly HTMLElement[];
  readonly button: HTMLButtonElement;
}

export class Discovery {
  /** Stops following the server. */
  readonly stop: () => void;
  readonly #table: DeviceTable;
  readonly #hint = element('div', 'goip-hint');
  readonly #body = element('tbody');
  readonly #list = element('table', 'goip-knocks');
  #items = new Map<string, Item>();
  #server: LiveServer | undefined;
  #isReported = false;
  #refusal: Refusal | undefined;

  constructor(table: DeviceTable, box: HTMLElement) {
    this.#table = table;
    this.#hint.setAttribute('role', 'status');
    const titles = ['id', 'address', 'seen', 'count', 'reason'].map((name) => {
      const title = element('th', '', this.#text(name));
      title.scope = 'col';
      return title;
    });
    this.#list.setAttribute('aria-label', this.#text('title'));
    this.#list.append(element('thead', '', element('tr', '', ...titles, element('td'))), this.#body);
    this.#list.hidden = true;
    box.append(this.#hint, this.#list);
    table.onChanged = () => this.#draw();
    this.#draw();
    this.stop = follow(
      table.node.id,
      box,
      (server) => this.#show(server),
      (refusal) => {
        if (this.#refusal === refusal) return;
        this.#refusal = refusal;
        this.#draw();
      },
    );
  }

  #text(key: string, values?: TextValues): string {
    return this.#table.text('knocks.' + key, values);
  }

  #show(server: LiveServer | undefined): void {
    this.#server = server;
    this.#isReported = true;
    for (const row of this.#table.rows()) row.showLine(server?.lines.get(String(row.given.id)));
    this.#draw();
  }

  /** Shows the rejected sources, and keeps the rows that stay: the focus may be in one. */
  #draw(): void {
    const rejections = this.#server ? rejectionsOf(this.#server) : new Map<string, Rejection>();
    const items = new Map<string, Item>();
    for (const [key, rejection] of rejections) {
      const item = this.#items.get(key) ?? buildItem();
      this.#fill(item, rejection);
      items.set(key, item);
    }
    this.#items = items;
    arrange(
      this.#body,
      Array.from(items.values(), ({ row }) => row),
    );
    this.#list.hidden = items.size === 0;
    setText(this.#hint, this.#text(this.#refusal ?? this.#state(items.size)));
  }

  #state(count: number): string {
    if (!this.#isReported) return 'waiting';
    if (!this.#server) return 'undeployed';
    return count === 0 ? 'none' : 'hint';
  }

  #fill({ cells, button }: Item, { id, address, lastSeen, count, reason }: Rejection): void {
    const why = this.#table.text('knock-reason.' + reason.replaceAll(' ', '-'));
    const texts = [shownId(id) || this.#text('no-id'), address, timeOf(lastSeen), String(count), why];
    for (const [index, cell] of cells.entries()) setText(cell, texts[index] ?? '');
    const action = id === '' ? undefined : this.#actionFor(id, reason);
    button.hidden = action === undefined;
    if (!action) return;
    setText(button, this.#text('do-' + action));
    button.setAttribute('aria-label', this.#text(`do-${action}-id`, { id: shownId(id) }));
    button.onclick = () => {
      const now = this.#actionFor(id, reason);
      if (now) this.#act(now, id);
    };
  }

  /** What the user can do about it, as the table is now. */
  #actionFor(id: string, reason: Rejection['reason']): Action | undefined {
    const action = ACTIONS[reason];
    const row = this.#table.find(id);
    if (!action || !row) return action && 'add';
    if (action === 'enable') return row.isEnabled ? 'show' : 'enable';
    return action === 'add' ? 'show' : action;
  }

  #act(action: Action, id: string): void {
    if (action === 'add') this.#table.addAll([{ given: { id }, own: false }]);
    const row = this.#table.find(id);
    if (!row) return;
    if (action === 'enable') row.enable();
    if (action === 'password') row.keepPassword();
    this.#table.show(row, action === 'password' || action === 'add' ? 'password' : 'id');
    this.#draw();
  }
}

function buildItem(): Item {
  const cells = Array.from({ length: 5 }, () => element('td'));
  const button = element('button', 'red-ui-button red-ui-button-small');
  button.type = 'button';
  return { cells, button, row: element('tr', '', ...cells, element('td', '', button)) };
}

/** Blanks at the ends of an id cannot be seen without quotation marks. */
const shownId = (id: string): string => (id === id.trim() ? id : JSON.stringify(id));

/** One entry for each id and address, those seen last first. The reason for a pause is shown instead of the pause. */
function rejectionsOf({ rejected, lines }: LiveServer): ReadonlyMap<string, Rejection> {
  const found = new Map<string, Rejection>();
  for (const rejection of rejected) {
    const { id, address, reason, lastSeen, count } = rejection;
    const line = lines.get(id);
    // The server has accepted it since then.
    if (line?.online && line.since !== null && line.since > lastSeen) continue;
    const key = JSON.stringify([id, address]);
    const known = found.get(key);
    if (!known) found.set(key, rejection);
    else {
      const worst = known.reason === 'paused' ? reason : known.reason;
      found.set(key, { ...known, reason: worst, count: known.count + count });
    }
  }
  return found;
}
