/** What a number costs that waits: bytes of memory, against the bare list of numbers that the caller hands over. */
import path from 'node:path';
import { resultOf } from './child.js';
import { oneDigit, ratiosOf, spread, type Figure, type Row } from './figures.js';
import type { MemoryReport } from './memory-child.js';

/** Processes of each kind; what they take hardly differs. */
const MOST_ROUNDS = 3;

export const memory: Row = async ({ count, rounds: wanted, directory }) => {
  const rounds = Math.min(wanted, MOST_ROUNDS);
  const numbers = count(100_000);
  const shapes = [
    { what: `one job of ${numbers}`, jobs: 1 },
    { what: `${numbers / 100} jobs of 100`, jobs: numbers / 100 },
  ];
  const bare: MemoryReport[] = [];
  const reports = shapes.map(() => [] as MemoryReport[]);
  for (let round = 0; round < rounds; round += 1) {
    bare.push(await resultOf<MemoryReport>('memory-child.ts', 'bare', String(numbers), '1'));
    for (const [index, { jobs }] of shapes.entries()) {
      const place = path.join(directory, `memory-${index}-${round}`);
      reports[index]?.push(await resultOf<MemoryReport>('memory-child.ts', place, String(numbers), String(jobs)));
    }
  }
  const perNumber = (of: 'heap' | 'rss', report: MemoryReport): number => report[of] / numbers;
  return shapes.flatMap(({ what }, index): Figure[] => {
    const mine = reports[index] ?? [];
    const size = `${numbers} numbers queued, on disk, ${rounds} processes each, after gc`;
    const compare = (name: string, of: 'heap' | 'rss'): Figure => {
      const [measured, baseline] = [mine, bare].map((list) => list.map((report) => perNumber(of, report)));
      return {
        what: `${name} bytes per queued number, ${what} : bare strings`,
        measured: spread(measured ?? [], oneDigit),
        baseline: spread(baseline ?? [], oneDigit),
        ratio: spread(ratiosOf(measured ?? [], baseline ?? []), oneDigit),
        size,
      };
    };
    const seconds = mine.map(({ acceptMs }) => acceptMs / 1000);
    return [
      compare('heap', 'heap'),
      compare('RSS', 'rss'),
      { what: `seconds until all are accepted, ${what}`, measured: spread(seconds, (value) => value.toFixed(2)), size },
    ];
  });
};
