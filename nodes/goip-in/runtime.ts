import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { EVENT_KINDS, type GoipEvent, type GoipServer, type Sms } from '../../src/index.js';
import { listFrom, shownValue } from '../shared/configured.js';
import { useServer } from '../shared/server-user.js';
import { isWired } from '../shared/wires.js';
import { DEFAULT_EVENT_KINDS } from '../../src/tables/events.js';
import type { GoipInProperties } from './def.js';

type GoipInDef = NodeDef & Readonly<GoipInProperties>;

export = function (RED: NodeAPI): void {
  function GoipIn(this: Node, def: GoipInDef): void {
    RED.nodes.createNode(this, def);
    const selected = listFrom(this, 'devices', def.devices);
    const devices = selected && new Set(selected);
    const isEmptied = Array.isArray(def.events) && def.events.length === 0;
    const wanted = new Set(isEmptied ? [] : (listFrom(this, 'events', def.events) ?? DEFAULT_EVENT_KINDS));
    const kinds = EVENT_KINDS.filter((kind) => wanted.has(kind));

    // At once: what happens during a deploy is held for this node.
    const joined = (server: GoipServer): (() => void) =>
      server.takeEvents({
        ...{ id: this.id, kinds, devices },
        wants: () => isWired(this, 1),
        take: (event) => this.send([null, eventMessage(event)]),
      });
    const started = (server: GoipServer): (() => void) =>
      server.takeSms({ devices, take: (sms) => this.send([smsMessage(sms), null]) });
    const { server } = useServer(RED, this, { server: def.server, devices: selected ?? [], joined, started });
    for (const kind of wanted)
      if (!EVENT_KINDS.some((known) => known === kind))
        this.warn(`events holds ${shownValue(server, kind)}, which is no kind of event; it is left out`);
  }

  /** A message of its own for every flow node: what one of them does to it is no business of the next. */
  function smsMessage(sms: Sms): NodeMessage {
    const { text, remote, parts, ...rest } = sms;
    const goip = { ...rest, remote: { ...remote }, ...(parts && { parts: [...parts] }) };
    const message = { payload: text, topic: sms.device, from: sms.from, goip };
    return message;
  }

  function eventMessage(event: GoipEvent): NodeMessage {
    const { payload, ...goip } = structuredClone(event);
    const message = { payload, topic: event.device, goip };
    return message;
  }

  RED.nodes.registerType('goip in', GoipIn);
};
