/** The lines of the soak, with the habits of those in the field. */
import type { LineOptions } from '../../src/simulator/index.js';
import { PASSWORD, SCALED } from './flow.js';

interface SoakLine extends Omit<LineOptions, 'password'> {
  readonly group: 'plain' | 'reporting';
  readonly hourLimit?: number;
}

const HABITS: readonly SoakLine[] = [
  { id: 'push', group: 'plain', firmware: 'push' },
  { id: 'poll', group: 'plain', firmware: 'poll' },
  { id: 'direct', group: 'plain', firmware: 'direct' },
  { id: 'slow', group: 'plain', lineTime: [SCALED.lineTime, 6 * SCALED.lineTime] },
  { id: 'blocked', group: 'plain', blocked: true },
  { id: 'failing', group: 'plain', failAfter: 20, recoverAfter: 6 },
  { id: 'newer', group: 'reporting', smsNo: true, blankBeforeNewline: true, deliveryReports: true },
  { id: 'early', group: 'reporting', smsNo: true, deliveryReports: true, deliveryFirst: true },
  {
    id: 'late',
    group: 'reporting',
    smsNo: true,
    deliveryReports: true,
    deliveryState: [48, 0],
    deliveryDelay: [0.5, 2],
  },
  { id: 'limited', group: 'reporting', smsNo: true, hourLimit: 12 },
];

export const LINES: readonly LineOptions[] = HABITS.map(({ group, hourLimit, ...line }) => ({
  ...line,
  password: PASSWORD,
}));

export const LINE_IDS: readonly string[] = HABITS.map(({ id }) => id);

/** Most SMS of an hour, by line. */
export const HOUR_LIMITS: ReadonlyMap<string, number> = new Map(
  HABITS.flatMap(({ id, hourLimit }) => (hourLimit === undefined ? [] : [[id, hourLimit] as const])),
);

export const GROUPS: ReadonlyMap<string, readonly string[]> = new Map(
  (['plain', 'reporting'] as const).map((name) => [
    name,
    HABITS.filter(({ group }) => group === name).map(({ id }) => id),
  ]),
);

/** As goip-server knows them. */
export const DEVICES: readonly object[] = HABITS.map(({ id, group, hourLimit }) => ({
  key: `key-${id}`,
  id,
  name: '',
  group,
  ...(hourLimit === undefined ? {} : { limits: { hourLimit } }),
}));
