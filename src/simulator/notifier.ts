/** Sends notifications until the server acks them (protocol §3): one class for RECEIVE, DELIVER, STATE and all others. */
import type { Notification } from '../protocol/index.js';
import type { Alarms, CancelAlarm } from './alarms.js';
import type { NotificationOutcome } from './events.js';

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** A notification without what the line knows itself. */
export type NotificationContent = DistributiveOmit<Notification, 'recvid' | 'id' | 'password'> & {
  /** Default: the line's own counter. */
  readonly recvid?: string | number;
};

export interface NotifierParts {
  readonly alarms: Alarms;
  /** Seconds until an unanswered one is sent again, and how often. */
  readonly resend: () => { readonly interval: number; readonly count: number };
  readonly send: (datagram: string) => void;
}

interface Pending {
  readonly verb: string;
  readonly recvid: string;
  readonly settle: (result: { readonly acked: boolean; readonly error?: string }) => void;
}

export class Notifier {
  readonly #parts: NotifierParts;
  readonly #pending = new Set<Pending>();
  #givenUp: string | null = null;

  constructor(parts: NotifierParts) {
    this.#parts = parts;
  }

  /** Sends at once; several can be under way at the same time. The promise never rejects. */
  send(verb: string, recvid: string, datagram: string): Promise<NotificationOutcome> {
    if (this.#givenUp !== null) return Promise.resolve({ acked: false, error: this.#givenUp, copies: 0, recvid });
    return new Promise((resolve) => {
      let copies = 0;
      let cancel: CancelAlarm = () => undefined;
      const pending: Pending = {
        verb,
        recvid,
        settle: (result) => {
          cancel();
          this.#pending.delete(pending);
          resolve({ ...result, copies, recvid });
        },
      };
      const sendCopy = () => {
        const { interval, count } = this.#parts.resend();
        if (copies > count) {
          pending.settle({ acked: false, error: 'no answer' });
          return;
        }
        copies += 1;
        cancel = this.#parts.alarms.after(interval, sendCopy);
        this.#parts.send(datagram);
      };
      this.#pending.add(pending);
      sendCopy();
    });
  }

  /**
   * The server's answer: it ends the oldest notification with this verb and recvid. An error ends it too: the device has
   * nobody else to tell.
   */
  onAck(verb: string, recvid: string, error: string | null): void {
    for (const pending of this.#pending) {
      if (pending.verb.toLowerCase() !== verb.toLowerCase() || pending.recvid !== recvid) continue;
      pending.settle(error === null ? { acked: true } : { acked: false, error });
      return;
    }
  }

  /** Gives all up, and all to come, with the reason as their error. */
  abandon(reason: string): void {
    this.#givenUp = reason;
    for (const pending of this.#pending) pending.settle({ acked: false, error: reason });
  }
}
