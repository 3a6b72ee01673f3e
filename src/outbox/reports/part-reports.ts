/** Reports on the parts of a long SMS, each of which the network reports by itself. */
import type { Delivery } from '../result.js';

export class PartReports {
  /** Ids of the reports that say that a part is delivered: a repeated report counts once. */
  readonly #delivered: Set<string>;
  #failure: Delivery | undefined;

  /**
   * @param parts of the SMS
   * @param delivered ids of reports that are known
   * @param before what is known of the SMS
   */
  constructor(
    private readonly parts: number,
    delivered: readonly string[] = [],
    before?: Delivery | null,
  ) {
    this.#delivered = new Set(delivered);
    if (before?.state === 'undelivered') this.#failure = before;
  }

  get delivered(): readonly string[] {
    return [...this.#delivered];
  }

  /** What is known of the SMS with one more report: it is delivered if all parts are, and undelivered if one is. */
  add(recvid: string | undefined, delivery: Delivery): Delivery {
    if (delivery.state === 'undelivered') this.#failure ??= delivery;
    if (this.#failure) return this.#failure;
    if (delivery.state !== 'delivered') return delivery;
    this.#delivered.add(recvid ?? `#${this.#delivered.size}`);
    const { size } = this.#delivered;
    if (size >= this.parts) return delivery;
    return { ...delivery, state: 'delivery-pending', reason: `${size} of ${this.parts} parts delivered` };
  }
}
