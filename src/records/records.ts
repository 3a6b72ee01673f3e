/**
 * What the records of the journal must look like. A record of a newer version, or one that somebody has edited, must not stop
 * the server: it is set aside, and everything else goes on.
 */
import type { FinalState } from '../outbox/result.js';
import { PRIORITIES } from '../outbox/result.js';
import {
  isBoolean,
  isEither,
  isListOf,
  isNumber,
  isObject,
  isOneOf,
  isText,
  isTime,
  orMissing,
  orNull,
  type Check,
} from './shape.js';

const FINAL_STATES = ['sent', 'failed', 'unknown', 'expired', 'cancelled'] as const satisfies readonly FinalState[];

const sms = isObject({
  device: isText,
  name: isText,
  from: isText,
  text: isText,
  recvid: isText,
  receivedAt: isTime,
  remote: isObject({ address: isText, port: isNumber }),
});

const attempt = isObject({ device: isText, state: isOneOf(['failed', 'unknown']), code: isText, at: isText });

const delivery = isObject({ state: isOneOf(['delivered', 'delivery-pending', 'undelivered']), at: isText });

const result = isObject({
  to: isText,
  state: isOneOf(FINAL_STATES),
  device: orNull(isText),
  code: orNull(isText),
  reason: orNull(isText),
  smsNo: orNull(isNumber),
  errorstatus: orNull(isNumber),
  attempts: isNumber,
  tried: isListOf(attempt),
  delivery: orNull(delivery),
  at: isText,
});

const submission = isObject({
  state: isOneOf(['submitted']),
  device: isText,
  sendid: isNumber,
  telid: isNumber,
  count: orNull(isEither(isNumber, isText)),
  attempts: isNumber,
  at: isNumber,
});

const job = isObject({
  id: isText,
  text: orNull(isEither(isListOf(isText), isText)),
  to: orMissing(isListOf(isText)),
  devices: orNull(isListOf(isText)),
  priority: orMissing(isOneOf(PRIORITIES)),
  reportMs: orMissing(isNumber),
  acceptedAt: isNumber,
  expiresAt: orNull(isNumber),
  paused: isBoolean,
  origin: orNull(isText),
});

const ended = isObject({
  result: isObject({ id: isText, total: isNumber, results: orMissing(isListOf(isObject())) }),
  origin: orNull(isText),
  priority: orMissing(isOneOf(PRIORITIES)),
  endedAt: isNumber,
});

const condition = isObject({
  pauseEnds: isNumber,
  cooldownEnds: isNumber,
  isCooldownTried: isBoolean,
  cooldownFailures: isNumber,
  failures: isNumber,
  nextProbe: isNumber,
  at: isNumber,
});

/** By the beginning of their keys. Other records are read as they are. */
const RECORDS: ReadonlyMap<string, Check> = new Map([
  ['in/', sms],
  ['restart/', isNumber],
  ['seen/', isNumber],
  ['pin/', isText],
  ['home/', isObject({ address: isText, port: isNumber })],
  ['usage/', isObject({ hour: isNumber, hourCount: isNumber, day: isNumber, dayCount: isNumber })],
  ['condition/', condition],
  ['sendid', isNumber],
  ['session/', isText],
  ['job/', job],
  ['part/', isObject({ to: isListOf(isText), text: orMissing(isListOf(isText)) })],
  ['number/', (value) => (isSubmission(value) ? submission : result)(value)],
  ['refused/', isObject({ attempts: isNumber, tried: isListOf(attempt) })],
  [
    'report/',
    isObject({
      ...{ job: isText, index: isNumber, origin: orNull(isText), result, at: isNumber },
      deliveredParts: orMissing(isListOf(isText)),
    }),
  ],
  ['late/', isObject({ origin: isText, status: isObject({ id: isText }), at: isNumber })],
  ['untold/', isEither(isText, isObject({ endedAt: isNumber, result: isObject({ id: isText }) }))],
  ['ended/', ended],
  ['results/', isListOf(isObject())],
  ['sticky/', isObject({ device: isText, at: isNumber })],
]);

const isSubmission = (value: unknown): boolean => (value as { state?: unknown } | null)?.state === 'submitted';

/** What is wrong with a record of the journal; undefined if it fits. */
export function problemOfRecord(key: string, value: unknown): string | undefined {
  return RECORDS.get(key.slice(0, key.indexOf('/') + 1) || key)?.(value);
}
