/** Records of the numbers of all jobs, read beside the jobs: only those of one job are in memory at a time. */
export class RecordsByJob<T> {
  readonly #entries: AsyncIterator<readonly [key: string, value: unknown]>;
  /** The entry after those that were read; undefined at the end. */
  #next: readonly [key: string, value: unknown] | undefined;
  #isDone = false;

  /**
   * @param entries with keys of the form `<prefix><job>/<index>`, in their order
   * @param leftOver is called for entries whose job is not asked for
   */
  constructor(
    entries: AsyncIterable<readonly [key: string, value: unknown]>,
    private readonly prefix: string,
    private readonly leftOver: (key: string, job: string) => void,
  ) {
    this.#entries = entries[Symbol.asyncIterator]();
  }

  /** Yields the records of a job. Jobs are to be asked for in the order of their keys, and read to the end. */
  async *of(job: string): AsyncIterable<readonly [index: number, record: T]> {
    for (;;) {
      const entry = await this.#peek();
      const [of = '', index = ''] = entry?.[0].slice(this.prefix.length).split('/') ?? [];
      if (!entry || of > job) return;
      this.#next = undefined;
      if (of === job) yield [Number.parseInt(index, 36), entry[1] as T];
      else this.leftOver(entry[0], of);
    }
  }

  /** No more jobs are asked for. */
  async end(): Promise<void> {
    // eslint-disable-next-line @typescript-eslint/no-unused-vars -- no key is behind this one
    for await (const _ of this.of('\uffff'));
  }

  async #peek(): Promise<readonly [key: string, value: unknown] | undefined> {
    if (this.#next || this.#isDone) return this.#next;
    const result = await this.#entries.next();
    if (result.done) this.#isDone = true;
    else this.#next = result.value;
    return this.#next;
  }
}
