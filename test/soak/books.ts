/** The books of a soak: what the devices put on air and got acked, against what the flow saw. Pure: facts in, balance out. */
import type { FinalState, RecipientStatus } from '../../src/index.js';
import { leaps, trueTime, type ClockPeriod, type Leap } from './clock-books.js';
import { isBetween, unexplained, type DamageReport } from './damage-books.js';
import { balanceLines } from './line-books.js';
import type { SmsFact, StoryFact } from './story.js';

/** An SMS that came in from the air. */
export interface InboundSms {
  readonly device: string;
  readonly recvid: string;
  readonly from: string;
  readonly text: string;
  /** The life of Node-RED whose ack the device got; null where it got none. */
  readonly ackedIn: number | null;
}

/** A job as it was ordered, perhaps more than once. */
export interface OrderedJob {
  readonly tag: string;
  /** It has a job id, and is ordered again until its result is there. */
  readonly isNamed: boolean;
  readonly to: readonly string[];
  /** Of all numbers, or by number. */
  readonly text: string | ReadonlyMap<string, string>;
  /** The lines that it was ordered for; undefined for any. */
  readonly lines?: readonly string[] | undefined;
  /** Somebody has ordered to cancel it. */
  readonly isCancelled?: boolean;
  /** It expires within seconds. */
  readonly expires?: boolean;
  /**
   * The last life in which it can have been ordered, if the journal was damaged afterwards: then nobody orders it again, because
   * the server may have forgotten it.
   */
  readonly lastOrderedIn?: number;
}

/** An SMS that went over the air, or that the network refused. */
export interface OutboundSms {
  readonly device: string;
  readonly to: string;
  readonly text: string;
}

/** A number that a line was asked to send, for the first time in that session. */
export interface Submission {
  readonly device: string;
  readonly to: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What a device told of an SMS that it had sent. */
export interface DeviceReport {
  readonly device: string;
  readonly to: string;
  /** TP-Status. */
  readonly state: number;
  readonly at: number;
  readonly acked: boolean;
}

export interface Facts {
  readonly inbound: readonly InboundSms[];
  readonly jobs: ReadonlyMap<string, OrderedJob>;
  readonly onAir: readonly OutboundSms[];
  readonly refused: readonly OutboundSms[];
  readonly submissions: readonly Submission[];
  readonly reports: readonly DeviceReport[];
  readonly story: readonly StoryFact[];
  readonly weather: WeatherFacts;
}

/** What happened to the machine. */
export interface WeatherFacts {
  readonly periods: readonly ClockPeriod[];
  /** Times at which lives ended. */
  readonly ends: readonly number[];
  readonly damages: readonly DamageReport[];
}

/** Clocks that are never set, and a sound disk. */
export const CALM: WeatherFacts = { periods: [{ from: 0, offset: 0, whileOff: true }], ends: [], damages: [] };

/** What must never happen. */
export const RULES = {
  missing: 'acked SMS missing',
  unflagged: 'SMS delivered twice without the flag',
  phantom: 'SMS seen that never came in',
  disorder: 'SMS out of order',
  twice: 'numbers on air twice',
  unasked: 'numbers on air that nobody asked for',
  denied: 'numbers reported failed, expired or cancelled that went on air',
  invented: 'numbers reported sent that never went on air',
  blamed: 'numbers reported refused by the network that were not',
  contradicted: 'numbers with reports that contradict each other',
  incomplete: 'results that do not cover their job',
  unfinished: 'jobs without a final result',
  astray: 'numbers on lines that their job was not for',
  repeated: 'numbers submitted to a line twice',
  hasty: 'numbers submitted to another line without a refusal',
  tireless: 'numbers submitted more often than allowed',
  stranded: 'numbers that failed although another line could have been tried',
  overdrawn: 'hours in which a line has sent more than it may',
  misreported: 'numbers with a delivery that no device has reported',
  unreported: 'delivery reports that were acked and not told',
  early: 'numbers that expired before their time',
  impatient: 'numbers that were given up before the time for their result was over',
} as const;

export type Rule = keyof typeof RULES;

export interface Violation {
  readonly rule: Rule;
  /** The number, the SMS or the job. */
  readonly about: string;
}

export interface Figures {
  readonly inbound: number;
  readonly acked: number;
  readonly seen: number;
  /** Deliveries with the flag; those of SMS that had been seen before; and acks by a later life than the one that saw it. */
  readonly redelivered: number;
  readonly seenAgain: number;
  readonly ackedLater: number;
  readonly jobs: number;
  /** Anonymous ones that a kill met before they were accepted. */
  readonly neverAccepted: number;
  readonly resultsAgain: number;
  readonly numbers: number;
  readonly onAir: number;
  readonly states: Readonly<Record<FinalState, number>>;
  readonly unknownOnAir: number;
  /** Numbers that were sent by another line than the one that had refused them. */
  readonly sentElsewhere: number;
  /** Reports that devices told, that were acked, and numbers that they were told of. */
  readonly reports: number;
  readonly reportsAcked: number;
  readonly reported: number;
}

export interface Balance {
  readonly violations: readonly Violation[];
  readonly figures: Figures;
}

/** @param isFinal nothing is under way any more: what was acked has been seen, and every job has its result */
export function balance(facts: Facts, isFinal: boolean): Balance {
  const inbox = balanceInbox(facts, isFinal);
  const outbox = balanceOutbox(facts, isFinal);
  const lines = balanceLines(facts, isFinal);
  return {
    violations: [...inbox.violations, ...outbox.violations, ...lines.violations],
    figures: { ...inbox.figures, ...outbox.figures, ...lines.figures },
  };
}

/** SMS that the devices got acked by lives before this one, that the flow has not seen, and that no damage explains. */
export function unseen({ inbound, story, weather }: Facts, beforeLife: number): Violation[] {
  const seen = new Set(story.filter((fact) => fact.kind === 'sms').map(nameOf));
  const missing = inbound
    .filter(({ ackedIn }) => ackedIn !== null && ackedIn < beforeLife)
    .filter((sms) => !seen.has(nameOf(sms)));
  return unexplained(
    missing,
    ({ ackedIn }) => ackedIn ?? 0,
    weather.damages,
    ({ sms }) => sms,
  ).map((sms) => ({ rule: 'missing', about: nameOf(sms) }));
}

export function nameOf({ device, recvid, from, text }: Omit<InboundSms, 'ackedIn'>): string {
  return JSON.stringify([device, recvid, from, text]);
}

/** Milliseconds for which a server does not know that its clock was set. */
const UNNOTICED = 1000;

/** Milliseconds by which two clocks differ if they are read one after the other. */
const ROUNDED = 5;

function balanceInbox(facts: Facts, isFinal: boolean) {
  const { inbound, story, weather } = facts;
  const { periods, damages, ends } = weather;
  const leapt = leaps(periods, ends);
  const violations: Violation[] = isFinal ? unseen(facts, Infinity) : [];
  const known = new Map(inbound.map((sms) => [nameOf(sms), sms]));
  const sightings = new Map<string, SmsFact[]>();
  const lastOfDevice = new Map<string, number>();
  for (const fact of story) {
    if (fact.kind !== 'sms') continue;
    const about = nameOf(fact);
    const before = sightings.get(about);
    if (before) {
      const { since, life } = acceptanceOf(before[0] ?? fact, weather);
      before.push(fact);
      // A server that has forgotten it, or thinks that the device has restarted since, takes a repetition for another SMS.
      const isForgotten =
        isBetween(damages, life, fact.life) || leapt.some((leap) => leap.at > since - UNNOTICED && leap.at < fact.at);
      if (fact.redelivered === undefined && !isForgotten) violations.push({ rule: 'unflagged', about });
      continue;
    }
    sightings.set(about, [fact]);
    if (!known.has(about)) violations.push({ rule: 'phantom', about });
    const receivedAt = trueTime(Date.parse(fact.receivedAt), periods);
    if (receivedAt + ROUNDED < (lastOfDevice.get(fact.device) ?? 0)) violations.push({ rule: 'disorder', about });
    lastOfDevice.set(fact.device, receivedAt);
  }
  const all = [...sightings.values()].flat();
  const ackedLater = [...sightings].filter(([about, [first]]) => {
    const ackedIn = known.get(about)?.ackedIn ?? null;
    return ackedIn !== null && first !== undefined && ackedIn > first.life;
  });
  const figures = {
    inbound: inbound.length,
    acked: inbound.filter(({ ackedIn }) => ackedIn !== null).length,
    seen: sightings.size,
    redelivered: all.filter(({ redelivered }) => redelivered).length,
    seenAgain: all.length - sightings.size,
    ackedLater: ackedLater.length,
  };
  return { violations, figures };
}

/** When a server has accepted an SMS, and in which run: that may be long before the flow sees it. */
function acceptanceOf(
  first: SmsFact,
  { periods, ends }: WeatherFacts,
): { readonly since: number; readonly life: number } {
  const since = Math.min(first.at, trueTime(Date.parse(first.receivedAt), periods));
  return { since, life: Math.min(first.life, 1 + ends.filter((end) => end < since).length) };
}

function balanceOutbox({ jobs, onAir, refused, story, weather }: Facts, isFinal: boolean) {
  const violations: Violation[] = [];
  const jobOf = new Map([...jobs.values()].flatMap((job) => job.to.map((to) => [to, job] as const)));
  const reports = reportsOf(story, jobs, violations);
  const leapt = leaps(weather.periods, weather.ends);

  const aired = new Set<string>();
  for (const { to, text } of onAir) {
    if (aired.has(to)) violations.push({ rule: 'twice', about: to });
    if (textOf(jobOf.get(to), to) !== text) violations.push({ rule: 'unasked', about: to });
    aired.add(to);
  }
  const refusedNumbers = new Set(refused.map(({ to }) => to));
  const states = { sent: 0, failed: 0, unknown: 0, expired: 0, cancelled: 0 };
  let unknownOnAir = 0;
  for (const [to, { told, codes }] of reports.numbers) {
    const state = told.at(-1)?.state;
    if (isContradicted(told, weather.damages)) violations.push({ rule: 'contradicted', about: to });
    if (told.some((one) => isEarly(one, jobOf.get(to), leapt))) violations.push({ rule: 'early', about: to });
    if (told.some((one) => isImpatient(one, leapt))) violations.push({ rule: 'impatient', about: to });
    const isOnAir = aired.has(to);
    if (told.some((one) => one.state !== 'sent' && one.state !== 'unknown') && isOnAir)
      violations.push({ rule: 'denied', about: to });
    if (codes.has('GOIP_SEND_FAILED') && !refusedNumbers.has(to)) violations.push({ rule: 'blamed', about: to });
    if (told.some((one) => one.state === 'sent') && !isOnAir) violations.push({ rule: 'invented', about: to });
    if (state !== undefined) states[state] += 1;
    if (state === 'unknown' && isOnAir) unknownOnAir += 1;
  }
  const airedJobs = new Set([...aired].map((to) => jobOf.get(to)?.tag));
  let neverAccepted = 0;
  const unfinished: OrderedJob[] = [];
  for (const job of jobs.values()) {
    const { tag, isNamed, lastOrderedIn } = job;
    if (reports.results.has(tag)) continue;
    // Nobody was told of its acceptance, and nothing of it happened: it was lost on the way to the node.
    const isRepeated = isNamed && lastOrderedIn === undefined;
    if (!isRepeated && !reports.accepted.has(tag) && !airedJobs.has(tag)) neverAccepted += 1;
    else unfinished.push(job);
  }
  if (isFinal) violations.push(...lostJobs(unfinished, weather.damages));
  const figures = {
    jobs: jobs.size,
    neverAccepted,
    resultsAgain: [...reports.results.values()].reduce((sum, count) => sum + count - 1, 0),
    numbers: jobOf.size,
    onAir: aired.size,
    states,
    unknownOnAir,
  };
  return { violations, figures };
}

function lostJobs(unfinished: readonly OrderedJob[], damages: readonly DamageReport[]): Violation[] {
  const lifeOf = ({ lastOrderedIn = Infinity }: OrderedJob): number => lastOrderedIn;
  return unexplained(unfinished, lifeOf, damages, ({ jobs }) => jobs).map(({ tag }) => ({
    rule: 'unfinished',
    about: tag,
  }));
}

/** A final state of a number, as the flow was told. */
interface Told {
  readonly state: FinalState;
  readonly life: number;
  readonly at: number;
  readonly reason: string | null;
}

/** Only a damage makes a number unknown that was known. */
function isContradicted(told: readonly Told[], damages: readonly DamageReport[]): boolean {
  return told.slice(1).some(({ state, life }, index) => {
    const before = told[index];
    if (before === undefined || before.state === state) return false;
    return state !== 'unknown' || !isBetween(damages, before.life, life);
  });
}

/** Did it expire although it could wait for a day, and no day seems to have passed? */
function isEarly({ state, at }: Told, job: OrderedJob | undefined, leapt: readonly Leap[]): boolean {
  return state === 'expired' && job?.expires !== true && !leapt.some((leap) => leap.at < at && leap.ms >= EXPIRES);
}

/** Did nobody wait for its result although no such time has passed? */
function isImpatient({ reason, at }: Told, leapt: readonly Leap[]): boolean {
  return reason === NEVER_TOLD && !leapt.some((leap) => leap.at < at);
}

/** Milliseconds for which a job waits, by default. */
const EXPIRES = 86_400_000 - 3_600_000;

/** After 90 s of silence at the earliest, which is longer than any line is silent. */
export const NEVER_TOLD = 'the device never told the result';

function textOf(job: OrderedJob | undefined, to: string): string | undefined {
  return typeof job?.text === 'object' ? job.text.get(to) : job?.text;
}

function isFinal(state: RecipientStatus['state']): state is FinalState {
  return ['sent', 'failed', 'unknown', 'expired', 'cancelled'].includes(state);
}

/** What was told of numbers and jobs: final states, counts of results, and what is known to be accepted. */
function reportsOf(story: readonly StoryFact[], jobs: Facts['jobs'], violations: Violation[]) {
  const numbers = new Map<string, { readonly told: Told[]; readonly codes: Set<string | null> }>();
  const results = new Map<string, number>();
  const accepted = new Set<string>();
  const report = (to: string, told: Told, code: string | null): void => {
    const known = numbers.get(to) ?? { told: [], codes: new Set() };
    known.told.push(told);
    known.codes.add(code);
    numbers.set(to, known);
  };
  for (const fact of story) {
    if (fact.kind === 'status') {
      accepted.add(fact.tag);
      const { state, life, at } = fact;
      if (isFinal(state)) report(fact.to, { state, life, at, reason: null }, null);
    }
    if (fact.kind === 'result') {
      const { tag, result, life, at } = fact;
      accepted.add(tag);
      results.set(tag, (results.get(tag) ?? 0) + 1);
      for (const { to, state, code, reason } of result.results) report(to, { state, life, at, reason }, code);
      // Those with the same text stand together.
      const covered = result.results.map(({ to }) => to).sort();
      if (covered.join() !== jobs.get(tag)?.to.toSorted().join()) violations.push({ rule: 'incomplete', about: tag });
    }
  }
  return { numbers, results, accepted };
}
