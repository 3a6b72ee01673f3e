/** Reads the rows of the device list. A row that is wrong is left out, with one reason, and the others stay. */
import type { AllowList } from '../net/addresses.js';
import type { LineLimits } from './limits.js';
import { limitsFrom, problemOfLimits, type LimitOptions } from './limit-options.js';
import { quoted, type ProblemList } from '../reading/problems.js';
import { booleanOf, fieldsOf, isBlank, kindOf, textOf, UnsetVariable, type Reading } from '../reading/values.js';
import { readAllow } from '../reading/setting.js';

/** What holds for devices that say nothing else. */
export interface DeviceDefaults {
  readonly password?: string | undefined;
  readonly pinAddress?: boolean | undefined;
  readonly limits?: LimitOptions | undefined;
}

export interface ReadDevice {
  readonly id: string;
  readonly name: string;
  readonly password: string | undefined;
  readonly allow: AllowList | undefined;
  readonly isPinned: boolean;
  readonly group: string | undefined;
  readonly limits: LineLimits;
  readonly isDisabled: boolean;
}

/** The names of a row that is left out: rules and jobs may name it. */
export interface LeftOutDevice {
  readonly id: string;
  readonly group: string | undefined;
}

export interface ReadDevices {
  readonly devices: readonly ReadDevice[];
  readonly leftOut: LeftOutDevice[];
}

export function readDevices(rows: unknown, defaults: DeviceDefaults, problems: ProblemList): ReadDevices {
  const commonLimits = limitsFrom({}, defaults.limits);
  const devices = new Map<string, ReadDevice>();
  const leftOut: LeftOutDevice[] = [];
  for (const [index, row] of listOf(rows, problems).entries()) {
    const fields = fieldsOf(row);
    const id = textOf(fields?.['id'] ?? '');
    const reading = fields
      ? readDevice(fields, defaults, commonLimits)
      : { problem: `it is ${kindOf(row)}, not an object` };
    const problem =
      'problem' in reading ? reading.problem : devices.has(reading.value.id) ? 'its id is there twice' : undefined;
    if ('value' in reading && problem === undefined) devices.set(reading.value.id, reading.value);
    if (problem === undefined) continue;
    const name = fields && id !== undefined ? quoted(id) : `row ${index + 1}`;
    problems.add({ what: 'device', name, reason: problem, effect: 'left out', row: index + 1 });
    if (id !== undefined && !isBlank(id)) leftOut.push({ id, group: textOf(fields?.['group'])?.trim() || undefined });
  }
  return { devices: [...devices.values()], leftOut };
}

function listOf(rows: unknown, problems: ProblemList): readonly unknown[] {
  if (Array.isArray(rows)) return rows as unknown[];
  if (isBlank(rows)) return [];
  problems.add({
    what: 'setting',
    name: 'devices',
    reason: `must be a list of objects, not ${kindOf(rows)}`,
    effect: 'default',
  });
  return [];
}

/** What is wrong with a device's id, its password or its allow list, or undefined. Never says the password. */
export function problemOfDevice(id: unknown, password: unknown, allow?: unknown): string | undefined {
  const reading = readDevice({ id, password, allow }, {}, limitsFrom({}));
  return 'problem' in reading ? reading.problem : undefined;
}

/** A password; undefined for none. Never says it. */
export function readPassword(value: unknown): Reading<string | undefined> {
  if (value === undefined || value === null || value === '') return { value: undefined };
  // The name is not said: it may be the password itself, in braces.
  if (value instanceof UnsetVariable) return wrong('is an environment variable that is not set');
  const password = textOf(value);
  if (password === undefined) return wrong(`must be a text, not ${kindOf(value)}`);
  const problem = problemOnWire(password);
  return problem === undefined ? { value: password } : wrong(problem);
}

function readDevice(
  fields: Readonly<Record<string, unknown>>,
  defaults: DeviceDefaults,
  commonLimits: LineLimits,
): Reading<ReadDevice> {
  const id = isBlank(fields['id']) ? '' : textOf(fields['id']);
  if (id === undefined) return wrong(`its id must be a text, not ${kindOf(fields['id'])}`);
  if (id === '') return wrong('its id is empty');
  const problem = problemOnWire(id);
  if (problem !== undefined) return wrong(`its id ${problem}`);
  const own = readPassword(fields['password']);
  if ('problem' in own) return wrong(`its password ${own.problem}`);
  const allow = readAllow(fields['allow']);
  if ('problem' in allow) return wrong(allow.problem);
  const isPinned = flagOf(fields['pinAddress'], defaults.pinAddress ?? false);
  if (isPinned === undefined) return wrong('pinAddress must be true or false');
  const isDisabled = flagOf(fields['disabled'], false);
  if (isDisabled === undefined) return wrong('disabled must be true or false');
  const group = isBlank(fields['group']) ? '' : textOf(fields['group'])?.trim();
  if (group === undefined) return wrong(`its group must be a text, not ${kindOf(fields['group'])}`);
  const name = isBlank(fields['name']) ? id : textOf(fields['name']);
  if (name === undefined) return wrong(`its name must be a text, not ${kindOf(fields['name'])}`);
  const limitProblem = problemOfLimits(fields['limits'], defaults.limits);
  if (limitProblem !== undefined) return wrong(limitProblem);
  const limits = isBlank(fields['limits'])
    ? commonLimits
    : limitsFrom(fieldsOf(fields['limits']) ?? {}, defaults.limits);
  return {
    value: {
      ...{ id, name, allow: allow.value, isPinned, group: group || undefined, limits, isDisabled },
      password: own.value ?? (defaults.password || undefined),
    },
  };
}

function wrong(problem: string): { readonly problem: string } {
  return { problem };
}

function flagOf(value: unknown, otherwise: boolean): boolean | undefined {
  return isBlank(value) ? otherwise : booleanOf(value);
}

/**
 * `;` ends a value and a newline a message: neither can be part of an id or a password. Half of a surrogate pair has no UTF-8: two
 * ids with different halves would be one id on the wire and in the journal.
 */
function problemOnWire(text: string): string | undefined {
  if (!text.isWellFormed()) return 'holds half of a character (a lone surrogate)';
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  return /[;\u0000-\u001f\u007f]/.test(text) ? 'holds ; or a control character' : undefined;
}
