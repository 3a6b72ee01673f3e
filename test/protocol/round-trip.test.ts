import assert from 'node:assert/strict';
import type fc from 'fast-check';
import {
  formatDeviceMessage,
  formatServerMessage,
  parseDeviceMessage,
  parseServerMessage,
  type DeviceMessage,
  type ServerMessage,
} from '../../src/protocol/index.js';
import { DEVICE_MESSAGES, SERVER_MESSAGES } from './arbitrary-messages.js';
import { check, SEED } from './property.js';
import { plain } from './vectors.js';

describe(`a message that was written and read is the same message (seed ${SEED})`, () => {
  describe('device → server', () => {
    for (const [kind, messages] of Object.entries<fc.Arbitrary<DeviceMessage>>(DEVICE_MESSAGES)) {
      it(kind, () => {
        check(messages, (message) => {
          assert.deepEqual(plain(parseDeviceMessage(Buffer.from(formatDeviceMessage(message)))), message);
        });
      });
    }
  });

  describe('server → device', () => {
    for (const [kind, messages] of Object.entries<fc.Arbitrary<ServerMessage>>(SERVER_MESSAGES)) {
      it(kind, () => {
        check(messages, (message) => {
          assert.deepEqual(parseServerMessage(Buffer.from(formatServerMessage(message))), message);
        });
      });
    }
  });
});
