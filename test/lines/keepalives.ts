import assert from 'node:assert/strict';
import { parseDeviceMessage, type Keepalive } from '../../src/protocol/index.js';

export const ADDRESS = { address: '192.0.2.7', port: 9991 } as const;
export const NOW = Date.UTC(2026, 10, 22, 10);

/** A keepalive with these fields, as it is on the wire. */
export function keepaliveOf(fields = '', { count = '1', id = 'goipid1' } = {}): Keepalive {
  const keepalive = parseDeviceMessage(`req:${count};id:${id};pass:password1;${fields}`);
  assert.equal(keepalive.kind, 'req');
  return keepalive;
}
