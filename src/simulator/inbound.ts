/** SMS that come in from the air, in one piece or part by part. */
import type { Alarms } from './alarms.js';
import type { NotificationContent } from './notifier.js';
import type { Draw } from './duration.js';
import type { Emit, NotificationOutcome, PartOfSms } from './events.js';
import type { LineSettings } from './options.js';
import { shuffle, type Random } from './random.js';
import { splitSms } from './sms-parts.js';

export interface InboundSms {
  /** Can be alphanumeric or empty. */
  readonly from: string;
  readonly text: string;
  /** Default: the line's own counter. Of a long SMS in parts it is the recvid of the part that comes first. */
  readonly recvid?: string | number;
  /** `smscnum` and `senttime` of newer firmware. */
  readonly smsc?: string;
  readonly sentTime?: string;
}

export interface InboundParts {
  readonly device: string;
  /** Parts that are still to come. A restart of the line does not keep them back. */
  readonly alarms: Alarms;
  readonly settings: () => LineSettings;
  readonly random: Random;
  readonly draw: Draw;
  readonly takeRecvid: () => string;
  readonly notify: (content: NotificationContent) => Promise<NotificationOutcome>;
  readonly emit: Emit;
}

const nothing = (error: string): NotificationOutcome => ({ acked: false, error, copies: 0, recvid: '' });

export class Inbound {
  readonly #parts: InboundParts;
  /** Ends the waiting for parts that will not come. */
  readonly #pending = new Set<() => void>();
  #longSms = 0;

  constructor(parts: InboundParts) {
    this.#parts = parts;
  }

  /** Resolves when the server has answered, or not, all that the line hands on. Never rejects. */
  receive(sms: InboundSms): Promise<NotificationOutcome> {
    const { longSms, partLength, lostPart, surrogates } = this.#parts.settings();
    const texts = splitSms(sms.text, partLength, surrogates);
    if (texts.length === 1) return this.#handOn(sms);
    const lost = lostPart !== null && lostPart < 0 ? texts.length + 1 + lostPart : lostPart;
    if (longSms === 'parts') return this.#receiveParts(sms, texts, lost);
    const joined = texts.map((text, index) => (index + 1 === lost ? `[SMS${lost} missed]` : text)).join('');
    return this.#handOn({ ...sms, text: joined });
  }

  /** Parts that are still to come never do. */
  stop(): void {
    this.#parts.alarms.clear();
    for (const end of this.#pending) end();
    this.#pending.clear();
  }

  async #receiveParts(sms: InboundSms, texts: readonly string[], lost: number | null): Promise<NotificationOutcome> {
    const { partGap } = this.#parts.settings();
    const { recvid, ...others } = sms;
    this.#longSms += 1;
    const of = this.#longSms;
    let due = 0;
    const outcomes = this.#orderOf(texts.length)
      .filter((number) => number !== lost)
      .map((number, index) => {
        if (index > 0) due += this.#parts.draw(partGap, sms.from);
        const own = index === 0 && recvid !== undefined ? { recvid } : {};
        const part = { ...others, ...own, text: texts[number - 1] ?? '' };
        return this.#after(due, () => this.#handOn(part, { of, number, count: texts.length }));
      });
    return summary(await Promise.all(outcomes));
  }

  /** The parts as they arrive, counted from 1. */
  #orderOf(count: number): readonly number[] {
    const { partOrder } = this.#parts.settings();
    if (typeof partOrder === 'function') return partOrder(count);
    const right = Array.from({ length: count }, (_, index) => index + 1);
    switch (partOrder) {
      case 'right':
        return right;
      case 'reversed':
        return right.reverse();
      case 'shuffled':
        return shuffle(this.#parts.random, right);
    }
  }

  #after(seconds: number, handOn: () => Promise<NotificationOutcome>): Promise<NotificationOutcome> {
    if (seconds === 0) return handOn();
    return new Promise((resolve) => {
      const end = () => resolve(nothing('stopped'));
      this.#pending.add(end);
      this.#parts.alarms.after(seconds, () => {
        this.#pending.delete(end);
        resolve(handOn());
      });
    });
  }

  async #handOn(inbound: InboundSms, part?: PartOfSms): Promise<NotificationOutcome> {
    const { device, emit, notify, takeRecvid, alarms } = this.#parts;
    const { from, text, smsc = null, sentTime = null } = inbound;
    const recvid = String(inbound.recvid ?? takeRecvid());
    const sms = { device, from, text, at: alarms.now(), recvid, ...(part && { part }) };
    emit('inbound', { ...sms, outcome: null });
    const outcome = await notify({ kind: 'RECEIVE', recvid, from, text, smsc, sentTime });
    emit('sms', { ...sms, outcome });
    return outcome;
  }
}

/** Of all parts together: acked if all were, with the recvid of the first and the datagrams of all. */
function summary(outcomes: readonly NotificationOutcome[]): NotificationOutcome {
  const [first = nothing('no part arrived')] = outcomes;
  const copies = outcomes.reduce((sum, outcome) => sum + outcome.copies, 0);
  const { recvid } = first;
  const failed = [first, ...outcomes].find(({ acked }) => !acked);
  return failed ? { ...failed, copies, recvid } : { acked: true, copies, recvid };
}
