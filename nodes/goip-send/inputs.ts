/** The TypedInputs of the dialog, and the fields below them in which long values are entered. */
import { linePicker } from '../editor/line-picker.js';
import { textIn } from '../editor/forms.js';
import type { EditorNode, InputType } from '../editor/red.js';
import { PRIORITIES, segmentsOf, septetsOf } from '../editor/texts.js';
import { isVariable } from '../editor/values.js';
import { INPUTS, type GoipSendProperties, type Input } from './def.js';
import { describeTextProblem, isTemplate, namesOf, problemOf } from './problems.js';

type Node = EditorNode & GoipSendProperties;

const OTHER_TYPES = ['env', 'flow', 'global', 'jsonata'] as const;

/** Characters of a text that are named as the reason for its encoding. */
const MOST_NAMED = 5;

/** The inputs that are one line, each with the type of a value that the node has itself. */
const SIMPLE_INPUTS: readonly (readonly [Input, (node: Node, input: Input) => InputType | string])[] = [
  ['to', (node, input) => typeLike('str', 'az', checked(node, input, 'str'))],
  ['priority', priorityType],
  ['expire', numberType],
  ['maxParts', numberType],
  ['waitForReport', numberType],
  ['jobId', () => 'str'],
];

export function buildSimpleInputs(node: Node): void {
  for (const [input, ownType] of SIMPLE_INPUTS) {
    const element = $(`#node-input-${input}`);
    if (node[input] === undefined) element.val(INPUTS[input]);
    element.typedInput({
      default: node[`${input}Type`] ?? 'msg',
      types: ['msg', ownType(node, input), ...OTHER_TYPES],
      typeField: `#node-input-${input}Type`,
    });
  }
}

/** Builds the input for the text. Returns a function that returns what the flow gets. */
export function buildText(node: Node): () => Pick<GoipSendProperties, 'text' | 'textType'> {
  const { text = INPUTS.text, textType = 'msg' } = node;
  const area = $('#goip-send-lines');
  // A TypedInput is one line, and would drop the line breaks of a text.
  const own = typeLike('str', 'az', { hasValue: false });
  const input = buildWithField('text', { value: text, type: textType, own, field: $('#goip-send-own-text') });
  if (input.isOwn()) area.val(text);
  const show = (): void => showLength(node, area);
  area.on('input', show);
  // The events that a TypedInput passes on.
  $('#node-input-maxParts').on('change keyup', show);
  show();
  return () => ({ text: input.isOwn() ? textIn(area) : input.value(), textType: input.type() });
}

/** Builds the input for lines and groups. Returns a function that returns what the flow gets. */
export function buildDevice(node: Node): () => Pick<GoipSendProperties, 'device' | 'deviceType'> {
  const { device = '', deviceType = 'str' } = node;
  const names = namesOf(node);
  const type = deviceType === 'json' && names ? 'str' : deviceType;
  const own = { value: 'str', label: node._('goip-send.label.lines'), icon: 'fa fa-mobile', hasValue: false };
  const field = $('#goip-send-own-device');
  const input = buildWithField('device', { value: device, type, own, field });
  const picked = linePicker(field, {
    label: $('label[for="goip-send-device"]'),
    server: $('#node-input-server'),
    names: names ?? [],
    hasGroups: true,
    hint: node._('goip-send.hint.lines'),
    other: node._('goip-send.placeholder.device'),
  });
  return () => {
    const others = { device: input.value(), deviceType: input.type() };
    if (!input.isOwn()) return others;
    const now = picked();
    // They may have been written in another way by hand.
    if (names && JSON.stringify(now) === JSON.stringify(names)) return { device, deviceType };
    const isSeveral = now.length > 1;
    return { device: isSeveral ? JSON.stringify(now) : (now[0] ?? ''), deviceType: isSeveral ? 'json' : 'str' };
  };
}

/** A TypedInput as it is in the dialog. Its own value is entered in the field below it. */
interface InputWithField {
  isOwn(): boolean;
  type(): string;
  value(): string;
}

/** Builds a TypedInput whose own values are entered in a field below it. */
function buildWithField(
  input: Input,
  { value, type, own, field }: { value: string | number; type: string; own: InputType; field: JQuery },
): InputWithField {
  const element = $(`#goip-send-${input}`);
  const isOwn = (): boolean => element.typedInput('type') === 'str';
  const others = type === 'json' ? ['json'] : [];
  element.typedInput({ default: type, types: ['msg', own, ...OTHER_TYPES, ...others] });
  element.on('change', () => field.toggle(isOwn()));
  element.typedInput('type', type);
  if (!isOwn()) element.typedInput('value', String(value));
  field.toggle(isOwn());
  return { isOwn, type: () => element.typedInput('type'), value: () => element.typedInput('value') };
}

/** Shows how long the text is, and what is wrong with it. */
function showLength(node: Node, area: JQuery): void {
  const text = textIn(area);
  const limits = { maxParts: textIn($('#node-input-maxParts')), maxPartsType: textIn($('#node-input-maxPartsType')) };
  const problem = describeTextProblem(node, text, limits);
  area.toggleClass('input-error', problem !== undefined);
  $('#goip-send-length')
    .text(lengthOf(node, text))
    .append($('<div class="goip-row-problem"></div>').text(problem ?? ''));
}

function lengthOf(node: Node, text: string): string {
  if (text === '' || isVariable(text)) return '';
  if (isTemplate(text)) return node._('goip-send.length.open');
  const characters = Array.from(text);
  const { parts, encoding } = segmentsOf(text);
  const length = node._('goip-send.length.count', { characters: characters.length, parts, encoding });
  const others = [...new Set(characters)].filter((character) => septetsOf(character) === undefined);
  if (others.length === 0) return length;
  const named = others.length > MOST_NAMED ? [...others.slice(0, MOST_NAMED), '…'] : others;
  return `${length} (${node._('goip-send.length.because', { characters: named.join(' ') })})`;
}

/** A type of TypedInputs as Node-RED has it, with something of its own. */
function typeLike(type: 'str' | 'num', icon: string, extra: Partial<InputType>): InputType {
  return {
    value: type,
    label: RED._('typedInput.type.' + type),
    icon: `red/images/typedInput/${icon}.svg`,
    ...extra,
  };
}

/** Node-RED shows what is wrong with an input only if its type has a validator. */
function checked(node: Node, input: Input, type: 'str' | 'num'): Pick<InputType, 'validate'> {
  return { validate: (value) => problemOf(node, input, value, type) ?? true };
}

function numberType(node: Node, input: Input): InputType {
  return typeLike('num', '09', checked(node, input, 'num'));
}

/** A type of its own to choose from. A value that was written into the flow by hand can still be chosen. */
function priorityType(node: Node): InputType {
  const choices = PRIORITIES.map((value) => ({ value, label: node._('goip-send.priority.' + value) }));
  const written = node.priorityType === 'str' ? String(node.priority) : undefined;
  const isOffered = written === undefined || choices.some(({ value }) => value === written);
  const byHand = isOffered ? [] : [{ value: written, label: written }];
  return {
    value: 'str',
    label: node._('goip-send.label.priority'),
    icon: 'fa fa-sort-amount-desc',
    default: 'normal',
    options: [...choices, ...byHand],
  };
}
