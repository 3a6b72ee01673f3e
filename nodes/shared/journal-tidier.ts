/** Reports and removes journals that no goip-server of the flows uses: after each deploy, and once a day. */
import type { NodeAPI, NodeDef } from 'node-red';
import { tidyJournals } from '../../src/index.js';

const DAY = 86_400_000;
const RETENTION_DAYS = 7;

export class JournalTidier {
  readonly #reported = new Set<string>();
  #running: Promise<void> = Promise.resolve();
  /** A run is to begin when the one before is over. */
  #isWaiting = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly RED: NodeAPI,
    private readonly folder: () => string,
    private readonly nameOf: (id: string) => string,
    /** Ids of servers that there are: those of subflows have no definition with their id. */
    private readonly ids: () => Iterable<string>,
    /** Retention of the servers that there are, as they have read it. */
    private readonly retentionsMs: () => Iterable<number>,
    /** Whether a server keeps its jobs in memory now, and its journal could not be carried over. */
    private readonly isLeftBehind: (id: string) => boolean,
  ) {}

  /** Never throws: what could not be tidied is tidied next time. */
  tidy(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.tidy(), DAY);
    this.#timer.unref();
    // Deploys may come faster than a slow disk answers: all that wait share a run.
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#running = this.#running
      .then(() => {
        this.#isWaiting = false;
        return this.#tidy();
      })
      .catch((error: unknown) => {
        this.RED.log.warn(`goip-server: ${(error as Error).message}`);
      });
  }

  #tidy(): Promise<void> {
    const ids = new Set(this.ids());
    this.RED.nodes.eachNode((def: NodeDef) => {
      if (def.type === 'goip-server') ids.add(def.id);
    });
    const used = new Set([...ids].filter((id) => !this.isLeftBehind(id)).map(this.nameOf));
    return tidyJournals({
      folder: this.folder(),
      isUsed: (name) => used.has(name),
      // Without a server, the default counts.
      retentionMs: Math.max(0, ...this.retentionsMs()) || RETENTION_DAYS * DAY,
      now: Date.now(),
      reported: this.#reported,
      report: (text) => this.RED.log.warn(`goip-server: ${text}`),
    });
  }
}
