/** What orders about very many numbers cost, and whether that grows with the numbers. */
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { resultOf } from './child.js';
import { milliseconds, ratiosOf, spread, times, whole, type Figure, type Row } from './figures.js';
import type { OrdersReport } from './orders-child.js';
import { fillOne, fillSingles } from './waiting-jobs.js';

const ORDERS = ['follow', 'list', 'pause', 'resume', 'cancel'] as const satisfies (keyof OrdersReport)[];

/** Each round starts on a copy of the journal. */
const MOST_ROUNDS = 3;

/** What the cost of a number is compared with. */
const FEWER = 0.1;

export const jobOrders: Row = async ({ numbers, rounds: wanted, directory }) => {
  const rounds = Math.min(wanted, MOST_ROUNDS);
  const loads = [
    { name: 'jobs of one number', fill: fillSingles, place: 'singles' },
    { name: 'one job', fill: (at: string, count: number) => fillOne(at, count, false), place: 'one' },
  ] as const;
  const figures: Figure[] = [];
  for (const { name, fill, place } of loads) {
    const measured = async (count: number): Promise<OrdersReport[]> => {
      const filled = path.join(directory, `${place}-${count}`);
      await fill(filled, count);
      return reports(filled, rounds);
    };
    const fewer = Math.max(1, Math.ceil(numbers * FEWER));
    const [many, few] = [await measured(numbers), await measured(fewer)];
    for (const order of ORDERS) {
      const [ofMany, ofFew] = [many, few].map((ones) => ones.map((one) => one[order]));
      const perNumber = [
        (ofMany ?? []).map(({ cpuMicros }) => cpuMicros / numbers),
        (ofFew ?? []).map(({ cpuMicros }) => cpuMicros / fewer),
      ] as const;
      const size = `${numbers} and ${fewer} numbers, ${rounds} processes each`;
      for (const by of ['wallMs', 'cpuMs'] as const) {
        figures.push({
          what: `${name}, ${order}: longest standstill${by === 'cpuMs' ? ' in processor time' : ''}, all : a tenth`,
          measured: spread(
            (ofMany ?? []).map(({ standstill }) => standstill[by]),
            milliseconds,
          ),
          baseline: spread(
            (ofFew ?? []).map(({ standstill }) => standstill[by]),
            milliseconds,
          ),
          ...(by === 'wallMs' ? { goal: '≤ 50 ms' } : {}),
          size,
        });
      }
      if (place === 'one' && order !== 'cancel') continue;
      const micros = (value: number): string => `${whole(value)} µs`;
      figures.push({
        what: `${name}, ${order}: CPU per number, all : a tenth`,
        measured: spread(perNumber[0], micros),
        baseline: spread(perNumber[1], micros),
        ratio: spread(ratiosOf(...perNumber), times),
        ...(order === 'cancel' ? { goal: 'ratio ≤ 1.2' } : {}),
        size,
      });
    }
  }
  return figures;
};

async function reports(place: string, rounds: number): Promise<OrdersReport[]> {
  const found: OrdersReport[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const copy = `${place}-${round}`;
    await cp(place, copy, { recursive: true });
    found.push(await resultOf<OrdersReport>('orders-child.ts', copy));
  }
  return found;
}
