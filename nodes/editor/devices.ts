/** The devices of a server as the editor has them, and their groups. */
import type { TextValues } from './red.js';
import { isVariable, rowsOf, textOf, trimmed } from './values.js';

/** A device in a flow: written by hand, it may hold anything. */
export interface Device {
  readonly key?: unknown;
  readonly id?: unknown;
  readonly name?: unknown;
  readonly group?: unknown;
  readonly allow?: unknown;
  readonly disabled?: unknown;
  readonly limits?: Readonly<Record<string, unknown>>;
}

/** Text of the list of lines. Its words are in the catalogue of the server, which has the lines. */
export function lineText(key: string, values: TextValues = {}): string {
  return serverText(`picker.${key}`, values);
}

/** Text of the catalogue of the server. */
export function serverText(key: string, values: TextValues = {}): string {
  return RED._(`@goip-sms/node-red-goip/goip-server:goip-server.${key}`, values);
}

/** The devices of a server that have an id. */
export function devicesOf(serverId: unknown): readonly Device[] {
  return rowsOf<Device>(RED.nodes.node(serverId)?.devices).filter(({ id }) => trimmed(id) !== '');
}

export const groupOf = ({ group }: Device): string => trimmed(group);

export const isDisabled = ({ disabled }: Device): boolean => trimmed(disabled) === 'true';

/** The ids of each group. */
export function groupsOf(devices: readonly Device[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const device of devices) {
    const group = groupOf(device);
    if (group !== '') groups.set(group, [...(groups.get(group) ?? []), String(device.id)]);
  }
  return groups;
}

/** The ids and groups that a number can be sent over; undefined if one of them is not known before the flow starts. */
export function knownNames(devices: readonly Device[]): ReadonlySet<string> | undefined {
  const names = new Set([...devices.map(({ id }) => textOf(id)), ...groupsOf(devices).keys()]);
  return [...names].some(isVariable) ? undefined : names;
}

/** The first name that is neither a line nor a group of the server, as far as the editor can know. */
export function unknownLine(serverId: unknown, names: readonly string[]): string | undefined {
  if (!RED.nodes.node(serverId)) return undefined;
  const known = knownNames(devicesOf(serverId));
  return known && names.find((name) => !isVariable(name) && !known.has(name));
}

/**
 * Lines or groups in a few words, as labels of nodes have them: `Office`, `Office +2`, `any line`.
 * @param nothing the meaning of an empty list
 */
export function describeLines(serverId: unknown, names: readonly string[], nothing: 'any' | 'all'): string {
  const [first, ...others] = names;
  if (first === undefined) return lineText(nothing);
  const device = devicesOf(serverId).find(({ id }) => String(id) === first);
  const name = trimmed(device?.name) || first;
  return others.length === 0 ? name : `${name} +${others.length}`;
}
