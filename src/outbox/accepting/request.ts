/** What somebody wants sent, checked before it becomes a job. */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { GoipError } from '../../errors.js';
import { LONGEST_EXPIRE, LONGEST_REPORT_WAIT, MAX_TEXT_BYTES } from '../../parameters.js';
import { atOnce, STEPS_OF_LOOK, type Work } from '../../time/pace.js';
import { textOf as writtenText } from '../../reading/values.js';
import { quoted } from '../../secrets.js';
import { isDialled, withLostPlus, withoutFormatting } from '../../gsm/dialled.js';
import { isE164, mayBeMobile, toE164 } from '../../gsm/numbers.js';
import { segmentsOf } from '../../gsm/segments.js';
import { dialledFrom } from '../../gsm/trunk-zero.js';
import { checkTemplate, renderTemplate } from './template.js';
import { PRIORITIES, type Priority } from '../result.js';

export interface SendRequest {
  /**
   * One number, a list `"a, b; c"`, or an array of numbers. The same number twice counts once. An item of the array may be
   * an object `{ number, …fields }`: then the text is a Mustache template, filled from its fields.
   */
  readonly to: unknown;
  /** At most 3000 bytes of UTF-8. */
  readonly text: unknown;
  /** A device id, the name of a group, or an array of these; empty or left out: as the routing rules say, or any line. */
  readonly device?: unknown;
  /** `high`, `normal` (default) or `low`: who goes first where jobs wait for the same line. */
  readonly priority?: unknown;
  /** SMS that one text may take; 0 or left out: no limit but that of the bytes. */
  readonly maxParts?: unknown;
  /** Seconds that the result waits for delivery reports; 0 or left out: it does not. */
  readonly waitForReport?: unknown;
  /** The job's id: a request with the id of an earlier one is that one, and is not sent again. Default: a new id. */
  readonly id?: unknown;
  /** Seconds after which numbers are not submitted any more; 0 for never. Default: the server's. */
  readonly expire?: unknown;
  /** Who asks, to find its jobs again with `adopt` after a restart. */
  readonly origin?: string | undefined;
  /** Returned with the job. Only what JSON can express is kept. */
  readonly context?: unknown;
  /** What the caller keeps in memory until the job has its result, such as a message. It counts towards the limit of memory. */
  readonly held?: unknown;
}

export interface CheckedRequest {
  readonly to: readonly string[];
  /** Of all numbers, or one for each. */
  readonly text: string | readonly string[];
  /** Device ids; undefined for any line. */
  readonly devices: readonly string[] | undefined;
  readonly priority: Priority;
  /** Milliseconds; 0 for not at all. */
  readonly reportMs: number;
  /** Undefined for a new one. */
  readonly id: string | undefined;
  /** Milliseconds; 0 for never, undefined for the default. */
  readonly expireMs: number | undefined;
}

/** Identifies the content of a job, its numbers and texts, among jobs with the same id. */
export function* contentOf({ to, text }: CheckedRequest): Work<string> {
  const digest = createHash('sha256');
  for (const [index, number] of to.entries()) {
    yield STEPS.number;
    const own = typeof text === 'string' ? '' : (text[index] ?? '');
    digest.update(`${number}\n${own.length}\n${own}`);
  }
  return digest.update(typeof text === 'string' ? text : '').digest('base64url');
}

/**
 * Returns a copy of the context, as the journal will read it. What the caller or an object of a user does later cannot change it.
 * @throws GoipError `GOIP_BAD_SETTING` if it has no JSON, such as a circle or a BigInt
 */
export function keptContext(context: unknown): unknown {
  if (context === undefined || context === null) return null;
  try {
    return JSON.parse(JSON.stringify(context)) as unknown;
  } catch {
    throw new GoipError('GOIP_BAD_SETTING', 'the context of the job cannot be saved: it has no JSON');
  }
}

type Addressed = Pick<CheckedRequest, 'to' | 'text'>;

/** What a request may refer to. */
export interface RequestContext {
  /** The devices of that id or group. */
  named(name: string): readonly string[] | undefined;
  /** Why no device of that id or group has a line, in words that follow the name. */
  whyUnusable(name: string): string | undefined;
  /** Where numbers without a country code are: ISO 3166; undefined to leave all numbers as they are. */
  readonly country: string | undefined;
}

/** Steps of work for a number that is only looked at, that is made international, and whose text is made. */
const STEPS = { number: 1, international: 2, text: 2 } as const;

/** @throws GoipError with the code of what is wrong; then nothing was accepted. */
export function checkRequest(request: SendRequest, context: RequestContext): CheckedRequest {
  return atOnce(checkStepwise(request, context));
}

/** As {@link checkRequest}, for lists of any length. */
export function* checkStepwise(request: SendRequest, context: RequestContext): Work<CheckedRequest> {
  const wanted = yield* recipientsOf(request.to, context.country);
  const template = textOf(request.text);
  const mostParts = mostPartsOf(request.maxParts);
  const { to, text } = wanted.some(({ fields }) => fields)
    ? yield* withTexts(wanted, template, mostParts)
    : yield* withOneText(wanted, template, mostParts);
  return {
    to,
    text,
    devices: devicesOf(request.device, context),
    id: jobIdOf(request.id),
    expireMs: secondsOf('expire', request.expire, LONGEST_EXPIRE),
    priority: priorityOf(request.priority),
    reportMs: secondsOf('waitForReport', request.waitForReport, LONGEST_REPORT_WAIT) ?? 0,
  };
}

function textOf(value: unknown): string {
  const text = plainText(value);
  if (text.trim() === '') throw new GoipError('GOIP_TEXT_EMPTY', 'there is no text to send');
  return text;
}

/** @param mostParts SMS that the text may take; 0 for no limit */
function checked(text: string, mostParts: number): string {
  if (text.trim() === '') throw new GoipError('GOIP_TEXT_EMPTY', 'there is no text to send');
  if (text.includes('\0'))
    throw new GoipError('GOIP_TEXT_INVALID', 'the text has a NUL, which ends a text in a device');
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_TEXT_BYTES) {
    throw new GoipError('GOIP_TEXT_TOO_LONG', `the text has ${bytes} bytes of UTF-8, a device takes ${MAX_TEXT_BYTES}`);
  }
  if (mostParts > 0) checkParts(text, mostParts);
  return text;
}

function checkParts(text: string, most: number): void {
  const { parts, encoding } = segmentsOf(text);
  if (parts <= most) return;
  throw new GoipError('GOIP_TOO_MANY_PARTS', `the text takes ${parts} SMS (${encoding}), not ${most}`);
}

function plainText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return String(value);
  if (Buffer.isBuffer(value)) {
    if (isUtf8(value)) return value.toString('utf8');
    throw new GoipError('GOIP_TEXT_INVALID', 'the text is a Buffer that is not UTF-8');
  }
  // A lone surrogate has no UTF-8: what would go out is U+FFFD, so say so from the start.
  if (typeof value === 'string') return value.toWellFormed();
  const kind = Array.isArray(value)
    ? 'an array'
    : typeof value === 'number'
      ? String(value)
      : `of type ${typeof value}`;
  throw new GoipError('GOIP_TEXT_INVALID', `the text is ${kind}`);
}

interface Wanted {
  readonly number: string;
  /** What the text is filled with. */
  readonly fields: Readonly<Record<string, unknown>> | undefined;
  /** Its place in the list, from 1; undefined if there is no list. */
  readonly row: number | undefined;
}

function* recipientsOf(value: unknown, country: string | undefined): Work<readonly Wanted[]> {
  const steps = country === undefined ? STEPS.number : STEPS.international;
  const wanted: Wanted[] = [];
  // Whatever is a list has rows that people can count.
  const isList = Array.isArray(value) && value.length > 1;
  for (const [item, index] of itemsOf(value)) {
    yield steps;
    const row = isList ? index + 1 : undefined;
    const fields = fieldsOf(item);
    const written = fields ? fields['number'] : item;
    if (!fields && isNothing(written)) continue;
    const number = numberOf(written, fields, row);
    // In a list a blank is but how lists are written.
    const withPlus = typeof written === 'string' && written === value ? withLostPlus(written) : undefined;
    wanted.push({ number: internationalOf(number, withPlus && dialledFrom(withPlus), country), fields, row });
  }
  if (wanted.length === 0) throw new GoipError('GOIP_NO_RECIPIENT', 'there is no number to send to');
  return wanted;
}

/**
 * A number in international format, as far as it can be told.
 * @param withPlus the same with the `+` that a URL may have taken; undefined if it cannot be so
 */
function internationalOf(number: string, withPlus: string | undefined, country: string | undefined): string {
  if (country === undefined) return withPlus ?? number;
  const atHome = toE164(number, country);
  if (withPlus === undefined || !isE164(withPlus)) return atHome;
  // A number with a blank before it may be right as it is, and reach another person with a plus.
  const isAtHome = atHome !== number && (mayBeMobile(atHome) || !mayBeMobile(withPlus));
  return isAtHome ? atHome : withPlus;
}

/** Of a list as it is now, which may change while it is worked on: each item, and its row. */
function* itemsOf(value: unknown): Iterable<readonly [item: unknown, row: number]> {
  const rows = Array.isArray(value) ? (value as unknown[]).slice() : [value];
  for (const [row, item] of rows.entries()) {
    if (typeof item !== 'string') yield [item, row];
    else for (const one of itemsIn(item)) yield [one, row];
  }
}

/** One by one: a text may hold thousands. */
function* itemsIn(text: string): Iterable<string> {
  const separators = /[,;]/g;
  let start = 0;
  for (let found = separators.exec(text); found; found = separators.exec(text)) {
    yield text.slice(start, found.index);
    start = found.index + 1;
  }
  yield text.slice(start);
}

/**
 * Counts the different numbers in a list as they are written, which takes a fraction of the time of checking them. Stops when
 * there are more than `most`.
 */
export function* countNumbers(to: unknown, most: number): Work<number> {
  if (!mayHoldMoreThan(to, most)) return 0;
  const numbers = new Set<unknown>();
  for (const [item] of itemsOf(to)) {
    yield STEPS_OF_LOOK;
    const written = fieldsOf(item)?.['number'] ?? item;
    if (!isNothing(written)) numbers.add(typeof written === 'string' ? withoutFormatting(written) : written);
    if (numbers.size > most) break;
  }
  return numbers.size;
}

function mayHoldMoreThan(to: unknown, most: number): boolean {
  const items = Array.isArray(to) ? (to as unknown[]) : [to];
  let count = 0;
  // Each item of a text takes a separator and a digit at least.
  for (const item of items) {
    count += typeof item === 'string' ? Math.ceil((item.length + 1) / 2) : 1;
    if (count > most) return true;
  }
  return false;
}

function isNothing(item: unknown): boolean {
  return item === undefined || item === null || (typeof item === 'string' && withoutFormatting(item) === '');
}

function fieldsOf(item: unknown): Readonly<Record<string, unknown>> | undefined {
  const isObject = typeof item === 'object' && item !== null && !Array.isArray(item) && !Buffer.isBuffer(item);
  return isObject ? (item as Readonly<Record<string, unknown>>) : undefined;
}

/**
 * Each with its own text, also where plain numbers are among the others: nobody shall get the template. Those with the same
 * text are next to one another, for they can share a session.
 */
function* withTexts(wanted: readonly Wanted[], template: string, mostParts: number): Work<Addressed> {
  checkTemplate(template);
  const numbersByText = new Map<string, Set<string>>();
  for (const one of wanted) {
    const { number } = one;
    yield STEPS.text;
    const text = textFor(one, template, mostParts);
    const numbers = numbersByText.get(text);
    if (numbers) numbers.add(number);
    else numbersByText.set(text, new Set([number]));
  }
  const to: string[] = [];
  const texts: string[] = [];
  for (const [text, numbers] of numbersByText) {
    for (const number of numbers) {
      yield STEPS_OF_LOOK;
      to.push(number);
      texts.push(text);
    }
  }
  return { to, text: texts };
}

/** @throws GoipError naming the row, and the fields that it has if one is missing */
function textFor({ number, fields = { number }, row }: Wanted, template: string, mostParts: number): string {
  try {
    return checked(renderTemplate(template, fields).toWellFormed(), mostParts);
  } catch (error) {
    if (!(error instanceof GoipError)) throw error;
    const shown = error.code === 'GOIP_TEXT_INVALID' ? `; ${namesOf(fields)}` : '';
    throw new GoipError(error.code, `${placeOf(row)}${error.message}${shown}`);
  }
}

function* withOneText(wanted: readonly Wanted[], text: string, mostParts: number): Work<Addressed> {
  const numbers = new Set<string>();
  for (const { number } of wanted) {
    yield STEPS_OF_LOOK;
    numbers.add(number);
  }
  return { to: [...numbers], text: checked(text, mostParts) };
}

function mostPartsOf(maxParts: unknown): number {
  if (maxParts === undefined || maxParts === null || maxParts === '') return 0;
  const most = typeof maxParts === 'string' ? Number(maxParts) : maxParts;
  if (typeof most === 'number' && Number.isInteger(most) && most >= 0) return most;
  throw new GoipError('GOIP_BAD_SETTING', 'maxParts is a whole number, 0 for no limit');
}

function numberOf(item: unknown, fields: Wanted['fields'], row: number | undefined): string {
  const written = typeof item === 'number' && Number.isSafeInteger(item) && item >= 0 ? String(item) : item;
  const number = typeof written === 'string' ? dialledFrom(written) : '';
  if (isDialled(number)) return number;
  throw new GoipError('GOIP_BAD_NUMBER', `${placeOf(row)}${problemOfNumber(written, fields)}`);
}

function problemOfNumber(written: unknown, fields: Wanted['fields']): string {
  if (typeof written === 'string') return `${quoted(written)} is not a telephone number`;
  if (typeof written === 'number') return `${quoted(String(written))} is not a telephone number`;
  if (!fields || Object.hasOwn(fields, 'number')) return `a value of type ${typeof written} is not a telephone number`;
  return `there is no field "number"; ${namesOf(fields)}`;
}

function placeOf(row: number | undefined): string {
  return row === undefined ? '' : `row ${row}: `;
}

function namesOf(fields: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(fields);
  const shown = names.slice(0, 5).map((name) => quoted(name));
  const more = names.length > shown.length ? ', …' : '';
  return `the fields are ${names.length === 0 ? 'none' : shown.join(', ') + more}`;
}

function devicesOf(value: unknown, context: RequestContext): readonly string[] | undefined {
  const names = (Array.isArray(value) ? (value as unknown[]) : [value]).filter(
    (name) => name !== undefined && name !== null && name !== '',
  );
  if (names.length === 0) return undefined;
  const ids = names.flatMap((name) => {
    // A dropdown sends the digits of an id as a number.
    const written = typeof name === 'number' ? String(name) : name;
    const devices = typeof written === 'string' ? context.named(written) : undefined;
    if (devices) return devices;
    const shown = typeof written === 'string' ? quoted(written) : `a value of type ${typeof written}`;
    const why = typeof written === 'string' ? context.whyUnusable(written) : undefined;
    const problem = why ?? 'is no device of the list, and no group';
    throw new GoipError('GOIP_UNKNOWN_DEVICE', `${shown} ${problem}`);
  });
  return [...new Set(ids)];
}

const LONGEST_JOB_ID = 200;

function jobIdOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const id = writtenText(value);
  if (id === undefined || id.length > LONGEST_JOB_ID) {
    const problem = `a job id is a text of at most ${LONGEST_JOB_ID} characters, or a number that has not lost digits`;
    throw new GoipError('GOIP_BAD_SETTING', problem);
  }
  // It has no UTF-8: in the journal, two ids with different halves would be one.
  if (!id.isWellFormed()) {
    throw new GoipError('GOIP_BAD_SETTING', 'the job id holds half of a character (a lone surrogate)');
  }
  return id;
}

function priorityOf(value: unknown): Priority {
  if (value === undefined || value === null || value === '') return 'normal';
  const priority = PRIORITIES.find((known) => known === value);
  if (priority) return priority;
  throw new GoipError('GOIP_BAD_SETTING', `priority is one of ${PRIORITIES.join(', ')}`);
}

/** Milliseconds. */
function secondsOf(name: string, value: unknown, most: number): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const seconds = typeof value === 'string' ? Number(value) : value;
  if (typeof seconds !== 'number' || !(seconds >= 0 && seconds <= most)) {
    throw new GoipError('GOIP_BAD_SETTING', `${name} is a number of seconds, at most ${most}, 0 for never`);
  }
  return seconds * 1000;
}
