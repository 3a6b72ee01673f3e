import type { Node, NodeAPI, NodeDef } from 'node-red';
import os from 'node:os';
import path from 'node:path';
import {
  GoipError,
  MemoryStore,
  problemOfDevice,
  problemOfLimits,
  SeenInMemory,
  type DeviceOptions,
  type LimitOptions,
  type RoutingRule,
  type ServerOptions,
  type ServerParts,
} from '../src/index.js';
import { serveAdminApi } from './admin-api.js';
import { Connection, type GoipServerNode } from './connection.js';
import { liveViewOf } from './live-view.js';

/** A row of the device list. `key` is stable, so that a password stays with its row when the id is edited. */
interface DeviceRow {
  readonly key?: string;
  readonly id?: string;
  readonly name?: string;
  readonly group?: string;
  readonly allow?: AllowText;
  /** Switched off; its password is kept. */
  readonly disabled?: boolean | string;
  /** Where they differ from those of the server, by the same names. */
  readonly limits?: LimitsDef;
}

interface LimitsDef {
  readonly pauseMin?: string | number;
  readonly pauseMax?: string | number;
  readonly hourLimit?: string | number;
  readonly dayLimit?: string | number;
  readonly quietHours?: string;
  readonly cooldownAfter?: string | number;
  readonly cooldown?: string | number;
}

/** Numbers that begin with the prefix go out on these lines: ids and groups, separated by commas, or an array. */
interface RouteRow {
  readonly prefix?: string | number;
  readonly device?: string | readonly string[];
}

/** Addresses and networks, separated by commas, blanks or line breaks, or an array of such texts. */
type AllowText = string | readonly string[];

/** As saved in the flow; numbers may be strings, and everything may have been a `${ENV}`. */
interface GoipServerDef extends NodeDef, LimitsDef {
  /** 1 is from before numbers were tried on other lines. */
  readonly version?: number;
  readonly host?: string;
  readonly port?: string | number;
  readonly devices?: readonly DeviceRow[];
  readonly allow?: AllowText;
  readonly pinAddress?: boolean | string;
  readonly offlineAfter?: string | number;
  readonly keepaliveStatus?: string | number;
  readonly resendInterval?: string | number;
  readonly resendCount?: string | number;
  readonly statusQuery?: ServerOptions['statusQuery'];
  readonly queryInterval?: string | number;
  readonly sessionsPerLine?: string | number;
  /** `disk` (default) keeps jobs and received SMS under the user directory; `memory` until Node-RED ends. */
  readonly storage?: string;
  readonly attempts?: string | number;
  readonly retryUnknown?: boolean | string;
  readonly routes?: readonly RouteRow[];
  readonly sticky?: boolean | string;
  readonly country?: string;
  readonly eventDelay?: string | number;
  readonly queueLimit?: string | number;
  readonly retention?: string | number;
  readonly joinParts?: string | number;
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
  /** Which keys have a password of their own, as JSON. The one thing about them that the browser is told. */
  own?: string | undefined;
}

export = function (RED: NodeAPI): void {
  const live = liveViewOf(RED);
  serveAdminApi(RED, live);
  /** What a server without a disk keeps outlives a deploy, by the id of its node. */
  const memories = new Map<string, ServerParts>();
  /** The last connection by the id of its node: the next one goes on with its lines. */
  const connections = new Map<string, Connection>();

  function GoipServer(this: GoipServerNode & Node<Credentials>, def: GoipServerDef): void {
    RED.nodes.createNode(this, def);
    storeChanges(def._alias ?? this.id, def);
    try {
      const { options, parts } = storageOf(this.id, def);
      const predecessor = connections.get(this.id)?.server;
      this.connection = new Connection(
        { ...optionsFrom(def, devicesOf(this, def)), ...options },
        { ...parts, predecessor },
      );
      connections.set(this.id, this.connection);
      this.connection.on('trouble', (error) => this.error(error.message));
      this.connection.on('warning', (text) => this.warn(text));
    } catch (error) {
      this.error(error);
    }
    live.add(this);
    const onFlowsStarted = (): void => this.connection?.flowsStarted();
    const onFlowsStopping = (): void => this.connection?.flowsStopping();
    RED.events.on('flows:started', onFlowsStarted);
    RED.events.on('flows:stopping', onFlowsStopping);
    this.on('close', (removed: boolean, done: () => void) => {
      RED.events.off('flows:started', onFlowsStarted);
      RED.events.off('flows:stopping', onFlowsStopping);
      live.remove(this);
      if (removed) {
        memories.delete(this.id);
        connections.delete(this.id);
      }
      void (this.connection?.close() ?? Promise.resolve()).then(() => done());
    });
  }

  /** By the id of the node, which stays when it is renamed or deployed again. */
  function storageOf(id: string, def: GoipServerDef): { readonly options: ServerOptions; readonly parts: ServerParts } {
    if (def.storage === 'memory') {
      const parts = memories.get(id) ?? partsInMemory();
      memories.set(id, parts);
      return { options: {}, parts };
    }
    const userDir = RED.settings.userDir ?? path.join(os.homedir(), '.node-red');
    return { options: { storage: path.join(userDir, 'goip', fileNameOf(id)) }, parts: {} };
  }

  /**
   * Merges what the browser changed into the stored passwords, and notes whose there are. The stored values are used, never
   * the node's own, in which `${ENV}` has been replaced.
   */
  function storeChanges(id: string, def: GoipServerDef): void {
    const stored = (RED.nodes.getCredentials(id) as Credentials | undefined) ?? {};
    const { password, changes } = stored;
    const keys = new Set((def.devices ?? []).map(keyOf));
    const all = Object.entries(mergedPasswords(stored));
    const merged = changes === undefined ? all : all.filter(([key]) => keys.has(key));
    // The browser learns whether there are any: none must look like none.
    const isEmpty = merged.length === 0;
    const own = isEmpty ? undefined : JSON.stringify(merged.map(([key]) => key));
    if (changes === undefined && stored.own === own) return;
    const passwords = changes === undefined ? stored.passwords : isEmpty ? undefined : Object.fromEntries(merged);
    void RED.nodes.addCredentials(id, { password, passwords, own });
  }

  function devicesOf(node: Node<Credentials>, def: GoipServerDef): DeviceOptions[] {
    const { password: common } = node.credentials;
    const passwords = mergedPasswords(node.credentials);
    const devices = new Map<string, DeviceOptions>();
    for (const row of def.devices ?? []) {
      const { id = '', name, group } = row;
      const password = passwords[keyOf(row)] ?? common;
      const allow = allowFrom(row.allow);
      const disabled = booleanFrom(row.disabled);
      const limits = row.limits && limitsFrom(row.limits);
      const problem =
        problemOfDevice(id, password, allow) ??
        (limits && problemOfLimits(limits, limitsFrom(def))) ??
        (devices.has(id) ? 'its id is there twice' : undefined);
      // One bad row must not take the other lines down.
      if (problem === undefined) devices.set(id, { id, name, password, allow, group: group?.trim(), limits, disabled });
      else node.error(new GoipError('GOIP_BAD_SETTING', `device ${JSON.stringify(id)} is left out: ${problem}`));
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
        own: { type: 'text' },
      },
    },
  );
};

function partsInMemory(): ServerParts {
  const store = new MemoryStore();
  return { openStore: () => Promise.resolve(store), seen: new SeenInMemory() };
}

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
    allow: allowFrom(def.allow),
    pinAddress: booleanFrom(def.pinAddress),
    offlineAfter: numberFrom(def.offlineAfter),
    keepaliveStatus: numberFrom(def.keepaliveStatus),
    resendInterval: numberFrom(def.resendInterval),
    resendCount: numberFrom(def.resendCount),
    statusQuery: def.statusQuery || undefined,
    queryInterval: numberFrom(def.queryInterval),
    sessionsPerLine: numberFrom(def.sessionsPerLine),
    ...limitsFrom(def),
    // A flow from before goes on failing where it failed.
    attempts: numberFrom(def.attempts) ?? (def.version === 1 ? 1 : undefined),
    retryUnknown: booleanFrom(def.retryUnknown),
    routes: routesFrom(def.routes),
    sticky: booleanFrom(def.sticky),
    country: def.country?.trim() || undefined,
    eventDelay: numberFrom(def.eventDelay),
    queueLimit: numberFrom(def.queueLimit),
    retention: numberFrom(def.retention),
    joinParts: numberFrom(def.joinParts),
  };
}

function limitsFrom(def: LimitsDef): LimitOptions {
  return {
    pauseMin: numberFrom(def.pauseMin),
    pauseMax: numberFrom(def.pauseMax),
    hourLimit: numberFrom(def.hourLimit),
    dayLimit: numberFrom(def.dayLimit),
    quietHours: def.quietHours?.trim() || undefined,
    cooldownAfter: numberFrom(def.cooldownAfter),
    cooldown: numberFrom(def.cooldown),
  };
}

/** Rows that nobody has filled in are none. */
function routesFrom(rows: readonly RouteRow[] = []): RoutingRule[] {
  return rows
    .filter(({ prefix, device }) => !isBlank(prefix) || !isBlank(device))
    .map(({ prefix = '', device = [] }) => ({
      prefix: String(prefix).replace(/[\s().-]/g, ''),
      device: [device].flat().flatMap((names) => names.split(/[,;]/).flatMap((name) => name.trim() || [])),
    }));
}

/** Blank means the default; what is no number becomes NaN and is refused by name. */
function numberFrom(value: string | number | undefined): number | undefined {
  return isBlank(value) ? undefined : Number(value);
}

/** What is neither is refused by name. */
function booleanFrom(value: boolean | string | undefined): boolean | undefined {
  if (isBlank(value)) return undefined;
  return value === 'true' ? true : value === 'false' ? false : (value as boolean);
}

/** Blank means everybody. What is not blank and holds no entry stays as it is: to be refused, and not to open to all. */
function allowFrom(value: unknown): string[] {
  return [value ?? ''].flat().flatMap((item) => {
    const text = typeof item === 'string' ? item.trim() : JSON.stringify(item);
    return text.match(/[^\s,]+/g) ?? (text === '' ? [] : [text]);
  });
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

/** Ids made by the editor are file names already; others may hold anything. */
function fileNameOf(id: string): string {
  return encodeURIComponent(id).replaceAll('.', '%2E');
}
