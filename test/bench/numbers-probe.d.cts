import type { Standstill } from './standstill.cjs';

/** Many numbers in one message: strings, objects with a template, rows of 30 columns; as many messages; a large property. */
export type LoadKind = 'strings' | 'objects' | 'singles' | 'tables' | 'properties';

export interface Load {
  readonly kind: LoadKind;
  readonly numbers: number;
  readonly isHeapWatched: boolean;
}

export interface Probed {
  /** Longest time in which the event loop did not turn, from the input to the result. */
  readonly standstill: Standstill;
  /** Of all threads. */
  readonly cpuMicros: number;
  readonly ms: number;
  /** Heap and external memory above idle after gc, in bytes: at most, and when the result is there. */
  readonly peak: number;
  readonly left: number;
}

/** What became of numbers that were sent. */
export interface Queued {
  readonly queued: number;
  readonly refused: number;
  /** Codes of the errors. */
  readonly codes: readonly string[];
}

export interface LoadMessage {
  readonly to: unknown;
  readonly payload: string;
}

export function probe(
  load: Load,
  send: (messages: readonly LoadMessage[]) => void,
  ended: (numbers: number) => boolean,
): Promise<Probed>;
