/** The flows that are compared in Node-RED. */
import { linesOf, type Line } from './traffic.js';

interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly [property: string]: unknown;
}

/** What goes into a user directory. */
export interface FlowFile {
  readonly flow: readonly FlowNode[];
  readonly credentials: object;
  /** UDP. */
  readonly port: number;
  readonly lines: readonly Line[];
  /** Is the package installed? */
  readonly withPackage: boolean;
}

const TAB: FlowNode = { id: 'tab', type: 'tab', label: 'bench' };

/** What has a place is a node of the flow; without one it would be a config node. */
const PLACE = { x: 100, y: 100 };

/** The id of the node with the list. */
export const server = 'server';

function serverNode(port: number, lines: readonly Line[], storage: 'disk' | 'memory'): FlowNode {
  const devices = lines.map(({ id }) => ({ key: `key-of-${id}`, id, name: '' }));
  return { id: server, type: 'goip-server', host: '127.0.0.1', port: String(port), storage, devices };
}

function credentialsOf(lines: readonly Line[]): object {
  return { [server]: { passwords: Object.fromEntries(lines.map(({ id, password }) => [`key-of-${id}`, password])) } };
}

/** The nodes of the package: SMS and changes of the lines go to a counter each. */
export function packageFlow(port: number, lineCount: number, storage: 'disk' | 'memory'): FlowFile {
  const lines = linesOf(lineCount);
  const flow = [
    TAB,
    serverNode(port, lines, storage),
    { id: 'in', z: 'tab', type: 'goip in', server, devices: [], wires: [['count-sms'], []] },
    { id: 'status', z: 'tab', type: 'goip status', server, devices: [], emit: 'change', wires: [['count-change']] },
    { id: 'send', z: 'tab', type: 'goip send', server, wires: [[], []] },
    counter('count-sms', 'countSms'),
    counter('count-change', 'countChange'),
  ];
  return { flow, credentials: credentialsOf(lines), port, lines, withPackage: true };
}

/**
 * Many lines under few or many nodes. Two nodes are one _goip in_, whose SMS go to a counter, and one _goip status_, whose
 * changes do. Of twelve, four each are _goip in_, _goip send_ and _goip status_: one of them with changes, one for requests, and
 * two that have no wire yet.
 */
export function crowdFlow(port: number, lineCount: number, nodes: 2 | 12): FlowFile {
  const lines = linesOf(lineCount);
  const node = (
    type: string,
    id: string,
    wires: readonly (readonly string[])[],
    properties: object = {},
  ): FlowNode => ({
    // What has a place is a node of the flow; without one it would be a config node.
    ...{ id, z: 'tab', x: 100, y: 100, type, server, devices: [], wires },
    ...properties,
  });
  const times = (count: number, make: (index: number) => FlowNode): FlowNode[] =>
    Array.from({ length: count }, (_, index) => make(index));
  const few = [
    node('goip in', 'in', [['count-sms'], []]),
    node('goip status', 'status', [['count-change']], { emit: 'change' }),
  ];
  const more = [
    ...times(3, (index) => node('goip in', `in-${index}`, [['count-sms'], []])),
    ...times(4, (index) => node('goip send', `send-${index}`, [['count-sms'], []])),
    ...times(2, (index) => node('goip status', `status-${index}`, [[]], { emit: 'change' })),
    node('goip status', 'asked', [['count-answer']], { emit: 'request' }),
    { id: 'trigger', z: 'tab', type: 'bench-trigger', wires: [['asked']] },
    counter('count-answer', 'countAnswer'),
  ];
  const counters = [counter('count-sms', 'countSms'), counter('count-change', 'countChange')];
  const flow = [TAB, serverNode(port, lines, 'memory'), ...few, ...(nodes === 12 ? more : []), ...counters];
  return { flow, credentials: credentialsOf(lines), port, lines, withPackage: true };
}

/** A node of Node-RED that has a list as long as a device list, and does nothing with it. */
export function listFlow(lineCount: number): FlowFile {
  const lines = linesOf(lineCount);
  const { devices } = serverNode(0, lines, 'memory');
  const flow = [TAB, { id: server, z: 'tab', ...PLACE, type: 'comment', devices, wires: [] }];
  return { flow, credentials: {}, port: 0, lines: [], withPackage: true };
}

/** One _goip send_ whose results are counted, and the steps of its numbers, too, if output 2 is wired. */
export function numbersFlow(port: number, lineCount: number, isWired: boolean): FlowFile {
  const lines = linesOf(lineCount);
  const flow = [
    TAB,
    serverNode(port, lines, 'disk'),
    { id: 'trigger', z: 'tab', ...PLACE, type: 'bench-trigger', wires: [['send']] },
    {
      id: 'send',
      z: 'tab',
      ...PLACE,
      type: 'goip send',
      server,
      wires: [['count-result'], isWired ? ['count-step'] : []],
    },
    counter('count-result', 'countResult'),
    { id: 'catch', z: 'tab', ...PLACE, type: 'catch', scope: ['send'], wires: [['count-refused']] },
    counter('count-step', 'countStep'),
    counter('count-refused', 'countRefused'),
  ];
  return { flow, credentials: credentialsOf(lines), port, lines, withPackage: true };
}

/** The same from the nodes that Node-RED has: udp in, one function that knows the protocol, udp out, and a counter. */
export function handBuiltFlow(port: number, lineCount: number): FlowFile {
  const flow = [
    TAB,
    {
      id: 'in',
      z: 'tab',
      type: 'udp in',
      iface: '',
      port: String(port),
      ipv: 'udp4',
      multicast: 'false',
      group: '',
      datatype: 'utf8',
      wires: [['goip']],
    },
    { id: 'goip', z: 'tab', type: 'function', outputs: 2, func: GOIP_FUNCTION, wires: [['out'], ['count-sms']] },
    {
      id: 'out',
      z: 'tab',
      type: 'udp out',
      addr: '',
      iface: '',
      port: '',
      ipv: 'udp4',
      // From the socket of udp in.
      outport: String(port),
      base64: false,
      multicast: 'false',
      wires: [],
    },
    counter('count-sms', 'countSms'),
  ];
  return { flow, credentials: {}, port, lines: linesOf(lineCount), withPackage: false };
}

/** A function in the global context of the settings. */
type Count = 'countSms' | 'countChange' | 'countAnswer' | 'countResult' | 'countStep' | 'countRefused';

function counter(id: string, count: Count): FlowNode {
  return { id, z: 'tab', type: 'bench-counter', count, wires: [] };
}

/** As somebody writes it who has read the protocol; it knows no copies and keeps nothing. */
const GOIP_FUNCTION = `
const passwords = global.get('passwords');
const text = msg.payload;
const end = text.startsWith('RECEIVE:') ? text.indexOf(';msg:') : text.length;
const fields = {};
for (const pair of text.slice(0, end).split(';')) {
  const colon = pair.indexOf(':');
  if (colon > 0) fields[pair.slice(0, colon)] = pair.slice(colon + 1);
}
const password = fields.pass ?? fields.password;
if (password === undefined || passwords[fields.id] !== password) return;
if (fields.req !== undefined) {
  msg.payload = \`reg:\${fields.req};status:0;\`;
  return [msg, null];
}
if (fields.RECEIVE !== undefined) {
  const sms = {
    payload: text.slice(end + 5),
    topic: fields.id,
    from: fields.srcnum,
    goip: { event: 'sms', device: fields.id, from: fields.srcnum, recvid: fields.RECEIVE, receivedAt: new Date().toISOString() },
  };
  msg.payload = \`RECEIVE \${fields.RECEIVE} OK\\n\`;
  return [msg, sms];
}
`;
