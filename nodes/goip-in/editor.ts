import { describeLines } from '../editor/devices.js';
import { element } from '../editor/elements.js';
import { DEFAULT_EVENT_KINDS, EVENT_GROUPS, EVENT_KINDS, eventKindsOf } from '../editor/events.js';
import { linePicker } from '../editor/line-picker.js';
import type { EditorNode } from '../editor/red.js';
import type { GoipInProperties } from './def.js';

const KINDS: ReadonlySet<string> = new Set(EVENT_KINDS);

const eventsOf = ({ events }: GoipInProperties): string[] => [events ?? DEFAULT_EVENT_KINDS].flat();

const devicesOf = ({ devices }: GoipInProperties): string[] => [devices ?? []].flat();

function buildEventList(node: EditorNode & GoipInProperties): void {
  const chosen = eventsOf(node);
  // Kinds of a newer version, and typing errors, stay in the list.
  const unknown = chosen.filter((kind) => !KINDS.has(kind));
  for (const group of EVENT_GROUPS) {
    const title = element('div', 'goip-events-title', node._('goip-in.events.' + group));
    const kinds = group === 'others' ? [...eventKindsOf(group), ...unknown] : eventKindsOf(group);
    const marks = kinds.map((kind) => buildMark(node, kind, chosen.includes(kind)));
    $('#goip-in-events').append(element('div', 'goip-events-group', title, ...marks));
  }
}

function buildMark(node: EditorNode, kind: string, isChosen: boolean): HTMLElement {
  const mark = element('input');
  Object.assign(mark, { type: 'checkbox', value: kind, checked: isChosen });
  const meaning = KINDS.has(kind) ? node._('goip-in.event.' + kind) : '';
  return element('label', 'goip-check', mark, element('span', '', kind), element('span', 'goip-hint', meaning));
}

/** The events in the order that they had, if the user has changed none. */
function chosenEvents(node: GoipInProperties): string[] {
  const before = eventsOf(node);
  const ticked = $<HTMLInputElement>('#goip-in-events input:checked')
    .get()
    .map((mark) => mark.value);
  const isSame = ticked.length === new Set(before).size && ticked.every((kind) => before.includes(kind));
  return isSame ? before : ticked;
}

let chosenDevices: () => string[];

RED.nodes.registerType<GoipInProperties>('goip in', {
  category: 'GoIP',
  color: '#7FBFB3',
  defaults: {
    name: { value: '' },
    server: {
      value: '',
      type: 'goip-server',
      required: true,
      label: RED._('@goip-sms/node-red-goip/goip-in:goip-in.label.server'),
    },
    devices: { value: [] },
    events: { value: [...DEFAULT_EVENT_KINDS] },
    version: { value: 1 },
  },
  inputs: 0,
  outputs: 2,
  outputLabels(index) {
    if (index === 0) return this._('goip-in.output.sms');
    const kinds = eventsOf(this).join(', ') || this._('goip-in.output.no-event');
    return `${this._('goip-in.output.event')}: ${kinds}`;
  },
  icon: 'goip-in.svg',
  paletteLabel() {
    return this._('goip-in.type');
  },
  label() {
    return this.name || this._('goip-in.from', { lines: describeLines(this.server, devicesOf(this), 'any') });
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    chosenDevices = linePicker($('#goip-in-devices'), {
      label: $('#goip-in-devices-label'),
      server: $('#node-input-server'),
      names: devicesOf(this),
    });
    buildEventList(this);
  },
  oneditsave() {
    this.devices = chosenDevices();
    this.events = chosenEvents(this);
  },
});
