/** What the runtime does not take, of the values that a node has itself. The dialog shows it at once. */
import { unknownLine } from '../editor/devices.js';
import type { EditorNode, TextValues, Validator } from '../editor/red.js';
import {
  isDialled,
  LONGEST_EXPIRE,
  LONGEST_REPORT_WAIT,
  MAX_TEXT_BYTES,
  PRIORITIES,
  segmentsOf,
  withoutFormatting,
} from '../editor/texts.js';
import { isVariable, textOf } from '../editor/values.js';
import type { GoipSendProperties, Input } from './def.js';

/** A key of the catalogue, with its values. */
interface Problem extends TextValues {
  readonly key: string;
}

type Limits = Pick<GoipSendProperties, 'maxParts' | 'maxPartsType'>;
type Check = (value: string, limits: Limits) => Problem | undefined;

const unless =
  (isRight: (value: string) => boolean, problem: Problem): Check =>
  (value) =>
    isRight(value) ? undefined : problem;
const secondsUpTo = (most: number, key: string): Check =>
  unless((value) => Number(value) >= 0 && Number(value) <= most, { key, most });

const CHECKS: Partial<Record<Input, Check>> = {
  text: problemOfText,
  to: problemOfNumbers,
  priority: unless((value) => PRIORITIES.some((priority) => priority === value), { key: 'priority' }),
  expire: secondsUpTo(LONGEST_EXPIRE, 'expire'),
  maxParts: unless((value) => Number.isInteger(Number(value)) && Number(value) >= 0, { key: 'maxParts' }),
  waitForReport: secondsUpTo(LONGEST_REPORT_WAIT, 'waitForReport'),
};

/** What is wrong with a value, in words; undefined if nothing is. */
export function problemOf(
  node: EditorNode & GoipSendProperties,
  input: Input,
  value: unknown,
  type: unknown,
): string | undefined {
  const isOwn = type === 'num' || type === 'str';
  const isLeftToRuntime = value === undefined || value === '' || isVariable(value);
  const problem = isOwn && !isLeftToRuntime ? CHECKS[input]?.(textOf(value), node) : undefined;
  return problem && describe(node, input, problem);
}

/** The validator of an input, and of its expression if it has one. */
export function validatorOf(input: Input): Validator<EditorNode & GoipSendProperties> {
  const validate = RED.validators.typedInput(`${input}Type`);
  // The editor shows reasons of validators with two parameters only.
  return function (value, options) {
    const type = $(`#node-input-${input}Type`).val() || this[`${input}Type`];
    return problemOf(this, input, value, type) ?? validate.call(this, value, options);
  };
}

export const validateDevice: Validator<EditorNode & GoipSendProperties> = function (value, options) {
  const unknown = unknownLine(this.server, namesOf({ device: value, deviceType: this.deviceType }) ?? []);
  if (unknown !== undefined) return describe(this, 'device', { key: 'device', name: harmless(unknown) });
  return RED.validators.typedInput('deviceType').call(this, value, options);
};

/** What is wrong with a text, in words; undefined if nothing is. */
export function describeTextProblem(node: EditorNode, text: string, limits: Limits): string | undefined {
  const problem = text === '' || isVariable(text) ? undefined : problemOfText(text, limits);
  return problem && node._('goip-send.error.' + problem.key, problem);
}

export const isTemplate = (text: string): boolean => text.includes('{{');

/**
 * Lines and groups that the node has itself: one as it is, several as JSON, of which the runtime makes an array.
 * Undefined if they come from elsewhere.
 */
export function namesOf({
  device = '',
  deviceType = 'str',
}: {
  device?: unknown;
  deviceType?: unknown;
}): string[] | undefined {
  if (device === '') return [];
  if (deviceType === 'str') return [textOf(device)];
  if (deviceType !== 'json') return undefined;
  try {
    const names: unknown[] = [JSON.parse(textOf(device))].flat();
    return names.every((name) => typeof name === 'string') ? names : undefined;
  } catch {
    return undefined;
  }
}

function problemOfText(text: string, limits: Limits): Problem | undefined {
  if (isTemplate(text)) return undefined;
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > MAX_TEXT_BYTES) return { key: 'text-bytes', bytes, most: MAX_TEXT_BYTES };
  const [{ parts }, most] = [segmentsOf(text), mostParts(limits)];
  return most > 0 && parts > most ? { key: 'text-parts', parts, most } : undefined;
}

/** SMS that one text may take; 0 for any number. */
function mostParts({ maxParts, maxPartsType }: Limits): number {
  return (maxPartsType === 'num' && Number(maxParts)) || 0;
}

function problemOfNumbers(text: string): Problem | undefined {
  const numbers = text.split(/[,;]/).filter((number) => withoutFormatting(number) !== '');
  const wrong = numbers.find((number) => !isDialled(withoutFormatting(number)));
  if (wrong === undefined && numbers.length > 0) return undefined;
  return { key: 'to', number: harmless((wrong ?? text).trim()) };
}

/** The editor shows the answer of a validator as text in one place, and as html in another. */
const harmless = (text: string): string => text.replace(/[<>&]/g, '?');

function describe(node: EditorNode, input: Input, { key, ...values }: Problem): string {
  return `${node._('goip-send.label.' + input)}: ${node._('goip-send.error.' + key, values)}`;
}
