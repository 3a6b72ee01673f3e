/** Remembers what came lately, to know its copies. Bounded in time and in size. */
export class DuplicateMemory {
  /** Key → time it was last seen, oldest first. */
  readonly #seen = new Map<string, number>();

  constructor(
    private readonly windowMs: number,
    private readonly limit: number,
  ) {}

  /** Has `key` been seen within the window? A copy keeps its memory alive. */
  has(key: string, now: number): boolean {
    this.#forget(now);
    if (!this.#seen.has(key)) return false;
    this.add(key, now);
    return true;
  }

  add(key: string, now: number): void {
    this.#seen.delete(key);
    this.#seen.set(key, now);
    this.#forget(now);
  }

  get size(): number {
    return this.#seen.size;
  }

  #forget(now: number): void {
    for (const [key, time] of this.#seen) {
      if (now - time < this.windowMs && this.#seen.size <= this.limit) return;
      this.#seen.delete(key);
    }
  }
}

/** A key of parts that cannot run into one another. */
export function keyOf(...parts: readonly string[]): string {
  let key = '';
  for (const part of parts) key += `${part.length}:${part}`;
  return key;
}
