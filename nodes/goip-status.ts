import type { Node, NodeAPI, NodeDef } from 'node-red';
import { GoipError, type GoipEvent, type GoipServer, type LineState } from '../src/index.js';
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
      const isNews = emit === 'change' ? changeDetector() : () => emit === 'keepalive';
      const onEvent = (event: GoipEvent): void => {
        if (!isLineEvent(event) || devices?.includes(event.device) === false || !isNews(event.payload)) return;
        this.send({ payload: event.payload, topic: event.device });
      };
      server.on('event', onEvent);
      return () => server.off('event', onEvent);
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
function isLineEvent(event: GoipEvent): event is GoipEvent & { readonly payload: LineState } {
  return event.event === 'keepalive' || event.event === 'offline';
}

/** Tells whether a line's state differs from the one before; counters, queue and times alone are no news. */
function changeDetector(): (state: LineState) => boolean {
  const last = new Map<string, string>();
  return ({ lastSeen, queue, counters, raw, ...state }) => {
    const current = JSON.stringify(state);
    if (last.get(state.device) === current) return false;
    last.set(state.device, current);
    return true;
  };
}
