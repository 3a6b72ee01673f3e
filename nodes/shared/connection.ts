/** A config node's server through its life: bound while somebody uses it, and bound again when the port was in use. */
import { EventEmitter } from 'node:events';
import type { Node } from 'node-red';
import { GoipServer, type ClockStep, type LineState, type ServerOptions, type ServerParts } from '../../src/index.js';
import { printable } from '../../src/printable.js';

/** The config node, as flow nodes know it. */
export interface GoipServerNode extends Node {
  /** Undefined where the settings are of no use; the node has said so. */
  connection: Connection | undefined;
}

export type ConnectionState = 'connecting' | 'listening' | 'port in use' | 'storage error' | 'error' | 'closed';

/** Seconds to the next attempt to bind: doubled from the first to the last. */
const FIRST_RETRY = 1;
const LAST_RETRY = 30;

/** Seconds that closing waits for an SMS that a device has in hand (2–5 s on air); Node-RED gives up after 15. */
const CLOSE_GRACE = 8;

/**
 * Milliseconds in which an SMS may be on its way through a flow: if the flow stops within them, the SMS is delivered again.
 * Long enough for dozens of nodes, and short enough that few SMS are flagged for nothing.
 */
const SETTLE_MS = 100;

export class Connection extends EventEmitter<{
  /** The state is another one. */
  change: [];
  /** All nodes of the flows are there: what is sent now meets its receiver. */
  flowsStarted: [];
  /** The wall clock was set. */
  clock: [ClockStep];
  /** The socket or the journal is out of order, or a listener has thrown; reported once per trouble, not per attempt. */
  trouble: [Error];
  /** The journal on disk could not be carried over into memory. */
  leftBehind: [];
  /** A user should know of it; nothing is out of order in the server. */
  warning: [string];
}> {
  readonly #users = new Set<object>();
  #isFlowing = false;
  /** What waits for the flows to start, in order. */
  #waiting: (() => void)[] = [];
  /** Made when somebody asks for it: with thousands of devices it costs tens of milliseconds. */
  #server: GoipServer | undefined;
  /** The server that the next one replaces. */
  #predecessor: GoipServer | undefined;
  readonly #parts: Omit<ServerParts, 'predecessor'>;
  #state: ConnectionState = 'closed';
  #retry: NodeJS.Timeout | undefined;
  /** The binding or closing under way; the next one waits for it. */
  #settled: Promise<void> = Promise.resolve();

  /** @throws GoipError `GOIP_BAD_SETTING` */
  constructor(
    private readonly options: ServerOptions,
    { predecessor, ...parts }: ServerParts,
  ) {
    super();
    this.setMaxListeners(0);
    this.#parts = parts;
    this.#predecessor = predecessor;
    this.#server = this.#newServer();
  }

  get state(): ConnectionState {
    return this.#state === 'listening' && this.#server?.storageFailure ? 'storage error' : this.#state;
  }

  /** The server; the same one for as long as there are users. */
  get server(): GoipServer {
    this.#server ??= this.#newServer();
    return this.#server;
  }

  /** The last server, for the connection that replaces this one. */
  get lastServer(): GoipServer | undefined {
    return this.#server ?? this.#predecessor;
  }

  /** Flows are about to stop: what is in them is lost, and nothing more may be given to them. */
  flowsStopping(): void {
    this.#isFlowing = false;
    this.#server?.hold();
  }

  /** All nodes of the flows are there. */
  flowsStarted(): void {
    this.#isFlowing = true;
    this.emit('flowsStarted');
    // After all takers are there: each gets what was held. The steps of a number come before its result.
    this.#server?.release();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const callback of waiting) callback();
  }

  /** Calls back when a message can be sent: at once, or in order when the flows have started. */
  whenFlowing(callback: () => void): void {
    if (this.#isFlowing) callback();
    else this.#waiting.push(callback);
  }

  /** The first user makes it bind. */
  register(user: object): void {
    this.#users.add(user);
    if (this.#state !== 'closed') return;
    this.#setState('connecting');
    this.#bind(FIRST_RETRY);
  }

  /** The last user to leave for good (`removed`) releases the port; others may come back after a deploy. */
  async deregister(user: object, removed: boolean): Promise<void> {
    this.#users.delete(user);
    if (removed && this.#users.size === 0) await this.close();
  }

  async close(): Promise<void> {
    if (this.#state !== 'closed') {
      clearTimeout(this.#retry);
      this.#setState('closed');
      const { server } = this;
      // A server that was stopped takes no more jobs; whoever registers next gets a new one.
      this.#predecessor = server;
      this.#server = undefined;
      this.#settled = this.#settled.then(() => server.stop({ graceSeconds: CLOSE_GRACE }));
    }
    return this.#settled;
  }

  #newServer(): GoipServer {
    const server = new GoipServer(this.options, {
      ...this.#parts,
      predecessor: this.#predecessor,
      settleMs: SETTLE_MS,
    });
    // Its lines have moved: what is kept of it would add up over deploys.
    this.#predecessor = undefined;
    server.hold();
    server.on('storage', (event) => {
      if (event.state !== 'healed') this.emit('trouble', event.error);
      if (event.state === 'left behind') this.emit('leftBehind');
      this.emit('change');
    });
    server.takeEvents({
      wants: (kind) => kind === 'duplicate-device',
      take: ({ device, payload }) => this.emit('warning', duplicateWarning(device, payload)),
    });
    server.on('fault', (error) => this.emit('trouble', error));
    server.on('clock', (step) => this.emit('clock', step));
    server.on('broken', (error) => {
      if (server === this.#server && this.#state !== 'closed') this.#retryAfter(error, FIRST_RETRY);
    });
    return server;
  }

  #bind(nextRetry: number): void {
    const { server } = this;
    const isWanted = (): boolean => server === this.#server && this.#state !== 'closed';
    this.#settled = this.#settled.then(async () => {
      if (!isWanted()) return;
      try {
        await server.start();
        if (isWanted()) this.#setState('listening');
      } catch (error) {
        if (isWanted()) this.#retryAfter(error as Error, nextRetry);
      }
    });
  }

  #retryAfter(error: Error, seconds: number): void {
    const state = stateAfter(error);
    if (this.#state !== state) this.emit('trouble', error);
    this.#setState(state);
    this.#retry = setTimeout(() => this.#bind(Math.min(seconds * 2, LAST_RETRY)), seconds * 1000);
  }

  #setState(state: ConnectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.emit('change');
  }
}

function duplicateWarning(device: string, payload: object): string {
  const addresses = 'duplicate' in payload ? (payload as LineState).duplicate?.addresses : undefined;
  const which = addresses ? `: ${addresses.join(' and ')}` : '';
  return `two devices send keepalives with the id "${printable(device)}"${which}; give each device an id of its own`;
}

function stateAfter(error: Error): ConnectionState {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return 'port in use';
  return code === 'GOIP_STORAGE' ? 'storage error' : 'error';
}
