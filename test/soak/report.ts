/** The books of a soak, for people. */
import type { DamageReport } from './damage-books.js';
import type { SoakReport } from './soak.js';
import { RULES } from './books.js';

/** Complaints that are printed; the first ones bring their stories. */
const MOST = 20;

export function printed({ seed, figures: f, complaints }: SoakReport): string {
  const moments = Object.entries(f.moments)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, count]) => `${name.trim()} ${count}`);
  const { states } = f;
  const rows = [
    ['seed', String(seed)],
    ['time', `${f.seconds.toFixed(1)} s, of these ${f.drainSeconds.toFixed(1)} s to let everything come to its end`],
    ['kills', `${f.kills} (${moments.join(', ')})`],
    ['device restarts', `${f.deviceRestarts}, of these ${f.whileDown} while Node-RED was down`],
    ['SMS in', `${f.inbound}, acked ${f.acked}, of these ${f.ackedLater} by a later life than the one that saw them`],
    ['SMS the flow saw', `${f.seen}; redelivered ${f.redelivered}, of these ${f.seenAgain} seen before`],
    [
      'jobs',
      `${f.jobs}, ordered again ${f.repeats} times, orders to cancel ${f.cancels}, results told again ${f.resultsAgain}`,
    ],
    ['jobs never accepted', `${f.neverAccepted} (without a job id, and nobody ordered them again)`],
    ['sessions', `opened ${f.sessionsOpened}, refused ${f.sessionsRefused} (those of earlier lives were still open)`],
    ['numbers', `${f.numbers}, on air ${f.onAir}, asked for again by a later life ${f.askedLater}`],
    [
      'reported',
      Object.entries(states)
        .map(([state, count]) => `${state} ${count}`)
        .join(', '),
    ],
    ['refused', `sent by another line ${f.sentElsewhere}`],
    ['delivery reports', `${f.reports}, acked ${f.reportsAcked}, numbers that the flow was told of ${f.reported}`],
    ['unknown', `${states.unknown}, of these on air ${f.unknownOnAir}`],
    ['clock', `set ${f.clockSteps} times, of these ${f.clockStepsWhileOff} while Node-RED was off`],
    ['standstills', `of the event loop ${f.blocked}, of the process ${f.suspended}`],
    ['files damaged', `${f.wounds}, reported ${f.damages.length}: ${describeLosses(f.damages)}`],
    ['lines cut off', `${f.torn}`],
  ];
  const width = Math.max(...rows.map(([name = '']) => name.length));
  const table = rows.map(([name = '', text = '']) => `  ${name.padEnd(width)}  ${text}`);
  const verdict =
    complaints.length === 0
      ? Object.values(RULES).map((rule) => `  ${rule}: 0`)
      : [`  THE BOOKS DO NOT BALANCE (${complaints.length}):`, ...complaints.slice(0, MOST)];
  return [...table, ...verdict].join('\n');
}

function describeLosses(damages: readonly DamageReport[]): string {
  const sum = (countOf: (damage: DamageReport) => number): string => {
    const counts = damages.map(countOf);
    const unknown = counts.filter((count) => count === Infinity).length;
    const known = counts.filter((count) => count !== Infinity).reduce((total, count) => total + count, 0);
    return unknown === 0 ? String(known) : `${known} and ${unknown} times an unknown number`;
  };
  return `SMS ${sum(({ sms }) => sms)}, jobs and results ${sum(({ jobs }) => jobs)}, numbers unknown ${sum(({ unknown }) => unknown)}`;
}
