import type { Node, NodeAPI, NodeDef } from 'node-red';
import os from 'node:os';
import path from 'node:path';
import { GoipError, MemoryStore, SeenInMemory, type ServerOptions, type ServerParts } from '../../src/index.js';
import { secretsOf } from '../../src/config/read-config.js';
import { fieldsOf as fieldsIn, kindOf, numberOf } from '../../src/reading/values.js';
import { quoted } from '../../src/secrets.js';
import { defaultOfVersion, SETTINGS, type SettingName } from '../../src/tables/settings.js';
import { serveAdminApi } from '../shared/admin-api.js';
import { clockNotice } from '../shared/clock-notice.js';
import { fieldsOf, isBlank, textOf } from '../shared/configured.js';
import { Connection, type GoipServerNode } from '../shared/connection.js';
import { JournalTidier } from '../shared/journal-tidier.js';
import { liveViewOf } from '../shared/live-view.js';
import { keyOf, mergedPasswords, type Credentials } from '../shared/credentials.js';
import { unusedPasswords } from '../shared/unused-passwords.js';
import { withUnsetVariables } from '../shared/unset-variables.js';

/** A node as saved in the flow. People and scripts write flows, too: only the core's reading knows the types of its properties. */
type GoipServerDef = NodeDef & Readonly<Record<string, unknown>>;

export = function (RED: NodeAPI): void {
  const live = liveViewOf(RED);
  serveAdminApi(RED, live);
  /** What a server without a disk keeps outlives a deploy, by the id of its node. */
  const memories = new Map<string, MemoryParts>();
  /** The last connection by the id of its node: the next one goes on with its lines. */
  const connections = new Map<string, Connection>();

  /** Ids of servers in memory whose journal on disk could not be carried over. */
  const leftBehind = new Set<string>();

  const journals = new JournalTidier(
    RED,
    journalFolder,
    fileNameOf,
    () => connections.keys(),
    () => Array.from(connections.values(), ({ lastServer }) => lastServer?.retentionMs ?? 0),
    (id) => leftBehind.has(id),
  );

  function GoipServer(this: GoipServerNode & Node<Credentials>, def: GoipServerDef): void {
    RED.nodes.createNode(this, def);
    const options = optionsFrom(def, this.credentials);
    const secrets = secretsOf(options);
    for (const warning of unusedPasswords(def, this.credentials, options)) this.warn(warning);
    if (numberOf(options.port) === 0)
      this.warn('port 0 is another port at each start: gateways cannot find the server');
    try {
      // The credentials of a node in a subflow are those of its definition.
      storeChanges(typeof def['_alias'] === 'string' ? def['_alias'] : this.id, def);
      const { storage, parts } = storageOf(this.id, options.storage);
      const predecessor = connections.get(this.id)?.lastServer;
      this.connection = new Connection({ ...options, storage }, { ...parts, predecessor, isTolerant: true });
      connections.set(this.id, this.connection);
      const { server } = this.connection;
      this.connection.on('trouble', (error) => this.error(server.safeErrorOf(error).message));
      leftBehind.delete(this.id);
      this.connection.on('leftBehind', () => {
        leftBehind.add(this.id);
        journals.tidy();
      });
      this.connection.on('warning', (text) => this.warn(text));
      for (const { message, effect } of server.problems) {
        if (effect === 'default') this.warn(message);
        else this.error(new GoipError('GOIP_BAD_SETTING', message));
      }
      this.connection.on('clock', (step) => this.warn(clockNotice(step)));
    } catch (error) {
      this.error(secrets.safeErrorOf(error));
    }
    live.add(this);
    const onFlowsStarted = (): void => {
      this.connection?.flowsStarted();
      journals.tidy();
    };
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
      void (this.connection?.close() ?? Promise.resolve()).then(() => {
        done();
        // Not before: what is in a journal is read when nobody writes there any more.
        if (removed) journals.tidy();
      });
    });
  }

  /**
   * By the id of the node, which stays when it is renamed or deployed again.
   * @throws GoipError `GOIP_BAD_SETTING`: where its jobs are must not be guessed
   */
  function storageOf(id: string, written: unknown): { readonly storage: string; readonly parts: ServerParts } {
    const storage = isBlank(written) ? 'disk' : textOf(written)?.trim();
    const folder = path.join(journalFolder(), fileNameOf(id));
    const memory = memories.get(id);
    if (storage === 'memory') {
      const { store, seen } = memory ?? partsInMemory();
      memories.set(id, { store, seen });
      return { storage, parts: { openStore: () => Promise.resolve(store), seen, earlierStorage: folder } };
    }
    if (storage !== 'disk') {
      const shown = storage === undefined ? kindOf(written) : quoted(storage);
      throw new GoipError('GOIP_BAD_SETTING', `storage must be disk or memory, not ${shown}`);
    }
    return { storage: folder, parts: { earlierStorage: memory?.store, earlierSeen: memory?.seen } };
  }

  function journalFolder(): string {
    return path.join(RED.settings.userDir ?? path.join(os.homedir(), '.node-red'), 'goip');
  }

  /**
   * Merges what the browser changed into the stored passwords, and notes whose there are. The stored values are used, never
   * the node's own, in which `${ENV}` has been replaced.
   */
  function storeChanges(id: string, def: GoipServerDef): void {
    const stored = fieldsOf(RED.nodes.getCredentials(id)) as Credentials;
    const { password, changes } = stored;
    const keys = new Set(rowsOf(def).map(keyOf));
    const all = [...mergedPasswords(stored)];
    const merged = changes === undefined ? all : all.filter(([key]) => keys.has(key));
    // The browser learns whether there are any: none must look like none.
    const isEmpty = merged.length === 0;
    const own = isEmpty ? undefined : JSON.stringify(merged.map(([key]) => key));
    if (changes === undefined && stored.own === own) return;
    const passwords = changes === undefined ? stored.passwords : isEmpty ? undefined : Object.fromEntries(merged);
    void RED.nodes.addCredentials(id, { password, passwords, own });
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

interface MemoryParts {
  readonly store: MemoryStore;
  readonly seen: SeenInMemory;
}

const partsInMemory = (): MemoryParts => ({ store: new MemoryStore(), seen: new SeenInMemory() });

function rowsOf({ devices }: GoipServerDef): readonly unknown[] {
  return Array.isArray(devices) ? devices : [];
}

/** All that a flow file holds, for the core to read: the types of the options are what they should be. */
function optionsFrom(node: GoipServerDef, stored: Credentials): ServerOptions {
  const def = withUnsetVariables(node) as GoipServerDef;
  const credentials = withUnsetVariables(stored) as Credentials;
  const passwords = mergedPasswords(credentials);
  const withPassword = (row: unknown): unknown =>
    fieldsIn(row) ? { ...fieldsOf(row), password: passwords.get(keyOf(row)) } : row;
  return {
    ...def,
    devices: Array.isArray(def['devices']) ? rowsOf(def).map(withPassword) : def['devices'],
    password: credentials.password,
    ...olderDefaults(def),
  } as ServerOptions;
}

/** The defaults of older versions for settings that the node does not have: it behaves as before. */
function olderDefaults(def: GoipServerDef): Readonly<Record<string, unknown>> {
  const missing = (Object.keys(SETTINGS) as SettingName[]).filter((name) => isBlank(def[name]));
  return Object.fromEntries<unknown>(
    missing.flatMap((name) => {
      const value = defaultOfVersion(name, def['version']);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Ids made by the editor are file names already; others may hold anything. */
function fileNameOf(id: string): string {
  // A lone surrogate has no UTF-8. No other character becomes %u.
  const encoded = id.replace(/\p{Surrogate}|[^\p{Surrogate}]+/gu, (part) =>
    part.isWellFormed() ? encodeURIComponent(part) : `%u${part.charCodeAt(0).toString(16)}`,
  );
  return encoded.replaceAll('.', '%2E');
}
