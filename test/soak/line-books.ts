/** The books of the lines: who was asked to send what, who refused, and what was reported. Pure, as {@link balance}. */
import { LOCAL_HOUR } from '../../src/time/local-time.js';
import { ATTEMPTS } from '../../src/parameters.js';
import { deliveryOf } from '../../src/gsm/causes.js';
import type { DeviceReport, Facts, OrderedJob, OutboundSms, Submission, Violation, WeatherFacts } from './books.js';
import { leaps, timesSet } from './clock-books.js';
import { HOUR_LIMITS, LINE_IDS } from './lines.js';
import type { StoryFact } from './story.js';

/** Milliseconds in which a number that was counted goes out, with all that a busy machine does to it. */
const ON_ITS_WAY = 2000;

export function balanceLines({ jobs, refused, submissions, reports, story, weather }: Facts, isFinal: boolean) {
  const jobOf = new Map([...jobs.values()].flatMap((job) => job.to.map((to) => [to, job] as const)));
  const refusals = new Set(refused.map(keyOf));
  const tries = new Map<string, Submission[]>();
  for (const submission of submissions) tries.set(submission.to, [...(tries.get(submission.to) ?? []), submission]);
  const { deliveries, ends } = toldIn(story);
  const violations = [
    ...[...tries].flatMap(([to, ofNumber]) => ofSubmissions(to, ofNumber, refusals, jobOf.get(to))),
    ...overdrawn(submissions, weather),
    ...[...ends].filter(([to, end]) => isStranded(end, jobOf.get(to))).map(([about]) => violation('stranded', about)),
    ...misreported(deliveries, reports),
    ...(isFinal ? unreported(story, deliveries, reports, weather) : []),
  ];
  const sentElsewhere = [...ends.values()].filter(({ state, tried }) => state === 'sent' && tried.length > 0).length;
  const reportsAcked = reports.filter(({ acked }) => acked).length;
  const figures = { sentElsewhere, reports: reports.length, reportsAcked, reported: deliveries.size };
  return { violations, figures };
}

type End = Extract<StoryFact, { kind: 'result' }>['result']['results'][number];

const violation = (rule: Violation['rule'], about: string): Violation => ({ rule, about });

const keyOf = ({ device, to }: Pick<OutboundSms, 'device' | 'to'>): string => `${device} ${to}`;

function ofSubmissions(
  to: string,
  submissions: readonly Submission[],
  refusals: ReadonlySet<string>,
  job: OrderedJob | undefined,
): Violation[] {
  const devices = submissions.map(({ device }) => device);
  const rules: Violation['rule'][] = [];
  if (new Set(devices).size < devices.length) rules.push('repeated');
  if (devices.length > ATTEMPTS) rules.push('tireless');
  if (devices.some((device) => job?.lines?.includes(device) === false)) rules.push('astray');
  if (submissions.slice(0, -1).some((submission) => !refusals.has(keyOf(submission)))) rules.push('hasty');
  return rules.map((rule) => violation(rule, to));
}

/** Was it refused by one line, where others were there to be tried? Who is cancelled is not tried again. */
function isStranded({ state, code, attempts }: End, job: OrderedJob | undefined): boolean {
  const lines = job?.lines ?? LINE_IDS;
  const isRefused = state === 'failed' && code === 'GOIP_SEND_FAILED';
  return isRefused && attempts < ATTEMPTS && lines.length > 1 && job?.isCancelled !== true;
}

function overdrawn(submissions: readonly Submission[], weather: WeatherFacts): Violation[] {
  const counts = new Map<string, number>();
  for (const { device, at } of submissions) {
    const limit = HOUR_LIMITS.get(device);
    if (limit === undefined) continue;
    const hourOf = (time: number): string => `${device} ${new Date(LOCAL_HOUR.startOf(time)).toISOString()}`;
    // One at the beginning of an hour may have been counted in the one before.
    const before = hourOf(at - ON_ITS_WAY);
    const hour = (counts.get(before) ?? 0) < limit ? before : hourOf(at);
    counts.set(hour, (counts.get(hour) ?? 0) + 1);
  }
  return [...counts]
    .filter(
      ([hour, count]) => count > budgetsOf(hour, weather) * (HOUR_LIMITS.get(hour.split(' ')[0] ?? '') ?? Infinity),
    )
    .map(([hour]) => violation('overdrawn', hour));
}

/**
 * What was counted may be lost with a part of the journal, and begins again when a clock that was not set is, or after an hour
 * that seems to have passed while Node-RED was off.
 */
function budgetsOf(hour: string, { periods, ends, damages }: WeatherFacts): number {
  const start = Date.parse(hour.split(' ')[1] ?? '');
  const end = LOCAL_HOUR.endOf(start) + ON_ITS_WAY;
  const lost = [...damages, ...leaps(periods, ends)].filter(({ at }) => at >= start && at < end).length;
  return 1 + lost + timesSet(periods, start, end);
}

/** Delivery states that the flow was told, and how numbers ended, both by number. */
function toldIn(story: readonly StoryFact[]) {
  const deliveries = new Map<string, Set<string>>();
  const ends = new Map<string, End>();
  const tell = (to: string, state: string): void =>
    void deliveries.set(to, (deliveries.get(to) ?? new Set<string>()).add(state));
  for (const fact of story) {
    if (fact.kind === 'status' && REPORTED.has(fact.state)) tell(fact.to, fact.state);
    if (fact.kind !== 'result') continue;
    for (const end of fact.result.results) {
      ends.set(end.to, end);
      if (end.delivery) tell(end.to, end.delivery.state);
    }
  }
  return { deliveries, ends };
}

const REPORTED: ReadonlySet<string> = new Set(['delivered', 'delivery-pending', 'undelivered']);

function misreported(deliveries: ReadonlyMap<string, ReadonlySet<string>>, reports: readonly DeviceReport[]) {
  const said = new Set(reports.map(({ to, state }) => `${to} ${deliveryOf(state).state}`));
  return [...deliveries]
    .filter(([to, states]) => [...states].some((state) => !said.has(`${to} ${state}`)))
    .map(([to]) => violation('misreported', to));
}

/**
 * A report that came when the flow had been told that the SMS was sent. One that a kill has kept from the flow is told by the
 * next life, at the latest with the result.
 */
function unreported(
  story: readonly StoryFact[],
  deliveries: ReadonlyMap<string, ReadonlySet<string>>,
  reports: readonly DeviceReport[],
  { periods, ends, damages }: WeatherFacts,
): Violation[] {
  // After an hour, or without what the server knew, nobody can know whose report it is.
  const forgotten = [...leaps(periods, ends), ...damages].map(({ at }) => at);
  const sentAt = new Map<string, number>();
  for (const fact of story)
    if (fact.kind === 'status' && fact.state === 'sent' && !sentAt.has(fact.to)) sentAt.set(fact.to, fact.at);
  return (
    reports
      .filter(({ to, at, acked }) => acked && at > (sentAt.get(to) ?? Infinity))
      // The last word of several is enough.
      .filter(({ to }) => !deliveries.has(to))
      .filter(({ to }) => !forgotten.some((at) => at >= (sentAt.get(to) ?? Infinity)))
      .map(({ to }) => violation('unreported', to))
  );
}
