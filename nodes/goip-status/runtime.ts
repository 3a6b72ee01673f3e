import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { GoipError, safeErrorOf, type EventKind, type GoipServer, type LineState } from '../../src/index.js';
import type { GoipServerNode } from '../shared/connection.js';
import { isBlank, listFrom, shownValue, textOf } from '../shared/configured.js';
import { diagnosticsOf } from '../shared/diagnostics.js';
import { Messenger, readFrom } from '../shared/messenger.js';
import { useServer } from '../shared/server-user.js';
import { EMITS, type GoipStatusProperties } from './def.js';

type GoipStatusDef = NodeDef & Readonly<GoipStatusProperties>;

export = function (RED: NodeAPI): void {
  function GoipStatus(this: Node, def: GoipStatusDef): void {
    RED.nodes.createNode(this, def);
    const written = textOf(def.emit);
    const known = EMITS.find((one) => one === written);
    const emit = known ?? 'change';
    const messenger = new Messenger(RED, this);
    const devices = listFrom(this, 'devices', def.devices);

    const chosen = devices && new Set(devices);
    const take = (state: LineState): void => this.send({ payload: state, topic: state.device });
    const takeEvents = (server: GoipServer): (() => void) =>
      server.takeEvents({
        ...{ id: this.id, kinds: LINE_EVENTS, devices: chosen },
        wants: () => true,
        take: ({ payload }) => take(payload as LineState),
      });
    const takeChanges = (server: GoipServer): (() => void) => server.takeChanges({ devices: chosen, take });
    const { server } = useServer(RED, this, {
      ...{ server: def.server, devices: devices ?? [] },
      ...(emit === 'keepalive' && { joined: takeEvents }),
      ...(emit === 'change' && { started: takeChanges }),
    });

    if (!known && !isBlank(def.emit)) {
      const shown = shownValue(server, def.emit);
      this.warn(`emit must be one of ${EMITS.join(', ')}, not ${shown}; change is used`);
    }

    let closed = false;
    this.on('close', () => (closed = true));
    this.on('input', (msg, send, done) => {
      answerTo(msg).then(
        (answer) => {
          // Closed in the meantime, it sends nothing any more.
          if (!closed) messenger.send(send, 0, messenger.withProperties(msg, answer));
          messenger.end(done, msg);
        },
        (error: unknown) => messenger.end(done, msg, server?.safeErrorOf(error) ?? safeErrorOf(error)),
      );
    });

    /** The properties of the answer. */
    async function answerTo(msg: NodeMessage): Promise<object> {
      if (!server) throw new GoipError('GOIP_NO_SERVER', 'there is no GoIP server of use');
      const action = readFrom(() => (msg as { readonly action?: unknown }).action);
      if (action === 'diagnostics') {
        const node = RED.nodes.getNode(def.server) as GoipServerNode;
        return { payload: await diagnosticsOf(RED, node) };
      }
      const lines = await server.linesInTurns(devices);
      const { jobCount, rejected, dropped } = server;
      return {
        // One device that has no line, because it is unknown or switched off, is still answered.
        payload: devices?.length === 1 ? (lines[0] ?? null) : lines,
        ...{ jobs: server.jobs(), jobCount, rejected, dropped },
      };
    }
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
