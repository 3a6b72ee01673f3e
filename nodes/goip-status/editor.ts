import { describeLines } from '../editor/devices.js';
import { keepOption } from '../editor/forms.js';
import { linePicker } from '../editor/line-picker.js';
import { EMITS, type GoipStatusProperties } from './def.js';

const DEFAULT_EMIT = 'change';

const devicesOf = ({ devices }: GoipStatusProperties): string[] => [devices ?? []].flat();

let chosenDevices: () => string[];

RED.nodes.registerType<GoipStatusProperties>('goip status', {
  category: 'GoIP',
  color: '#7FBFB3',
  defaults: {
    name: { value: '' },
    server: {
      value: '',
      type: 'goip-server',
      required: true,
      label: RED._('@goip-sms/node-red-goip/goip-status:goip-status.label.server'),
    },
    devices: { value: [] },
    emit: { value: DEFAULT_EMIT },
    version: { value: 1 },
  },
  inputs: 1,
  outputs: 1,
  inputLabels() {
    return this._('goip-status.input');
  },
  outputLabels() {
    const emit = EMITS.find((one) => one === this.emit);
    const when = emit ? `, ${this._('goip-status.emit.' + emit)}` : '';
    return this._('goip-status.output') + when;
  },
  icon: 'goip-status.svg',
  paletteLabel() {
    return this._('goip-status.type');
  },
  label() {
    return this.name || this._('goip-status.of', { lines: describeLines(this.server, devicesOf(this), 'all') });
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    const emit = $('#node-input-emit');
    if (this.emit === undefined) emit.val(DEFAULT_EMIT);
    keepOption(emit, this.emit);
    chosenDevices = linePicker($('#goip-status-devices'), {
      label: $('#goip-status-devices-label'),
      server: $('#node-input-server'),
      names: devicesOf(this),
    });
  },
  oneditsave() {
    this.devices = chosenDevices();
  },
});
