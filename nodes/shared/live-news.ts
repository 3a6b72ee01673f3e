/** A server as the sidebar and its dialog show it, and what is new of it since it was looked at last. */
import type { JobSummary, LineState, Rejection, Trace, TraceEntry } from '../../src/index.js';
import type { ConnectionState, GoipServerNode } from './connection.js';

/** Jobs that are shown. */
const JOBS_SHOWN = 50;

/** Datagrams of a trace that are told at once: who looks cannot read faster, and sees by their numbers that some are missing. */
const DATAGRAMS_TOLD = 50;

/** Refused sources that are shown, those seen last. */
const REJECTED_SHOWN = 50;

export type LiveLine = Pick<
  LineState,
  | 'device'
  | 'name'
  | 'group'
  | 'online'
  | 'since'
  | 'number'
  | 'operator'
  | 'signal'
  | 'gsmStatus'
  | 'queue'
  | 'counters'
  | 'usage'
  | 'hold'
  | 'failing'
  | 'lastError'
  | 'duplicate'
>;

export interface LiveServer {
  readonly id: string;
  readonly name: string;
  readonly state: ConnectionState;
  /** Are these all lines, or those only of which something is new? */
  readonly isWhole: boolean;
  readonly lines: readonly LiveLine[];
  /** Jobs in hand, those accepted first; `jobCount` is how many there are. */
  readonly jobs: readonly JobSummary[];
  readonly jobCount: number;
  /** Null while there is none. */
  readonly trace: Pick<Trace, 'since' | 'until'> | null;
  /** The last datagrams of the trace, or those of them that are new. */
  readonly traced: readonly TraceEntry[];
  /** Who was refused, those seen last first; absent where nothing is new of that. */
  readonly rejected?: readonly Rejection[];
}

/** What is told again as a whole when something in it is new. */
type Rest = Omit<LiveServer, 'isWhole' | 'lines' | 'traced' | 'rejected'>;

/** Compares a server with how it was told last. */
export class LiveNews {
  /** Lines as they were told last. A server keeps its lines as long as its node lives. */
  readonly #lines = new Map<string, { readonly line: LiveLine; readonly text: string }>();
  #trace: Trace | null;
  #rest: Rest;
  #rejected: readonly Rejection[];

  /** Knows no lines before the first {@link next}. */
  constructor(readonly node: GoipServerNode) {
    this.#trace = traceOf(node);
    this.#rest = restOf(node, this.#trace);
    this.#rejected = rejectedBy(node);
  }

  /** As it was told last. */
  get whole(): LiveServer {
    const lines = Array.from(this.#lines.values(), ({ line }) => line);
    const traced = this.#trace?.entries ?? [];
    return { ...this.#rest, isWhole: true, lines, traced, rejected: this.#rejected };
  }

  /**
   * Resolves to what is new since then; undefined where nothing is. Thousands of lines take several turns of the event loop.
   * Must not be called again before it is over.
   */
  async next(): Promise<LiveServer | undefined> {
    const lines = await this.#newLines();
    const [traceBefore, restBefore, rejectedBefore] = [this.#trace, this.#rest, this.#rejected];
    this.#trace = traceOf(this.node);
    this.#rest = restOf(this.node, this.#trace);
    this.#rejected = rejectedBy(this.node);
    const traced = newIn(this.#trace, traceBefore);
    const isRejectedNew = !isSame(this.#rejected, rejectedBefore);
    if (lines.length + traced.length === 0 && !isRejectedNew && isSame(this.#rest, restBefore)) return undefined;
    const news = { ...this.#rest, isWhole: false, lines, traced };
    return isRejectedNew ? { ...news, rejected: this.#rejected } : news;
  }

  async #newLines(): Promise<LiveLine[]> {
    const lines: LiveLine[] = [];
    await this.node.connection?.server.visitLines((state) => {
      const line = shown(state);
      const text = JSON.stringify(line);
      if (this.#lines.get(line.device)?.text === text) return;
      this.#lines.set(line.device, { line, text });
      lines.push(line);
    });
    return lines;
  }
}

function restOf({ id, name = '', connection }: GoipServerNode, trace: Trace | null): Rest {
  const { jobs, total } = connection?.server.runningJobs(JOBS_SHOWN) ?? { jobs: [], total: 0 };
  const times = trace && { since: trace.since, until: trace.until };
  // Settings of no use: the log says which.
  return { id, name, state: connection?.state ?? 'error', jobs, jobCount: total, trace: times };
}

function traceOf({ connection }: GoipServerNode): Trace | null {
  return connection?.server.trace ?? null;
}

/** The datagrams since then; all of another trace. */
function newIn(trace: Trace | null, before: Trace | null): readonly TraceEntry[] {
  const told = trace?.since === before?.since ? (before?.entries.at(-1)?.number ?? 0) : 0;
  return (trace?.entries ?? []).filter(({ number }) => number > told).slice(-DATAGRAMS_TOLD);
}

function rejectedBy({ connection }: GoipServerNode): readonly Rejection[] {
  return connection?.server.rejected.slice(0, REJECTED_SHOWN) ?? [];
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** What changes with every keepalive stays behind. */
function shown(state: LineState): LiveLine {
  const { device, name, group, online, since, number, operator, signal, gsmStatus } = state;
  const { queue, counters, usage, hold, failing, lastError, duplicate } = state;
  return {
    ...{ device, name, group, online, since, number, operator, signal, gsmStatus },
    ...{ queue, counters, usage, hold, failing, lastError },
    ...(duplicate && { duplicate }),
  };
}
