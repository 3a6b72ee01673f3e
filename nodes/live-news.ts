/** A server as the sidebar and its dialog show it, and what is new of it since it was looked at last. */
import type { JobSummary, LineState, Rejection } from '../src/index.js';
import type { ConnectionState, GoipServerNode } from './connection.js';

/** Jobs that are shown. */
const JOBS_SHOWN = 50;

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
  /** Who was refused, those seen last first; absent where nothing is new of that. */
  readonly rejected?: readonly Rejection[];
}

type Rest = Omit<LiveServer, 'isWhole' | 'lines' | 'rejected'>;

/** Compares a server with how it was told last. */
export class LiveNews {
  #lines: ReadonlyMap<string, { readonly line: LiveLine; readonly text: string }> = new Map();
  #rest: Rest;
  #rejected: readonly Rejection[];

  constructor(readonly node: GoipServerNode) {
    this.#rest = restOf(node);
    this.#lines = linesOf(node);
    this.#rejected = rejectedBy(node);
  }

  /** As it was told last. */
  get whole(): LiveServer {
    const lines = [...this.#lines.values()].map(({ line }) => line);
    return { ...this.#rest, isWhole: true, lines, rejected: this.#rejected };
  }

  /** What is new since then; undefined where nothing is. */
  next(): LiveServer | undefined {
    const [linesBefore, restBefore, rejectedBefore] = [this.#lines, this.#rest, this.#rejected];
    this.#lines = linesOf(this.node);
    this.#rest = restOf(this.node);
    const lines = [...this.#lines].filter(([device, { text }]) => linesBefore.get(device)?.text !== text);
    this.#rejected = rejectedBy(this.node);
    const isRejectedNew = !isSame(this.#rejected, rejectedBefore);
    if (lines.length === 0 && !isRejectedNew && isSame(this.#rest, restBefore)) return undefined;
    const news = { ...this.#rest, isWhole: false, lines: lines.map(([, { line }]) => line) };
    return isRejectedNew ? { ...news, rejected: this.#rejected } : news;
  }
}

function restOf({ id, name = '', connection }: GoipServerNode): Rest {
  const { jobs, total } = connection?.server.runningJobs(JOBS_SHOWN) ?? { jobs: [], total: 0 };
  // Settings of no use: the log says which.
  return { id, name, state: connection?.state ?? 'error', jobs, jobCount: total };
}

function rejectedBy({ connection }: GoipServerNode): readonly Rejection[] {
  return connection?.server.rejected.slice(0, REJECTED_SHOWN) ?? [];
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function linesOf({ connection }: GoipServerNode): Map<string, { readonly line: LiveLine; readonly text: string }> {
  const lines = (connection?.server.lines() ?? []).map(shown);
  return new Map(lines.map((line) => [line.device, { line, text: JSON.stringify(line) }]));
}

/** What changes with every keepalive stays behind. */
function shown(state: LineState): LiveLine {
  const { device, name, group, online, since, number, operator, signal, gsmStatus } = state;
  const { queue, counters, usage, hold, failing, lastError } = state;
  return {
    ...{ device, name, group, online, since, number, operator, signal, gsmStatus },
    ...{ queue, counters, usage, hold, failing, lastError },
  };
}
