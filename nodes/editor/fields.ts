/** Text fields of a row, and the names of lines and groups that are suggested while a user types into one. */
import { groupsOf, lineText, type Device } from './devices.js';
import { textIn } from './forms.js';
import type { EditorNode, Suggestion } from './red.js';
import { listOf, textOf } from './values.js';

export interface Field {
  readonly input: JQuery;
  /** What the flow gets: the original if the user has not touched it. */
  value(): unknown;
}

/** An empty text field of a row: `name` of `devices` or `routes` in the catalogue. */
export function buildInput(node: EditorNode, list: 'device' | 'route', name: string): JQuery {
  return $('<input type="text" autocomplete="off" spellcheck="false" />')
    .addClass(`goip-${list}-${name}`)
    .attr({
      placeholder: node._(`goip-server.placeholder.${name}`),
      'aria-label': node._(`goip-server.${list}s.${name}`),
    });
}

/** An input with what it is for. A list that was written by hand is shown as one text. */
export function fieldOf(input: JQuery, original: unknown): Field {
  const texts = listOf(original).map((text) => textOf(text).replace(/\s*\n\s*/g, ', '));
  input.val(texts.join(', '));
  const shown = textIn(input);
  return { input, value: () => (textIn(input) === shown ? original : textIn(input).trim() || undefined) };
}

export function buildField(node: EditorNode, list: 'device' | 'route', name: string, original: unknown): Field {
  return fieldOf(buildInput(node, list, name), original);
}

/** Suggests names while a user types. */
export function suggestFor(input: JQuery, search: (text: string) => readonly Suggestion[]): void {
  input.autoComplete({ search, minLength: 0 });
}

/** Suggests lines and groups for the last of several names with commas between them. */
export function suggestNextLine(text: string, devices: readonly Device[]): Suggestion[] {
  const [, before = '', typed = ''] = /^(.*[,;]\s*)?(.*)$/.exec(text) ?? [];
  const found = suggestions(typed, [...groupEntries(devices), ...deviceEntries(devices)]);
  return found.map(({ value, label }) => ({ value: before + value, label }));
}

/** Suggests groups. A group is made by its name: a new name stays as it is typed. */
export function suggestGroups(text: string, devices: readonly Device[]): Suggestion[] {
  const typed = text.trim();
  const isNew = typed !== '' && !groupsOf(devices).has(typed);
  const entry: Entry = [typed, lineText('new-group', { group: typed })];
  return suggestions(text, [...(isNew ? [entry] : []), ...groupEntries(devices)]);
}

/** A name, and what is shown for it. */
type Entry = readonly [name: string, label: string];

const deviceEntries = (devices: readonly Device[]): Entry[] =>
  devices.map(({ id, name }) => [textOf(id), name && name !== id ? `${textOf(id)} (${textOf(name)})` : textOf(id)]);

const groupEntries = (devices: readonly Device[]): Entry[] =>
  Array.from(groupsOf(devices), ([group, ids]) => {
    const shown = ids.length > 4 ? [...ids.slice(0, 3), '…'] : ids;
    return [group, lineText('group', { group, ids: shown.join(', ') })];
  });

/** The entries that contain the text; the Tab key takes the first one. */
function suggestions(text: string, entries: readonly Entry[]): Suggestion[] {
  const typed = text.trim();
  const fitting = entries.filter(([name]) => name.toLowerCase().includes(typed.toLowerCase()));
  const others = fitting.filter(([name]) => name !== typed);
  if (others.length === 0) return [];
  const exact = fitting.filter(([name]) => name === typed);
  return [...exact, ...others].map(([value, label]) => ({ value, label: $('<span></span>').text(label) }));
}
