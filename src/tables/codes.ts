/**
 * Every error code: one row each. The type {@link GoipErrorCode}, the table in `docs/goip-send.md` and the help of _goip send_
 * come from here, their words from `help.code` in `nodes/locales/<language>/goip-send.json`.
 */

interface CodeRow {
  /** A message of which nothing was accepted, a number of an accepted one, or both. */
  readonly of: readonly ('message' | 'number')[];
  /** A section of the pages in `docs/` with more about it. */
  readonly see?: `${string}#${string}`;
}

export const CODES = {
  GOIP_NO_SERVER: { of: ['message'] },
  GOIP_NO_RECIPIENT: { of: ['message'], see: 'goip-send.md#numbers' },
  GOIP_BAD_NUMBER: { of: ['message'], see: 'goip-send.md#numbers' },
  GOIP_TEXT_EMPTY: { of: ['message'] },
  GOIP_TEXT_INVALID: { of: ['message'] },
  GOIP_TEXT_TOO_LONG: { of: ['message'] },
  GOIP_TOO_MANY_PARTS: { of: ['message'] },
  GOIP_UNKNOWN_DEVICE: { of: ['message'] },
  GOIP_BAD_SETTING: { of: ['message'], see: 'goip-server.md#wrong-values' },
  GOIP_OFFLINE: { of: ['message'], see: 'troubleshooting.md#no-line-comes-online' },
  GOIP_QUEUE_FULL: { of: ['message'] },
  GOIP_JOB_CONFLICT: { of: ['message'] },
  GOIP_STORAGE: { of: ['message', 'number'], see: 'troubleshooting.md#storage-error' },
  GOIP_AUTH: { of: ['number'], see: 'troubleshooting.md#wrong-password' },
  GOIP_REJECTED: { of: ['number'], see: 'troubleshooting.md#sessions-are-refused' },
  GOIP_TIMEOUT: { of: ['number'], see: 'troubleshooting.md#results-are-unknown' },
  GOIP_SEND_FAILED: { of: ['number'], see: 'troubleshooting.md#sms-fail' },
  GOIP_GSM_LOGOUT: { of: ['number'], see: 'troubleshooting.md#sms-fail' },
  GOIP_EXPIRED: { of: ['number'], see: 'troubleshooting.md#numbers-wait-and-nothing-goes-out' },
  GOIP_CANCELLED: { of: ['number'] },
  GOIP_CLOSED: { of: ['message', 'number'] },
} as const satisfies Readonly<Record<`GOIP_${string}`, CodeRow>>;

/** What can go wrong, as flows see it in `error.code` and `results[].code`. @useDeclaredType */
export type GoipErrorCode = keyof typeof CODES;
