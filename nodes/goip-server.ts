import type { Node, NodeAPI, NodeDef } from 'node-red';
import {
  newServerMemory,
  problemOfDevice,
  type DeviceOptions,
  type ServerMemory,
  type ServerOptions,
} from '../src/index.js';
import { Connection, type GoipServerNode } from './connection.js';

/** A row of the device list. `key` is stable, so that a password stays with its row when the id is edited. */
interface DeviceRow {
  readonly key?: string;
  readonly id?: string;
  readonly name?: string;
}

/** As saved in the flow; numbers may be strings, and everything may have been a `${ENV}`. */
interface GoipServerDef extends NodeDef {
  readonly host?: string;
  readonly port?: string | number;
  readonly devices?: readonly DeviceRow[];
  readonly offlineAfter?: string | number;
  readonly keepaliveStatus?: string | number;
  readonly resendInterval?: string | number;
  readonly resendCount?: string | number;
  readonly statusQuery?: ServerOptions['statusQuery'];
  readonly queryInterval?: string | number;
  readonly sessionsPerLine?: string | number;
  /** The id of the node in a subflow's definition, where its credentials are. */
  readonly _alias?: string;
}

interface Credentials {
  /** For devices without one of their own. */
  password?: string | undefined;
  /** By the key of the device's row. */
  passwords?: Record<string, string> | undefined;
  /** What an edit in the browser changed: a new password, or null for none. Merged into `passwords` at the next start. */
  changes?: Record<string, string | null> | undefined;
}

export = function (RED: NodeAPI): void {
  /** What a server remembers outlives a deploy, by the id of its node. */
  const memories = new Map<string, ServerMemory>();

  function GoipServer(this: GoipServerNode & Node<Credentials>, def: GoipServerDef): void {
    RED.nodes.createNode(this, def);
    storeChanges(def._alias ?? this.id, def);
    const memory = memories.get(this.id) ?? newServerMemory();
    memories.set(this.id, memory);
    try {
      this.connection = new Connection(optionsFrom(def, devicesOf(this, def)), memory);
      this.connection.on('trouble', (error) => this.error(`cannot listen: ${error.message}`));
    } catch (error) {
      this.error((error as Error).message);
    }
    const onFlowsStarted = (): void => void this.connection?.emit('flowsStarted');
    RED.events.on('flows:started', onFlowsStarted);
    this.on('close', (removed: boolean, done: () => void) => {
      RED.events.off('flows:started', onFlowsStarted);
      if (removed) memories.delete(this.id);
      void (this.connection?.close() ?? Promise.resolve()).then(() => done());
    });
  }

  /**
   * Merges what the browser changed into the stored passwords. The stored values are used, never the node's own, in which
   * `${ENV}` has been replaced.
   */
  function storeChanges(id: string, def: GoipServerDef): void {
    const { password, passwords, changes } = (RED.nodes.getCredentials(id) as Credentials | undefined) ?? {};
    if (changes === undefined) return;
    const keys = new Set((def.devices ?? []).map(keyOf));
    const merged = Object.entries(mergedPasswords({ passwords, changes })).filter(([key]) => keys.has(key));
    // The browser learns whether there are any: none must look like none.
    const own = merged.length === 0 ? undefined : Object.fromEntries(merged);
    void RED.nodes.addCredentials(id, { password, passwords: own });
  }

  function devicesOf(node: Node<Credentials>, def: GoipServerDef): DeviceOptions[] {
    const { password: common } = node.credentials;
    const passwords = mergedPasswords(node.credentials);
    const devices = new Map<string, DeviceOptions>();
    for (const row of def.devices ?? []) {
      const { id = '', name } = row;
      const password = passwords[keyOf(row)] ?? common;
      const problem = problemOfDevice(id, password) ?? (devices.has(id) ? 'its id is there twice' : undefined);
      // One bad row must not take the other lines down.
      if (problem === undefined) devices.set(id, { id, name, password });
      else node.error(`device ${JSON.stringify(id)} is left out: ${problem}`);
    }
    return [...devices.values()];
  }

  RED.nodes.registerType<GoipServerNode & Node<Credentials>, GoipServerDef, object, Credentials>(
    'goip-server',
    GoipServer,
    {
      credentials: {
        password: { type: 'password' },
        passwords: { type: 'password' },
        changes: { type: 'password' },
      },
    },
  );
};

/** Rows made by hand may have no key; then the id is as good. */
function keyOf({ key, id }: DeviceRow): string {
  return key ?? id ?? '';
}

function mergedPasswords({ passwords = {}, changes = {} }: Credentials): Record<string, string> {
  const merged = new Map<string, string | null>([...Object.entries(passwords), ...Object.entries(changes)]);
  return Object.fromEntries([...merged].filter((entry): entry is [string, string] => !isBlank(entry[1])));
}

function optionsFrom(def: GoipServerDef, devices: readonly DeviceOptions[]): ServerOptions {
  return {
    host: def.host?.trim() || undefined,
    port: numberFrom(def.port),
    devices,
    offlineAfter: numberFrom(def.offlineAfter),
    keepaliveStatus: numberFrom(def.keepaliveStatus),
    resendInterval: numberFrom(def.resendInterval),
    resendCount: numberFrom(def.resendCount),
    statusQuery: def.statusQuery || undefined,
    queryInterval: numberFrom(def.queryInterval),
    sessionsPerLine: numberFrom(def.sessionsPerLine),
  };
}

/** Blank means the default; what is no number becomes NaN and is refused by name. */
function numberFrom(value: string | number | undefined): number | undefined {
  return isBlank(value) ? undefined : Number(value);
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}
