/** What somebody wants sent, checked before it becomes a job. */
import { GoipError } from '../errors.js';
import { LONGEST_EXPIRE, MAX_TEXT_BYTES } from '../parameters.js';
import { printable } from '../printable.js';

export interface SendRequest {
  /** One number, a list `"a, b; c"`, or an array of numbers. The same number twice counts once. */
  readonly to: unknown;
  /** At most 3000 bytes of UTF-8. */
  readonly text: unknown;
  /** A device id or an array of them; empty or left out: any line. */
  readonly device?: unknown;
  /** The job's id: a request with the id of an earlier one is that one, and is not sent again. Default: a new id. */
  readonly id?: unknown;
  /** Seconds after which numbers are not submitted any more; 0 for never. Default: the server's. */
  readonly expire?: unknown;
  /** Who asks, to find its jobs again with `adopt` after a restart. */
  readonly origin?: string | undefined;
  /** Handed back with the job; must survive JSON. */
  readonly context?: unknown;
}

export interface CheckedRequest {
  readonly to: readonly string[];
  readonly text: string;
  /** Device ids; undefined for any line. */
  readonly devices: readonly string[] | undefined;
  /** Undefined for a new one. */
  readonly id: string | undefined;
  /** Milliseconds; 0 for never, undefined for the default. */
  readonly expireMs: number | undefined;
}

/** @throws GoipError with the code of what is wrong; then nothing was accepted. */
export function checkRequest(request: SendRequest, isDevice: (id: string) => boolean): CheckedRequest {
  return {
    to: recipientsOf(request.to),
    text: textOf(request.text),
    devices: devicesOf(request.device, isDevice),
    id: jobIdOf(request.id),
    expireMs: expireMsOf(request.expire),
  };
}

function textOf(value: unknown): string {
  if (value === undefined || value === null || value === '')
    throw new GoipError('GOIP_TEXT_EMPTY', 'there is no text to send');
  const text = plainText(value);
  if (text === undefined) {
    throw new GoipError(
      'GOIP_TEXT_INVALID',
      `the text is ${Array.isArray(value) ? 'an array' : `of type ${typeof value}`}`,
    );
  }
  if (text === '') throw new GoipError('GOIP_TEXT_EMPTY', 'there is no text to send');
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_TEXT_BYTES) {
    throw new GoipError('GOIP_TEXT_TOO_LONG', `the text has ${bytes} bytes of UTF-8, a device takes ${MAX_TEXT_BYTES}`);
  }
  return text;
}

function plainText(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  // A lone surrogate has no UTF-8: what would go out is U+FFFD, so say so from the start.
  return typeof value === 'string' ? value.toWellFormed() : undefined;
}

function recipientsOf(value: unknown): readonly string[] {
  const items = (Array.isArray(value) ? (value as unknown[]) : [value]).flatMap((item) =>
    typeof item === 'string' ? item.split(/[,;]/) : [item],
  );
  const numbers = new Set<string>();
  for (const item of items) {
    if (item === undefined || item === null || (typeof item === 'string' && withoutFormatting(item) === '')) continue;
    numbers.add(numberOf(item));
  }
  if (numbers.size === 0) throw new GoipError('GOIP_NO_RECIPIENT', 'there is no number to send to');
  return [...numbers];
}

/** Digits with one leading `+`, or a short code. The longest number of E.164 has 15 digits, with dialling prefixes 20. */
const NUMBER = /^\+?\d{1,20}$/;

function numberOf(item: unknown): string {
  const written = typeof item === 'number' && Number.isSafeInteger(item) && item >= 0 ? String(item) : item;
  const number = typeof written === 'string' ? withoutFormatting(written) : '';
  if (!NUMBER.test(number)) {
    const shown = typeof written === 'string' ? quoted(written.slice(0, 40)) : `a value of type ${typeof written}`;
    throw new GoipError('GOIP_BAD_NUMBER', `${shown} is not a telephone number`);
  }
  return number;
}

/** Takes out the blanks, dashes, dots and parentheses that people type; tabs and line breaks are none of these. */
function withoutFormatting(text: string): string {
  return text.replace(/[ \u00a0\u2000-\u200b\u202f\u2060\-\u2010-\u2015.()]/g, '');
}

function devicesOf(value: unknown, isDevice: (id: string) => boolean): readonly string[] | undefined {
  const ids = (Array.isArray(value) ? (value as unknown[]) : [value]).filter(
    (id) => id !== undefined && id !== null && id !== '',
  );
  if (ids.length === 0) return undefined;
  return ids.map((id) => {
    if (typeof id === 'string' && isDevice(id)) return id;
    const shown = typeof id === 'string' ? quoted(id.slice(0, 80)) : `a value of type ${typeof id}`;
    throw new GoipError('GOIP_UNKNOWN_DEVICE', `${shown} is not in the device list`);
  });
}

/** Such values come from messages, and those from whoever sent an SMS. */
function quoted(text: string): string {
  return printable(JSON.stringify(text));
}

const LONGEST_JOB_ID = 200;

function jobIdOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const id = typeof value === 'number' ? String(value) : value;
  if (typeof id !== 'string' || id.length > LONGEST_JOB_ID) {
    throw new GoipError('GOIP_BAD_SETTING', `a job id is a text of at most ${LONGEST_JOB_ID} characters`);
  }
  return id;
}

function expireMsOf(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const seconds = typeof value === 'string' ? Number(value) : value;
  if (typeof seconds !== 'number' || !(seconds >= 0 && seconds <= LONGEST_EXPIRE)) {
    throw new GoipError('GOIP_BAD_SETTING', `expire is a number of seconds, at most ${LONGEST_EXPIRE}, 0 for never`);
  }
  return seconds * 1000;
}
