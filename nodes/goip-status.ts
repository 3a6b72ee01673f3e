import type { Node, NodeAPI, NodeDef } from 'node-red';
import { GoipError, type EventKind, type GoipServer, type LineState } from '../src/index.js';
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
          (emit === 'keepalive' || mayBeNews || !told.has(device)),
        take: ({ payload, device }) => {
          const state = payload as LineState;
          if (told.isNews(state) || emit === 'keepalive') this.send({ payload: state, topic: device });
        },
      });
    };
    const { server } = useServer(RED, this, { server: def.server, devices: devices ?? [], started });

    this.on('input', (msg, send, done) => {
      if (!server) return done(new GoipError('GOIP_NO_SERVER', 'there is no GoIP server of use'));
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

/** The states that were sent, to tell what is new; counters, queue and times alone are no news. */
class ToldStates {
  readonly #states = new Map<string, Readonly<Record<string, unknown>>>();

  has(device: string): boolean {
    return this.#states.has(device);
  }

  isNews({ lastSeen, queue, counters, usage, hold, raw, ...state }: LineState): boolean {
    const current = { ...state, held: hold?.reason };
    const told = this.#states.get(state.device);
    if (told && Object.entries(current).every(([name, value]) => told[name] === value)) return false;
    this.#states.set(state.device, current);
    return true;
  }
}
