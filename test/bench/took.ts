import { watchStandstill, type Standstill } from './standstill.cjs';

export interface Took {
  /** Longest time in which the event loop did not turn. */
  readonly standstill: Standstill;
  /** Processor time of all threads. */
  readonly cpuMicros: number;
}

/** Measures what a task takes. */
export async function took(task: () => unknown): Promise<Took> {
  const end = watchStandstill();
  const cpu = process.cpuUsage();
  await task();
  const { user, system } = process.cpuUsage(cpu);
  return { standstill: await end(), cpuMicros: user + system };
}
