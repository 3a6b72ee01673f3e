import fc from 'fast-check';

/** Fixed, so that every run sees the same cases; `FC_SEED=$RANDOM npx mocha …` goes hunting. */
export const SEED = Number(process.env['FC_SEED'] ?? 44444);

/** Asserts that `holds` throws for no value of the arbitrary. */
export function check<T>(arbitrary: fc.Arbitrary<T>, holds: (value: T) => void, numRuns = 300): void {
  fc.assert(fc.property(arbitrary, holds), { seed: SEED, numRuns });
}
