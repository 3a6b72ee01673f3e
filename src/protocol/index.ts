export type { Malformed } from './codec.js';
export {
  fieldOf,
  KEEPALIVE_FIELDS,
  keepaliveBodyOf,
  readKeepaliveBody,
  saysTheSame,
  type Keepalive,
  type KeepaliveField,
} from './keepalive.js';
export { verbOf, type Notification, type OtherNotification } from './notifications.js';
export { COMMANDS, type AtReport, type Command, type CommandName, type GsmReply, type Reply } from './commands.js';
export {
  errorReply,
  formatDeviceMessage,
  parseDeviceMessage,
  type DeviceMessage,
  type ErrorReply,
  type SessionReply,
} from './device-messages.js';
export {
  formatServerMessage,
  parseServerMessage,
  writeKeepaliveAck,
  type Ack,
  type BulkRequest,
  type KeepaliveAck,
  type ServerMessage,
  type SessionRequest,
} from './server-messages.js';
