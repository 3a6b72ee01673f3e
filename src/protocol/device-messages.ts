/** Everything that a device sends. */
import { splitFirstWord } from './blanks.js';
import { codecsBy, malformed, splitVerb, toText, type Codec, type Malformed, type MessageOf } from './codec.js';
import { COMMAND_REPLIES } from './commands.js';
import { keepalive } from './keepalive.js';
import {
  NOTIFICATIONS,
  readOtherNotification,
  writeOtherNotification,
  type OtherNotification,
} from './notifications.js';
import { id, optionalInteger, readId, words } from './words.js';

/**
 * `ERROR $id $message`: to MSG, PASSWORD, SEND and to commands. `message` is what stands on the wire, the other
 * properties are read from it.
 */
export interface ErrorReply {
  readonly kind: 'ERROR';
  /** The `$sendid` of a session or the id of a command. */
  readonly id: number;
  readonly message: string;
  readonly reason: 'errorstatus' | 'PASSWORD' | 'SENDID' | 'GSM_LOGOUT' | 'too_many_sends' | 'other';
  /** The number that it is about; null where it is about the whole session. */
  readonly telid: number | null;
  /** The device's error number (usually 1; looks like a +CMS ERROR). */
  readonly errorstatus: number | null;
}

export function errorReply(errorId: number, message: string): ErrorReply {
  const { word, rest } = splitFirstWord(message);
  const telid = rest === '' ? null : (readId(word) ?? null);
  const words = telid === null ? message : rest;
  const status = /^errorstatus\b[:\s]*(-?\d{1,9})?/i.exec(words);
  return {
    kind: 'ERROR',
    id: errorId,
    message,
    // About a whole session, a device may add words of its own: `PASSWORD wrong`.
    reason: status && telid !== null ? 'errorstatus' : reasonOf(telid === null ? word : words),
    telid,
    errorstatus: status?.[1] === undefined ? null : Number(status[1]),
  };
}

function reasonOf(words: string): ErrorReply['reason'] {
  const reason = words.toUpperCase();
  if (reason === 'PASSWORD' || reason === 'SENDID' || reason === 'GSM_LOGOUT') return reason;
  return reason.startsWith('TOO_MANY_SENDS') ? 'too_many_sends' : 'other';
}

const error: Codec<ErrorReply> = {
  read(body) {
    const { word, rest } = splitFirstWord(body);
    const errorId = readId(word);
    return errorId === undefined ? malformed('missing number', 'ERROR') : errorReply(errorId, rest);
  },
  write: (message) => `ERROR ${message.id} ${message.message}\n`,
};

/** Replies within a bulk session (protocol §4). */
const SESSION_REPLIES = {
  'PASSWORD ': words('PASSWORD', { sendid: id }),
  'SEND ': words('SEND', { sendid: id }),
  'OK ': words('OK', { sendid: id, telid: id, smsNo: optionalInteger }),
  'WAIT ': words('WAIT', { sendid: id, telid: id }),
  'DONE ': words('DONE', { sendid: id }),
  'ERROR ': error,
} as const;

const DEVICE_MESSAGES = {
  'req:': keepalive,
  ...NOTIFICATIONS,
  ...SESSION_REPLIES,
  ...COMMAND_REPLIES,
} as const;

export type SessionReply = MessageOf<(typeof SESSION_REPLIES)[keyof typeof SESSION_REPLIES]>;
export type DeviceMessage = MessageOf<(typeof DEVICE_MESSAGES)[keyof typeof DEVICE_MESSAGES]> | OtherNotification;

const CODECS = codecsBy<DeviceMessage>(DEVICE_MESSAGES);
/** The same for verbs that are written in other cases. */
const CODECS_BY_LOWER_CASE = new Map([...CODECS].map(([beginning, codec]) => [beginning.toLowerCase(), codec]));

/**
 * Reads a datagram from a device. Never throws: what cannot be read comes back as {@link Malformed}. Only the text of an SMS
 * may hold lone surrogates, at the place where a long SMS was cut within a character.
 */
export function parseDeviceMessage(datagram: Uint8Array | string): DeviceMessage | Malformed {
  const text = toText(datagram);
  const message = read(text);
  if (text.isWellFormed()) return message;
  const wellFormed = read(text.toWellFormed());
  return message.kind === 'RECEIVE' && wellFormed.kind === 'RECEIVE'
    ? { ...wellFormed, text: message.text }
    : wellFormed;
}

function read(text: string): DeviceMessage | Malformed {
  if (text === '') return malformed('empty');
  const parts = splitVerb(text);
  if (!parts) return malformed('unknown verb');
  const { beginning, body } = parts;
  const codec = CODECS.get(beginning);
  if (codec) return codec.read(body);
  const sameVerb = CODECS_BY_LOWER_CASE.get(beginning.toLowerCase());
  if (sameVerb) return withVerb(sameVerb.read(body), beginning.slice(0, -1));
  return beginning.endsWith(':') ? readOtherNotification(beginning.slice(0, -1), body) : malformed('unknown verb');
}

/** A notification keeps its verb as the device wrote it, for the ack. */
function withVerb(message: DeviceMessage | Malformed, verb: string): DeviceMessage | Malformed {
  return 'recvid' in message ? { ...message, verb } : message;
}

/** Writes what a device sends (the simulator does). */
export function formatDeviceMessage(message: DeviceMessage): string {
  if (message.kind === 'OTHER') return writeOtherNotification(message);
  const codec = CODECS.get(beginningOf(message));
  if (!codec) throw new TypeError(`no such device message: ${message.kind}`);
  return codec.write(message);
}

function beginningOf(message: Exclude<DeviceMessage, OtherNotification>): string {
  if (message.kind === 'REPLY') return `${message.command} `;
  return CODECS.has(`${message.kind}:`) ? `${message.kind}:` : `${message.kind} `;
}
