export interface Standstill {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** Watches from now on; the returned function ends it, and resolves to the longest standstill. */
export function watchStandstill(): () => Promise<Standstill>;
