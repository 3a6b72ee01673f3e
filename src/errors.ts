/** What can go wrong, as flows see it in `error.code` and `results[].code`. */
export type GoipErrorCode =
  | 'GOIP_NO_SERVER'
  | 'GOIP_NO_RECIPIENT'
  | 'GOIP_BAD_NUMBER'
  | 'GOIP_TEXT_EMPTY'
  | 'GOIP_TEXT_INVALID'
  | 'GOIP_TEXT_TOO_LONG'
  | 'GOIP_TOO_MANY_PARTS'
  | 'GOIP_UNKNOWN_DEVICE'
  | 'GOIP_OFFLINE'
  | 'GOIP_AUTH'
  | 'GOIP_REJECTED'
  | 'GOIP_TIMEOUT'
  | 'GOIP_SEND_FAILED'
  | 'GOIP_GSM_LOGOUT'
  | 'GOIP_EXPIRED'
  | 'GOIP_CANCELLED'
  | 'GOIP_QUEUE_FULL'
  | 'GOIP_CLOSED'
  | 'GOIP_STORAGE'
  | 'GOIP_BAD_SETTING';

export class GoipError extends Error {
  override readonly name = 'GoipError';
  constructor(
    readonly code: GoipErrorCode,
    message: string,
  ) {
    super(message);
  }
}
