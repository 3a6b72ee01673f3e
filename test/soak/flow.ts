/** What runs in the killed process: a flow that tells all that it sees to a file, one JSON line per message. */
import type { FlowNode } from '../packaging/node-red-process.js';

/** Of devices that exist only in the test. */
export const PASSWORD = 'password-of-the-soak';

/** Real times by 20: a device takes 0.15 s for an SMS, and what follows from that is shortened alike. */
export const SCALED = {
  lineTime: 0.15,
  resendInterval: 0.25,
  queryInterval: 0.15,
  /** Of RECEIVE. Devices are given more copies than real ones, so that an SMS outlasts a restart of Node-RED. */
  deviceResendInterval: 0.15,
  deviceResendCount: 30,
  /** Less than a twentieth, so that lines are back at once after a restart. */
  keepaliveInterval: 0.2,
  offlineAfter: 2,
} as const;

/** Also the name of the folder of its journal. */
export const SERVER_ID = 'server';

export const CREDENTIALS = { [SERVER_ID]: { password: PASSWORD } };

export type SoakFlow = readonly FlowNode[];

/**
 * In: POST /order and GET /jobs. Out: the story.
 * @param settings of the server, instead of the scaled ones
 */
export function makeFlow(port: number, devices: readonly object[], settings: object = {}): FlowNode[] {
  const z = 'tab';
  const { resendInterval, queryInterval, offlineAfter } = SCALED;
  const times = { resendInterval, queryInterval, offlineAfter };
  const tell = (id: string, fact: string): FlowNode => {
    return { id, z, type: 'function', func: `global.get('tell')(${fact});`, outputs: 0, wires: [] };
  };
  return [
    { id: 'tab', type: 'tab', label: 'soak' },
    {
      id: SERVER_ID,
      type: 'goip-server',
      version: 2,
      host: '127.0.0.1',
      port: String(port),
      devices,
      ...times,
      ...settings,
    },

    { id: 'in', z, type: 'goip in', server: SERVER_ID, wires: [['tell-sms'], []] },
    tell('tell-sms', `{ ...msg.goip, kind: 'sms', text: msg.payload }`),

    { id: 'post-order', z, type: 'http in', url: '/order', method: 'post', wires: [['take-order']] },
    {
      id: 'take-order',
      z,
      type: 'function',
      outputs: 2,
      func: `global.get('tell')({ kind: 'asked', tag: msg.payload.tag }); return [msg.payload, { ...msg, payload: '' }];`,
      wires: [['send'], ['answer']],
    },
    { id: 'send', z, type: 'goip send', server: SERVER_ID, wires: [['tell-result'], ['tell-status']] },
    tell('tell-result', `{ kind: 'result', tag: msg.tag, redelivered: msg.goip?.redelivered, result: msg.payload }`),
    tell('tell-status', `{ kind: 'status', tag: msg.tag, to: msg.payload.to, state: msg.payload.state }`),
    { id: 'catch', z, type: 'catch', scope: null, wires: [['tell-error']] },
    tell('tell-error', `{ kind: 'error', tag: msg.tag, code: msg.error.code, message: msg.error.message }`),

    { id: 'get-jobs', z, type: 'http in', url: '/jobs', method: 'get', wires: [['status']] },
    { id: 'status', z, type: 'goip status', server: SERVER_ID, emit: 'request', wires: [['show-jobs']] },
    {
      id: 'show-jobs',
      z,
      type: 'function',
      outputs: 1,
      func: `msg.payload = msg.jobs; return msg;`,
      wires: [['answer']],
    },
    { id: 'answer', z, type: 'http response', wires: [] },
  ];
}

/** Nothing that takes time at the start: no editor, and only the nodes of the flow. */
const SETTINGS = {
  uiHost: '127.0.0.1',
  flowFile: 'flows.json',
  credentialSecret: false,
  telemetry: { enabled: false, updateNotification: false },
  nodesExcludes: [
    ...[
      '05-junction.js',
      '20-inject.js',
      '21-debug.js',
      '24-complete.js',
      '25-status.js',
      '60-link.js',
      '90-comment.js',
    ],
    ...['91-global-config.js', '98-unknown.js', '10-switch.js', '15-change.js', '16-range.js', '80-template.js'],
    ...['89-delay.js', '89-trigger.js', '90-exec.js', 'rbe.js', '05-tls.js', '06-httpproxy.js', '10-mqtt.js'],
    ...['21-httprequest.js', '22-websocket.js', '31-tcpin.js', '32-udp.js', '70-CSV.js', '70-HTML.js', '70-JSON.js'],
    ...['70-XML.js', '70-YAML.js', '17-split.js', '18-sort.js', '19-batch.js', '10-file.js', '23-watch.js'],
  ],
  logging: { console: { level: 'info', metrics: false, audit: false } },
};

/**
 * Makes the settings file. `tell` has written before it returns: what a flow has told is with the system, whatever becomes of the
 * process. Its times are true, also if the clock is set. An orphan ends by itself.
 */
export const settingsFile = (hasAdminApi: boolean): string => `
const fs = require('node:fs');
const story = fs.openSync(process.env.SOAK_STORY, 'a');
const life = Number(process.env.SOAK_LIFE);
const parent = Number(process.env.SOAK_PARENT);
setInterval(() => process.ppid !== parent && process.exit(1), 500).unref();
module.exports = {
  ...${JSON.stringify(SETTINGS)},
  ${hasAdminApi ? "httpAdminRoot: '/admin', disableEditor: true" : 'httpAdminRoot: false'},
  functionGlobalContext: {
    tell(fact) {
      fs.writeSync(story, JSON.stringify({ ...fact, life, at: Math.round(performance.timeOrigin + performance.now()) }) + '\\n');
    },
  },
};
`;
