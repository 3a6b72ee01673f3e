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
      const chosen = devices && new Set(devices);
      const take = (state: LineState): void => this.send({ payload: state, topic: state.device });
      if (emit === 'request') return () => undefined;
      if (emit !== 'keepalive') return server.takeChanges({ devices: chosen, take });
      return server.takeEvents({
        ...{ kinds: LINE_EVENTS, devices: chosen },
        wants: () => true,
        take: ({ payload }) => take(payload as LineState),
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
      // One device that has no line, because it is unknown or switched off, is still answered.
      msg.payload = devices?.length === 1 ? (lines[0] ?? null) : lines;
      send(Object.assign(msg, { jobs: server.jobs(), rejected: server.rejected, dropped: server.dropped }));
      done();
    });
  }

  RED.nodes.registerType('goip status', GoipStatus);
};

/** Events whose payload is the state of the line. A line comes online with a keepalive. */
const LINE_EVENTS: readonly EventKind[] = [
  'keepalive',
  'offline',
  'duplicate-device',
  'line-failing',
  'line-recovered',
  'limit-reached',
];
