import assert from 'node:assert/strict';
import {
  formatDeviceMessage,
  formatServerMessage,
  parseDeviceMessage,
  parseServerMessage,
} from '../../src/protocol/index.js';
import { DEVICE_MESSAGES, SERVER_MESSAGES } from './arbitrary-messages.js';
import { check, SEED } from './property.js';

describe(`a message that was written and read is the same message (seed ${SEED})`, () => {
  describe('device → server', () => {
    for (const [kind, messages] of Object.entries(DEVICE_MESSAGES)) {
      it(kind, () => {
        check(messages, (message) => {
          assert.deepEqual(parseDeviceMessage(Buffer.from(formatDeviceMessage(message))), message);
        });
      });
    }
  });

  describe('server → device', () => {
    for (const [kind, messages] of Object.entries(SERVER_MESSAGES)) {
      it(kind, () => {
        check(messages, (message) => {
          assert.deepEqual(parseServerMessage(Buffer.from(formatServerMessage(message))), message);
        });
      });
    }
  });
});
