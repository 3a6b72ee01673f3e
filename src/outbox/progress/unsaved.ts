/** News of a job's numbers that are not in the journal yet. Each piece is reported to users when it is saved. */
import type { OutboxJob } from '../numbers/job.js';
import type { Recipient } from '../numbers/recipient.js';
import type { Delivery } from '../result.js';

/** The final state of a number, or what a delivery report says of it. */
export type News = { readonly type: 'result' } | { readonly type: 'delivery'; readonly delivery: Delivery };

/** News of one number that go into the same write. */
export interface NewsOfNumber {
  readonly recipient: Recipient;
  readonly news: readonly News[];
}

export class Unsaved {
  readonly #news = new Map<Recipient, Set<News>>();

  /** Numbers with news. */
  get size(): number {
    return this.#news.size;
  }

  has(recipient: Recipient): boolean {
    return this.#news.has(recipient);
  }

  /** Whether a delivery is not saved yet. */
  hasDelivery(recipient: Recipient, delivery: Delivery): boolean {
    const news = this.#news.get(recipient) ?? [];
    return [...news].some((piece) => piece.type === 'delivery' && piece.delivery === delivery);
  }

  add(recipient: Recipient, piece: News): void {
    const news = this.#news.get(recipient);
    if (news) news.add(piece);
    else this.#news.set(recipient, new Set([piece]));
  }

  /** The oldest news, of at most so many numbers. */
  oldest(most: number): readonly NewsOfNumber[] {
    const batch: NewsOfNumber[] = [];
    for (const [recipient, news] of this.#news) {
      if (batch.length >= most) break;
      batch.push({ recipient, news: [...news] });
    }
    return batch;
  }

  /** Removes news that are saved, and reports those that another write has not reported before. */
  reportSaved(job: OutboxJob, { recipient, news }: NewsOfNumber): void {
    const unsaved = this.#news.get(recipient);
    const unreported = news.filter((piece) => unsaved?.delete(piece));
    if (unsaved?.size === 0) this.#news.delete(recipient);
    for (const piece of unreported) {
      if (piece.type === 'result') job.announce(recipient);
      else job.announceDelivery(recipient, piece.delivery);
    }
  }
}
