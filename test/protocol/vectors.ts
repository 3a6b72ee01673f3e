import assert from 'node:assert/strict';
import {
  formatDeviceMessage,
  formatServerMessage,
  parseDeviceMessage,
  parseServerMessage,
  type DeviceMessage,
  type Malformed,
  type ServerMessage,
} from '../../src/protocol/index.js';

/** A datagram, what it means, and what our writer makes of that meaning where it is not the same datagram. */
export interface Vector<M> {
  readonly datagram: string | Uint8Array;
  readonly means: M | Malformed;
  readonly written?: string;
}

/** Vectors by the rule that each of them shows. */
export type Vectors<M> = Readonly<Record<string, Vector<M>>>;

export function deviceVectors(vectors: Vectors<DeviceMessage>): void {
  declare(vectors, parseDeviceMessage, formatDeviceMessage);
}

export function serverVectors(vectors: Vectors<ServerMessage>): void {
  declare(vectors, parseServerMessage, formatServerMessage);
}

function declare<M extends { readonly kind: string }>(
  vectors: Vectors<M>,
  parse: (datagram: string | Uint8Array) => M | Malformed,
  format: (message: M) => string,
): void {
  for (const [rule, { datagram, means, written }] of Object.entries(vectors)) {
    it(rule, () => {
      assert.deepEqual(plain(parse(datagram)), means);
      if (isMalformed(means)) return;
      assert.deepEqual(format(means), written ?? datagram);
      assert.deepEqual(plain(parse(Buffer.from(format(means)))), means);
    });
  }
}

/** A message with all that a keepalive reads only when it is asked. */
export function plain<M extends { readonly kind: string }>(message: M): M {
  return 'fields' in message ? { ...message, fields: message.fields } : message;
}

export function isMalformed(message: { readonly kind: string }): message is Malformed {
  return message.kind === 'malformed';
}

export function malformed(reason: Malformed['reason'], verb?: string): Malformed {
  return verb === undefined ? { kind: 'malformed', reason } : { kind: 'malformed', reason, verb };
}
