import { describeLines } from '../editor/devices.js';
import { rememberInputs } from '../editor/forms.js';
import type { EditorNode, Property } from '../editor/red.js';
import { namesIn } from '../editor/values.js';
import { INPUTS, type GoipSendProperties, type Input } from './def.js';
import { buildDevice, buildSimpleInputs, buildText } from './inputs.js';
import { namesOf, validateDevice, validatorOf } from './problems.js';

type Node = EditorNode & GoipSendProperties;

/** Settings that older flows do not have. */
const LATER_SETTINGS: readonly Input[] = ['priority', 'maxParts', 'waitForReport', 'expire'];

/** `Office`, `any line`, `msg.line`, … */
function describeDevice(node: Node): string {
  const { device = '', deviceType = 'str' } = node;
  const names = namesOf(node);
  if (names) return describeLines(node.server, names, 'any');
  const isPath = ['msg', 'flow', 'global'].includes(deviceType);
  return isPath ? `${deviceType}.${device}` : RED._('typedInput.type.' + deviceType);
}

/** Numbers that are always the same are what users want to see at once. */
function describeNumbers({ to, toType }: Node): string {
  const [first = '', ...others] = toType === 'str' ? namesIn(to) : [];
  return others.length === 0 ? first : `${first} +${others.length}`;
}

const input = (name: Input): Property<Node, unknown> => ({ value: INPUTS[name], validate: validatorOf(name) });
const fromMessage = { value: 'msg' };

let textOf: ReturnType<typeof buildText>;
let deviceOf: ReturnType<typeof buildDevice>;
let leaveUntouched: () => void;

RED.nodes.registerType<GoipSendProperties>('goip send', {
  category: 'GoIP',
  color: '#7FBFB3',
  defaults: {
    name: { value: '' },
    server: {
      value: '',
      type: 'goip-server',
      required: true,
      label: RED._('@goip-sms/node-red-goip/goip-send:goip-send.label.server'),
    },
    text: input('text'),
    textType: fromMessage,
    device: { value: '', validate: validateDevice },
    deviceType: { value: 'str' },
    to: input('to'),
    toType: fromMessage,
    priority: input('priority'),
    priorityType: fromMessage,
    expire: input('expire'),
    expireType: fromMessage,
    maxParts: input('maxParts'),
    maxPartsType: fromMessage,
    waitForReport: input('waitForReport'),
    waitForReportType: fromMessage,
    jobId: input('jobId'),
    jobIdType: fromMessage,
    version: { value: 1 },
  },
  inputs: 1,
  outputs: 2,
  inputLabels() {
    return this._('goip-send.input');
  },
  outputLabels(index) {
    return this._(index === 0 ? 'goip-send.output.result' : 'goip-send.output.status');
  },
  icon: 'goip-send.svg',
  paletteLabel() {
    return this._('goip-send.type');
  },
  label() {
    const lines = [describeNumbers(this), describeDevice(this)].filter(Boolean).join(' · ');
    return this.name || this._('goip-send.via', { lines });
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    buildSimpleInputs(this);
    textOf = buildText(this);
    deviceOf = buildDevice(this);
    const inputsOf = (name: Input): JQuery => $(`#node-input-${name}, #node-input-${name}Type`);
    leaveUntouched = rememberInputs(LATER_SETTINGS.map(inputsOf));
  },
  oneditsave() {
    Object.assign(this, textOf(), deviceOf());
    leaveUntouched();
  },
});
