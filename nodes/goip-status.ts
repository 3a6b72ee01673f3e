import type { Node, NodeAPI, NodeDef } from 'node-red';
import { GoipError, type EventKind, type GoipServer, type LineState } from '../src/index.js';
import type { GoipServerNode } from './connection.js';
import { diagnosticsOf } from './diagnostics.js';
import { useServer } from './server-user.js';

interface GoipStatusDef extends NodeDef {
  readonly server: string;
  /** Device ids; empty for all. */
  readonly devices?: readonly string[];
  readonly emit?: 'change' | 'keepalive' | 'request';
}

export = function (RED: NodeAPI): void {
  function GoipStatus(this: Node, def: GoipStatusDef): void {
    RED.nodes.createNode(this, def);
    const { emit = 'change' } = def;
    const devices = def.devices?.length ? def.devices : undefined;

    const started = (server: GoipServer): (() => void) => {
      const told = new ToldStates();
      return server.takeEvents({
        wants: (kind, device, mayBeNews) =>
          emit !== 'request' &&
          LINE_EVENTS.has(kind) &&
          devices?.includes(device) !== false &&
          (emit === 'keepalive' || mayBeNews || told.mayChange(device)),
        take: ({ payload, device }) => {
          const state = payload as LineState;
          if (told.isNews(state) || emit === 'keepalive') this.send({ payload: state, topic: device });
        },
      });
    };
    const { server } = useServer(RED, this, { server: def.server, devices: devices ?? [], started });

    this.on('input', (msg, send, done) => {
      if (!server) return done(new GoipError('GOIP_NO_SERVER', 'there is no GoIP server of use'));
      if ((msg as { action?: unknown }).action === 'diagnostics') {
        const node = RED.nodes.getNode(def.server) as GoipServerNode;
        send(Object.assign(msg, { payload: diagnosticsOf(RED, node) }));
        return done();
      }
      const lines = server.lines(devices);
      msg.payload = devices?.length === 1 ? lines[0] : lines;
      send(Object.assign(msg, { jobs: server.jobs(), rejected: server.rejected, dropped: server.dropped }));
      done();
    });
  }

  RED.nodes.registerType('goip status', GoipStatus);
};

/** Events whose payload is the state of the line. A line comes online with a keepalive, which tells it all. */
const LINE_EVENTS: ReadonlySet<EventKind> = new Set<EventKind>([
  'keepalive',
  'offline',
  'line-failing',
  'line-recovered',
  'limit-reached',
]);

/** What changes all the time, and of which nobody wants to hear by itself. */
type NoNews = 'device' | 'lastSeen' | 'queue' | 'counters' | 'usage' | 'hold' | 'lastError' | 'raw';

/** All the rest of a state. */
const NEWS: Readonly<Record<Exclude<keyof LineState, NoNews>, true>> = {
  name: true,
  group: true,
  online: true,
  since: true,
  address: true,
  port: true,
  number: true,
  signal: true,
  gsmStatus: true,
  voipStatus: true,
  voipState: true,
  operator: true,
  imei: true,
  imsi: true,
  iccid: true,
  failing: true,
};
const NAMES = Object.keys(NEWS) as (keyof typeof NEWS)[];

/** Why a line sends nothing. The pause after each SMS is no news; until when is none, either. */
function holdOf({ hold }: LineState): string | undefined {
  return hold?.reason === 'pause' ? undefined : hold?.reason;
}

/** The states that were sent, to tell what is new. */
class ToldStates {
  readonly #states = new Map<string, readonly unknown[]>();
  readonly #held = new Set<string>();

  /** Can there be news in a keepalive that says the same as before: nothing was told yet, or a hold that may be over? */
  mayChange(device: string): boolean {
    return !this.#states.has(device) || this.#held.has(device);
  }

  isNews(state: LineState): boolean {
    const hold = holdOf(state);
    const current: unknown[] = NAMES.map((name) => state[name]);
    current.push(hold);
    const told = this.#states.get(state.device);
    if (told && current.every((value, index) => value === told[index])) return false;
    this.#states.set(state.device, current);
    if (hold === undefined) this.#held.delete(state.device);
    else this.#held.add(state.device);
    return true;
  }
}
