/** What the flow saw, read from the file that outlives its process. */
import fs from 'node:fs';
import type { JobResult, RecipientStatus, Sms } from '../../src/index.js';

interface Fact {
  /** Which start of Node-RED. */
  readonly life: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export type SmsFact = Fact & { readonly kind: 'sms' } & Pick<
    Sms,
    'device' | 'recvid' | 'from' | 'text' | 'receivedAt' | 'redelivered'
  >;

export type StoryFact =
  | SmsFact
  /** An order came in over HTTP. */
  | (Fact & { readonly kind: 'asked'; readonly tag: string })
  | (Fact & {
      readonly kind: 'status';
      readonly tag: string;
      readonly to: string;
      readonly state: RecipientStatus['state'];
    })
  | (Fact & {
      readonly kind: 'result';
      readonly tag: string;
      readonly redelivered?: true;
      readonly result: JobResult;
    })
  | (Fact & { readonly kind: 'error'; readonly tag?: string; readonly code?: string; readonly message: string });

export class Story {
  readonly facts: StoryFact[] = [];
  /** Lines that a kill cut off in the middle. */
  torn = 0;
  readonly #file: number;
  #rest = Buffer.alloc(0);

  constructor(readonly path: string) {
    this.#file = fs.openSync(path, 'a+');
  }

  /** Reads what has come since. */
  read(): StoryFact[] {
    const chunks = [this.#rest];
    for (;;) {
      const chunk = Buffer.alloc(65_536);
      const length = fs.readSync(this.#file, chunk, 0, chunk.length, null);
      if (length === 0) break;
      chunks.push(chunk.subarray(0, length));
    }
    const all = Buffer.concat(chunks);
    const end = all.lastIndexOf('\n') + 1;
    this.#rest = all.subarray(end);
    const news = all
      .subarray(0, end)
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .flatMap((line) => this.#parse(line));
    this.facts.push(...news);
    return news;
  }

  /** The process is dead and all was read: a line without an end will not get one. */
  cut(): void {
    if (this.#rest.length === 0) return;
    this.torn += 1;
    // So that the next life begins with a line of its own.
    fs.writeSync(this.#file, '\n');
  }

  close(): void {
    fs.closeSync(this.#file);
  }

  #parse(line: string): StoryFact[] {
    try {
      return [JSON.parse(line) as StoryFact];
    } catch {
      return [];
    }
  }
}
