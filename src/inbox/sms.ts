/** A received SMS as flows see it. */
export interface Sms {
  readonly event: 'sms';
  readonly device: string;
  readonly name: string;
  /** Sender as received; may be alphanumeric or empty. */
  readonly from: string;
  /** The text, untouched. */
  readonly text: string;
  readonly recvid: string;
  /** ISO 8601. */
  readonly receivedAt: string;
  readonly remote: { readonly address: string; readonly port: number };
  /** Service centre and its time stamp as received, where the firmware tells them. */
  readonly smsc?: string;
  readonly sentTime?: string;
  /** It was acked before: when nobody was there to take it, or shortly before a crash, and then it may have been seen already. */
  readonly redelivered?: true;
  /** The recvids of its parts, where it was joined from several; all else but the text is of the first one. */
  readonly parts?: readonly string[];
}
