/** Readable one-line reports of what a gateway does. No password is in them, and no control character gets through. */
import type { GoipSimulator } from './gateway.js';
import type { NotificationOutcome, SimulatorEvents } from './events.js';

type Describe = { readonly [K in keyof SimulatorEvents]?: (details: SimulatorEvents[K][0]) => string | undefined };

/** To report on another event, add a line. Undefined says nothing. */
const REPORTS: Describe = {
  registered: ({ line, port }) => `${plain(line)}  registered, UDP port ${port}`,
  unregistered: ({ line }) => `${plain(line)}  no answer from the server`,
  restarted: ({ line, port }) => `${plain(line)}  restarted, UDP port ${port}`,
  gsm: ({ line, status }) => `${plain(line)}  GSM ${status}`,
  session: ({ line, sendid, change, reason = '' }) => {
    if (change === 'authenticated' || reason === 'done') return undefined;
    return `${plain(line)}  session ${sendid} ${change}${reason === '' ? '' : `: ${plain(reason)}`}`;
  },
  off: ({ line }) => `${plain(line)}  without power`,
  sim: ({ line, blocked }) => `${plain(line)}  SIM ${blocked ? 'blocked' : 'works again'}`,
  air: ({ device, to, text }) => `${plain(device)}  SMS on air to ${plain(to)}: ${quote(text)}`,
  failed: ({ device, to, errorstatus, text }) =>
    `${plain(device)}  SMS to ${plain(to)} failed, errorstatus ${errorstatus}: ${quote(text)}`,
  sms: ({ device, from, text, outcome }) =>
    `${plain(device)}  SMS in from ${plain(from)} ${outcome ? result(outcome) : 'on its way'}: ${quote(text)}`,
  reported: ({ device, to, state, outcome }) =>
    `${plain(device)}  delivery report on ${plain(to)}, state ${state}, ${outcome ? result(outcome) : 'on its way'}`,
  notification: ({ line, verb, outcome }) =>
    verb === 'RECEIVE' || verb === 'DELIVER'
      ? undefined
      : `${plain(line)}  ${plain(verb)} ${plain(outcome.recvid)} ${result(outcome)}`,
  command: ({ line, command, answer }) => `${plain(line)}  ${plain(command)} answered ${quote(answer)}`,
};

/** Writes a line (without a newline) for each event worth it. Call the result to stop. */
export function describeEvents(gateway: GoipSimulator, write: (line: string) => void): () => void {
  const stops = (Object.keys(REPORTS) as (keyof SimulatorEvents)[]).map((name) => report(gateway, name, write));
  return () => stops.forEach((stop) => stop());
}

function report(gateway: GoipSimulator, name: keyof SimulatorEvents, write: (line: string) => void): () => void {
  const describe = REPORTS[name] as ((details: unknown) => string | undefined) | undefined;
  const listener = (details: unknown) => {
    const line = describe?.(details);
    if (line !== undefined) write(line);
  };
  gateway.on(name, listener);
  return () => gateway.off(name, listener);
}

function result({ acked, error = '', copies }: NotificationOutcome): string {
  const datagrams = `${copies} ${copies === 1 ? 'datagram' : 'datagrams'}`;
  if (!acked) return `NOT acked (${plain(error)}, ${datagrams})`;
  return copies === 1 ? 'acked' : `acked after ${datagrams}`;
}

/** Numbers, ids and the like as they are, all else quoted. */
function plain(text: string): string {
  return /^[\w+.*#@ -]+$/.test(text) ? text : quote(text);
}

/** JSON, and also escaped what JSON leaves: DEL, C1 controls, and the marks that turn the direction of writing. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
