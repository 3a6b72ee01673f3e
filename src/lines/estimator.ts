/** Smoothed estimate of a duration and of its variation (RFC 6298, Jacobson/Karels). */
export class DurationEstimator {
  #smoothed: number | undefined;
  #variation = 0;

  add(ms: number): void {
    if (this.#smoothed === undefined) {
      this.#smoothed = ms;
      this.#variation = ms / 2;
      return;
    }
    this.#variation += (Math.abs(ms - this.#smoothed) - this.#variation) / 4;
    this.#smoothed += (ms - this.#smoothed) / 8;
  }

  /** Milliseconds that it hardly ever exceeds; undefined before the first observation. */
  get upper(): number | undefined {
    return this.#smoothed === undefined ? undefined : this.#smoothed + 4 * this.#variation;
  }
}
