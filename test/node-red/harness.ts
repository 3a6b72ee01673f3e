/**
 * The four nodes in a real Node-RED runtime, through node-red-node-test-helper.
 *
 * `NODE_RED_MAJOR` chooses the release of Node-RED, see ./release.ts; otherwise it is Node-RED 4.1.
 * What cannot be run that way fails; nothing is skipped.
 */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Node, NodeAPI, NodeMessage, NodeStatus } from 'node-red';
import goipIn from '../../nodes/goip-in/runtime.js';
import goipSend from '../../nodes/goip-send/runtime.js';
import goipServer from '../../nodes/goip-server/runtime.js';
import goipStatus from '../../nodes/goip-status/runtime.js';
import { GoipSimulator, type SimulatorOptions } from '../../src/simulator/index.js';
import { RELEASE, requireBesideNodeRed } from './release.js';

/** A node as in a flow file. */
export interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly [property: string]: unknown;
}

/** Credentials by node id. Values may be objects, such as `passwords` of goip-server. */
export type Credentials = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A message as a flow sees it, with whatever the nodes put into it. */
export interface Message extends NodeMessage {
  readonly [property: string]: unknown;
}

export type DeployType = 'full' | 'flows' | 'nodes';

export interface LogEntry {
  /** The id of the node that logged; undefined for the runtime itself. */
  readonly id?: string;
  readonly type?: string;
  readonly msg: unknown;
}

/** How long to wait for what must happen, in milliseconds; loopback and the simulator are far quicker. */
const PATIENCE = 8000;

/** Node type that keeps what it receives, from the first moment of the flow. */
const RECORDER = 'recorder';

/** What debug nodes receive is recorded too, so that an example need not be changed to be looked at. */
const DEBUG_HOOK = 'onReceive.debugNodes';
const DONE_HOOK = 'onComplete.inputs';

/** Where Node-RED keeps the core nodes that flows of our tests use, beside those that the helper brings. */
const CORE_NODES: Partial<Record<string, string>> = {
  change: 'function/15-change.js',
  comment: 'common/90-comment.js',
  csv: 'parsers/70-CSV.js',
  debug: 'common/21-debug.js',
  delay: 'function/89-delay.js',
  file: 'storage/10-file.js',
  'file in': 'storage/10-file.js',
  function: 'function/10-function.js',
  'http in': 'network/21-httpin.js',
  'http response': 'network/21-httpin.js',
  inject: 'common/20-inject.js',
  json: 'parsers/70-JSON.js',
  'link in': 'common/60-link.js',
  'link out': 'common/60-link.js',
  'mqtt in': 'network/10-mqtt.js',
  'mqtt out': 'network/10-mqtt.js',
  switch: 'function/10-switch.js',
  trigger: 'function/89-trigger.js',
};

/** A node for the end of a wire; see {@link NodeRed.nextMessage}. */
export function recorder(id: string): FlowNode {
  return { id, type: RECORDER, z: 'tab', wires: [] };
}

/**
 * To be called in a `describe`: starts Node-RED before its tests and stops it after them. After each test the flow and the
 * simulated gateways are stopped, and the test fails if it left something open. `settings` are Node-RED's.
 */
export function useNodeRed(settings: object = {}): NodeRed {
  const nodeRed = new NodeRed();
  before(async () => {
    // Journals go there, and not to the user directory of whoever runs the tests.
    nodeRed.userDir = await mkdtemp(path.join(tmpdir(), 'goip-user-dir-'));
    helper.settings({ ...settings, userDir: nodeRed.userDir });
    await helper.startServer();
  });
  beforeEach(() => nodeRed.begin());
  afterEach(() => nodeRed.end());
  after(async () => {
    await helper.stopServer();
    await rm(nodeRed.userDir, { recursive: true, force: true });
  });
  return nodeRed;
}

export class NodeRed {
  /** Node-RED's user directory. */
  userDir = '';
  readonly #news = new EventEmitter().setMaxListeners(0);
  readonly #messages = new Map<string, { all: Message[]; untaken: Message[] }>();
  readonly #statuses = new Map<string, NodeStatus[]>();
  /** How many messages have come to each node. */
  readonly #received = new Map<string, number>();
  /** How the inputs of each node ended. */
  readonly #ends = new Map<string, (Error | undefined)[]>();
  readonly #gateways: GoipSimulator[] = [];
  #httpNode: NodeAPI['httpNode'] | undefined;
  #loaded = false;
  #openBefore: Open | undefined;

  /** For example `4.1.15`. */
  get version(): string {
    return helper._RED.version();
  }

  /** Starts a flow. Resolves when all its nodes are there and their flows have started. */
  async loadFlow(flow: readonly FlowNode[], credentials: Credentials = {}): Promise<void> {
    this.#loaded = true;
    // catch, complete and status too: a later deploy may have them when the first flow has not.
    const coreNodes = [...broughtNodes, ...coreNodesOf(flow)];
    const ours = [goipServer, goipIn, goipSend, goipStatus].map((file) => withVersion(file));
    const nodes = [this.#recorderType, ...coreNodes, ...ours];
    await helper.load(nodes, placed(flow), structuredClone(credentials));
  }

  /** What the Deploy button does; credentials are those that the editor would send, of changed nodes only. */
  async deploy(flow: readonly FlowNode[], type: DeployType = 'full', credentials: Credentials = {}): Promise<void> {
    // Not helper.setFlows(): it begins to listen for the event when it may be over.
    const started = withPatience((signal) => once(helper._events, 'flows:started', { signal }));
    await helper._redNodes.setFlows(placed(flow), structuredClone(credentials), type);
    await started.catch(() => assert.fail('the flows did not start; is a node type missing?'));
  }

  /** Stops the flow, as Node-RED does when it ends. What the recorders and statuses hold stays to be looked at. */
  async unload(): Promise<void> {
    if (!this.#loaded) return;
    this.#loaded = false;
    await helper.unload();
  }

  node(id: string): Node {
    const node = helper.getNode(id);
    assert(node, `there is no node ${id}`);
    return node;
  }

  /** Hands a message to the input of a node. */
  receive(id: string, message: object): void {
    this.node(id).receive(message as NodeMessage);
  }

  /** What a click on the button of an inject node does. */
  inject(id: string): void {
    this.receive(id, {});
  }

  /** All that a recorder or a debug node has received so far. */
  messages(recorderId: string): readonly Message[] {
    return this.#inboxOf(recorderId).all;
  }

  /** The first message of a recorder or a debug node that was not yet taken and matches; waits for it. */
  nextMessage(recorderId: string, matches: (message: Message) => boolean = () => true): Promise<Message> {
    const { all, untaken } = this.#inboxOf(recorderId);
    const take = (): Message | undefined => {
      const index = untaken.findIndex(matches);
      return index < 0 ? undefined : untaken.splice(index, 1)[0];
    };
    return this.#until(take, () => `no such message at ${recorderId}; it received ${JSON.stringify(all)}`);
  }

  async nextMessages(recorderId: string, count: number): Promise<Message[]> {
    const messages: Message[] = [];
    while (messages.length < count) messages.push(await this.nextMessage(recorderId));
    return messages;
  }

  /** Waits until so many messages have come to a node of any kind, since the beginning of the test. */
  async whenReceived(id: string, count: number): Promise<void> {
    await this.until(() => this.#receivedBy(id) >= count, `message ${count} at ${id}`);
  }

  /** What the node has called `done` with, once for each call since the beginning of the test: an error, or undefined. */
  ends(id: string): readonly (Error | undefined)[] {
    return this.#ends.get(id) ?? [];
  }

  /** What is shown under a node; undefined before its first status. */
  status(id: string): NodeStatus | undefined {
    return this.statuses(id).at(-1);
  }

  /** All that was shown under a node, since the beginning of the test. */
  statuses(id: string): readonly NodeStatus[] {
    return this.#statuses.get(id) ?? [];
  }

  /** Waits until a node shows this text, or what matches; the status may be there already. */
  whenStatus(id: string, wanted: string | ((status: NodeStatus) => boolean)): Promise<NodeStatus> {
    const matches = typeof wanted === 'string' ? ({ text }: NodeStatus) => text === wanted : wanted;
    const find = (): NodeStatus | undefined => {
      const status = this.status(id);
      return status && matches(status) ? status : undefined;
    };
    return this.#until(find, () => `no such status under ${id}; it had ${JSON.stringify(this.statuses(id))}`);
  }

  /** Lets go of all that was recorded: nodes, messages, statuses and log entries. */
  forget(): void {
    this.#messages.clear();
    this.#statuses.clear();
    this.#received.clear();
    this.#ends.clear();
    helper._sandbox.resetHistory();
  }

  /** What the nodes and the runtime logged at a level since `loadFlow`. */
  logged(level: 'error' | 'warn' | 'info'): LogEntry[] {
    const code = { error: 20, warn: 30, info: 40 }[level];
    const calls = helper.log()?.args ?? [];
    return calls.map(([entry]) => entry).filter((entry) => entry.level === code);
  }

  /** Waits until a condition on messages, statuses and log entries holds; it is looked at whenever one of them comes. */
  until(condition: () => boolean, what: string): Promise<true> {
    return this.#until(
      () => condition() || undefined,
      () => `never came: ${what}`,
    );
  }

  /** Credentials as they are stored: what a deploy would write. */
  storedCredentials(id: string): Readonly<Record<string, unknown>> | undefined {
    return helper._redNodes.getCredentials(id) ?? undefined;
  }

  /** What answers at the addresses of `http in` nodes. */
  get httpNode(): NodeAPI['httpNode'] {
    assert(this.#httpNode, 'no flow was loaded');
    return this.#httpNode;
  }

  /** Requests to the admin API's own endpoints (supertest). */
  request(): ReturnType<TestHelper['request']> {
    return helper.request();
  }

  /** A gateway that is stopped after the test. Resolves when all its lines have sent their first keepalive. */
  async startGateway(options: SimulatorOptions): Promise<GoipSimulator> {
    const gateway = new GoipSimulator(options);
    this.#gateways.push(gateway);
    await gateway.start();
    return gateway;
  }

  /** Called before each test. */
  async begin(): Promise<void> {
    this.forget();
    // Timers of the helper's web socket and of mocha for this hook begin a moment later; they are not the test's.
    await turnOfEventLoop();
    this.#openBefore = whatIsOpen();
    helper._events.on('node-status', this.#onStatus);
    helper._RED.hooks.add(DEBUG_HOOK, this.#onReceive);
    helper._RED.hooks.add(DONE_HOOK, this.#onComplete);
    helper._RED.log.addHandler(this.#logHandler);
  }

  /** Called after each test. */
  async end(): Promise<void> {
    await this.unload();
    await rm(path.join(this.userDir, 'goip'), { recursive: true, force: true });
    await Promise.all(this.#gateways.splice(0).map((gateway) => gateway.stop()));
    helper._events.off('node-status', this.#onStatus);
    helper._RED.hooks.remove(DEBUG_HOOK);
    helper._RED.hooks.remove(DONE_HOOK);
    helper._RED.log.removeHandler(this.#logHandler);
    assert(this.#openBefore);
    await assertNothingLeft(this.#openBefore);
  }

  readonly #onStatus = ({ id, status = {} }: { id: string; status?: NodeStatus }): void => {
    const statuses = this.#statuses.get(id) ?? [];
    this.#statuses.set(id, statuses);
    statuses.push(status);
    this.#news.emit('news');
  };

  #receivedBy(id: string): number {
    return this.#received.get(id) ?? 0;
  }

  readonly #onReceive = ({ msg, destination }: ReceiveEvent): void => {
    this.#received.set(destination.id, this.#receivedBy(destination.id) + 1);
    if (destination.node.type === 'debug') this.#record(destination.id, structuredClone(msg));
    this.#news.emit('news');
  };

  readonly #logHandler = new EventEmitter().on('log', () => void this.#news.emit('news'));

  readonly #onComplete = ({ node, error }: CompleteEvent): void => {
    this.#ends.set(node.id, [...this.ends(node.id), error]);
    this.#news.emit('news');
  };

  readonly #recorderType = (RED: NodeAPI): void => {
    this.#httpNode = RED.httpNode;
    const record = this.#record.bind(this);
    RED.nodes.registerType(RECORDER, function (this: Node, definition) {
      RED.nodes.createNode(this, definition);
      this.on('input', (message, _send, done) => {
        record(this.id, message);
        done();
      });
    });
  };

  #record(id: string, message: Message): void {
    const { all, untaken } = this.#inboxOf(id);
    all.push(message);
    untaken.push(message);
    this.#news.emit('news');
  }

  #inboxOf(id: string): { all: Message[]; untaken: Message[] } {
    const inbox = this.#messages.get(id) ?? { all: [], untaken: [] };
    this.#messages.set(id, inbox);
    return inbox;
  }

  async #until<T>(find: () => T | undefined, complaint: () => string): Promise<T> {
    return withPatience(async (signal) => {
      for (;;) {
        const found = find();
        if (found !== undefined) return found;
        await once(this.#news, 'news', { signal }).catch(() => assert.fail(complaint()));
      }
    });
  }
}

/** Aborts what takes longer than {@link PATIENCE}. Leaves no timer behind, as a signal of its own with a timeout would. */
async function withPatience<T>(wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  try {
    return await wait(patience.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** A place on the tab is what tells Node-RED a flow node from a config node. */
function placed(flow: readonly FlowNode[]): FlowNode[] {
  return structuredClone(flow).map((node) => (node['z'] === undefined ? node : { x: 100, y: 100, ...node }));
}

/** What a flow or a gateway can leave behind. */
interface Open {
  readonly 'UDP sockets': number;
  readonly timers: number;
  readonly 'listeners for flows:started': number;
  readonly 'listeners for flows:stopping': number;
}

function whatIsOpen(): Open {
  const resources = process.getActiveResourcesInfo();
  return {
    'UDP sockets': resources.filter((name) => name === 'UDPWrap').length,
    timers: resources.filter((name) => name === 'Timeout').length,
    'listeners for flows:started': helper._events.listenerCount('flows:started'),
    'listeners for flows:stopping': helper._events.listenerCount('flows:stopping'),
  };
}

async function assertNothingLeft(before: Open): Promise<void> {
  const left = (): string[] => {
    const now = whatIsOpen();
    return (Object.keys(now) as (keyof Open)[]).filter((kind) => now[kind] > before[kind]);
  };
  // A closed handle is gone some turns of the event loop later; one that is leaked stays.
  for (let turn = 0; left().length > 0 && turn < 100; turn += 1) await turnOfEventLoop();
  assert.deepEqual(left(), [], 'left open by the test');
}

function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What the helper hands to node files lacks it. */
function withVersion(file: (RED: NodeAPI) => void): (RED: NodeAPI) => void {
  return (RED) => file(Object.assign(RED, { version: () => helper._RED.version() }));
}

function coreNodesOf(flow: readonly FlowNode[]): unknown[] {
  const files = flow.flatMap(({ type }) => CORE_NODES[type] ?? []);
  return [...new Set(files)].map((file) => requireBesideNodeRed(`@node-red/nodes/core/${file}`) as unknown);
}

/** A message on its way into a node, as Node-RED's hooks tell it. */
interface ReceiveEvent {
  readonly msg: Message;
  readonly destination: { readonly id: string; readonly node: Node };
}

/** A call of `done`, as Node-RED's hooks tell it. */
interface CompleteEvent {
  readonly node: { readonly id: string };
  readonly error?: Error;
}

/** The part of the helper that is used here; it comes without types. */
interface TestHelper {
  load(nodes: readonly unknown[], flow: readonly FlowNode[], credentials: Credentials): Promise<void>;
  unload(): Promise<void>;
  getNode(id: string): Node | null;
  startServer(): Promise<void>;
  stopServer(): Promise<void>;
  settings(settings: object): void;
  /** Spy on the runtime's log. */
  log(): { readonly args: readonly (readonly [LogEntry & { readonly level: number }])[] } | undefined;
  request(): Record<'get' | 'post', (path: string) => PromiseLike<{ status: number; body: unknown; text: string }>>;
  readonly _RED: {
    readonly log: { addHandler(handler: EventEmitter): void; removeHandler(handler: EventEmitter): void };
    version(): string;
    readonly hooks: {
      add(name: typeof DEBUG_HOOK, callback: (event: ReceiveEvent) => void): void;
      add(name: typeof DONE_HOOK, callback: (event: CompleteEvent) => void): void;
      remove(name: string): void;
    };
  };
  readonly _events: EventEmitter;
  readonly _sandbox: { resetHistory(): void };
  /** The core nodes that it brings: catch, complete, status. */
  _nodeModules: Readonly<Record<string, unknown>>;
  readonly _redNodes: {
    setFlows(flow: readonly FlowNode[], credentials: Credentials, type: DeployType): Promise<unknown>;
    getCredentials(id: string): Readonly<Record<string, unknown>> | null;
  };
}

const helper = loadHelper();
const broughtNodes = Object.values(helper._nodeModules);
// It would register each as often as the flow has one, and a type cannot be registered twice.
helper._nodeModules = {};

/** The helper takes the Node-RED that stands beside it in node_modules. */
function loadHelper(): TestHelper {
  const found = requireBesideNodeRed('node-red-node-test-helper') as TestHelper;
  const version = found._RED.version();
  assert(version.startsWith(`${RELEASE}.`), `this is Node-RED ${version}, wanted was ${RELEASE}`);
  const [nodeMajor = 0, nodeMinor = 0] = process.versions.node.split('.').map(Number);
  const isRunnable = RELEASE !== '5' || nodeMajor > 22 || (nodeMajor === 22 && nodeMinor >= 9);
  assert(isRunnable, `Node-RED 5 needs Node.js 22.9 or newer, this is ${process.version}; use npm run test:node-red-5`);
  return found;
}
