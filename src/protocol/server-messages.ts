/** Everything that the server sends. */
import { splitFirstWord } from './blanks.js';
import { codecsBy, malformed, splitVerb, toText, type Codec, type Malformed, type MessageOf } from './codec.js';
import { COMMAND_MESSAGES } from './commands.js';
import { id, readId, restOfLine, word, words } from './words.js';

/** `reg:$count;status:$status;` — the answer to a keepalive. */
export interface KeepaliveAck {
  readonly kind: 'reg';
  readonly count: string;
  readonly status: number;
}

/** `VERB $recvid OK` or `VERB $recvid ERROR $error` — the answer to a notification. */
export interface Ack {
  readonly kind: 'ACK';
  readonly verb: string;
  readonly recvid: string;
  /** Null where all is well. */
  readonly error: string | null;
}

/** `MSG $sendid $length $text` — opens a bulk session; `$length` counts bytes of UTF-8. */
export interface BulkRequest {
  readonly kind: 'MSG';
  readonly sendid: number;
  readonly text: string;
}

const keepaliveAck: Codec<KeepaliveAck> = {
  read(body) {
    const match = /^([^;]+);status:(\d{1,9});?/i.exec(body);
    if (!match) return malformed('missing number', 'reg');
    return { kind: 'reg', count: match[1] ?? '', status: Number(match[2]) };
  },
  write: ({ count, status }) => writeKeepaliveAck(count, status),
};

/** Without the check for a second line that {@link formatServerMessage} makes: a count that is a number needs none. */
export const writeKeepaliveAck = (count: number | string, status: number): string => `reg:${count};status:${status};`;

const bulkRequest: Codec<BulkRequest> = {
  read(body) {
    const match = /^ *(\d+) +(\d{1,9}) ([^]*)$/.exec(body);
    const sendid = readId(match?.[1] ?? '');
    if (!match || sendid === undefined) return malformed('missing number', 'MSG');
    const text = match[3] ?? '';
    const length = Number(match[2]);
    for (const candidate of text.endsWith('\n') ? [text.slice(0, -1), text] : [text]) {
      if (Buffer.byteLength(candidate) === length) return { kind: 'MSG', sendid, text: candidate };
    }
    return malformed('wrong length', 'MSG');
  },
  write: ({ sendid, text }) => `MSG ${sendid} ${Buffer.byteLength(text)} ${text}\n`,
};

const SERVER_MESSAGES = {
  'reg:': keepaliveAck,
  'MSG ': bulkRequest,
  'PASSWORD ': words('PASSWORD', { sendid: id, password: restOfLine }),
  'SEND ': words('SEND', { sendid: id, telid: id, number: word }),
  'DONE ': words('DONE', { sendid: id }),
  ...COMMAND_MESSAGES,
} as const;

export type ServerMessage = MessageOf<(typeof SERVER_MESSAGES)[keyof typeof SERVER_MESSAGES]> | Ack;
/** What the server sends within a bulk session. */
export type SessionRequest = Extract<ServerMessage, { kind: 'MSG' | 'PASSWORD' | 'SEND' | 'DONE' }>;

const CODECS = codecsBy<Exclude<ServerMessage, Ack>>(SERVER_MESSAGES);

/** Reads a datagram from a server (the simulator does). Never throws. */
export function parseServerMessage(datagram: Uint8Array | string): ServerMessage | Malformed {
  const text = toText(datagram);
  if (text === '') return malformed('empty');
  const parts = splitVerb(text);
  if (!parts) return malformed('unknown verb');
  const { beginning, body } = parts;
  const codec = CODECS.get(beginning);
  if (codec) return codec.read(body);
  const verb = beginning.slice(0, -1);
  const { word: recvid, rest: answer } = splitFirstWord(body);
  if (beginning.endsWith(':') || answer === '') return malformed('unknown verb');
  if (answer === 'OK') return { kind: 'ACK', verb, recvid, error: null };
  const { word: first, rest } = splitFirstWord(answer);
  return first === 'ERROR' ? { kind: 'ACK', verb, recvid, error: rest } : malformed('unknown verb');
}

/**
 * Writes what the server sends, byte for byte.
 * @throws TypeError on what would be a second line: only the text of a MSG, whose length stands before it, may hold line ends.
 *   Also on a control character in the code of a USSD.
 */
export function formatServerMessage(message: ServerMessage): string {
  if (message.kind !== 'MSG' && Object.values(message).some(holdsLineEnd)) {
    throw new TypeError(`a line end within ${message.kind}`);
  }
  return write(message);
}

/** The values are checked, not the datagram: a line end at its end may be of a value or of the protocol. */
function holdsLineEnd(value: string | number | null | readonly string[]): boolean {
  return typeof value === 'object' ? value?.some(holdsLineEnd) === true : /[\r\n\0]/.test(String(value));
}

function write(message: ServerMessage): string {
  if (message.kind === 'ACK') {
    return `${message.verb} ${message.recvid} ${message.error === null ? 'OK' : `ERROR ${message.error}`}\n`;
  }
  const codec = CODECS.get(beginningOf(message));
  if (!codec) throw new TypeError(`no such server message: ${message.kind}`);
  return codec.write(message);
}

function beginningOf(message: Exclude<ServerMessage, Ack>): string {
  if (message.kind === 'COMMAND') return `${message.command} `;
  return message.kind === 'reg' ? 'reg:' : `${message.kind} `;
}
