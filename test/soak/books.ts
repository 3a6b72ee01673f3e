/** The books of a soak: what the devices put on air and got acked, against what the flow saw. Pure: facts in, balance out. */
import type { FinalState, RecipientStatus } from '../../src/index.js';
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
}

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

/** SMS that the devices got acked by lives before this one, and that the flow has not seen. */
export function unseen({ inbound, story }: Facts, beforeLife: number): Violation[] {
  const seen = new Set(story.filter((fact) => fact.kind === 'sms').map(nameOf));
  return inbound
    .filter(({ ackedIn }) => ackedIn !== null && ackedIn < beforeLife)
    .filter((sms) => !seen.has(nameOf(sms)))
    .map((sms) => ({ rule: 'missing', about: nameOf(sms) }));
}

export function nameOf({ device, recvid, from, text }: Omit<InboundSms, 'ackedIn'>): string {
  return JSON.stringify([device, recvid, from, text]);
}

function balanceInbox(facts: Facts, isFinal: boolean) {
  const { inbound, story } = facts;
  const violations: Violation[] = isFinal ? unseen(facts, Infinity) : [];
  const known = new Map(inbound.map((sms) => [nameOf(sms), sms]));
  const sightings = new Map<string, SmsFact[]>();
  const lastOfDevice = new Map<string, string>();
  for (const fact of story) {
    if (fact.kind !== 'sms') continue;
    const about = nameOf(fact);
    const before = sightings.get(about);
    if (before) {
      before.push(fact);
      if (fact.redelivered === undefined) violations.push({ rule: 'unflagged', about });
      continue;
    }
    sightings.set(about, [fact]);
    if (!known.has(about)) violations.push({ rule: 'phantom', about });
    if (fact.receivedAt < (lastOfDevice.get(fact.device) ?? '')) violations.push({ rule: 'disorder', about });
    lastOfDevice.set(fact.device, fact.receivedAt);
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

function balanceOutbox({ jobs, onAir, refused, story }: Facts, isFinal: boolean) {
  const violations: Violation[] = [];
  const jobOf = new Map([...jobs.values()].flatMap((job) => job.to.map((to) => [to, job] as const)));
  const reports = reportsOf(story, jobs, violations);

  const aired = new Set<string>();
  for (const { to, text } of onAir) {
    if (aired.has(to)) violations.push({ rule: 'twice', about: to });
    if (textOf(jobOf.get(to), to) !== text) violations.push({ rule: 'unasked', about: to });
    aired.add(to);
  }
  const refusedNumbers = new Set(refused.map(({ to }) => to));
  const states = { sent: 0, failed: 0, unknown: 0, expired: 0, cancelled: 0 };
  let unknownOnAir = 0;
  for (const [to, { states: told, codes }] of reports.numbers) {
    const [state] = told;
    if (told.size > 1) violations.push({ rule: 'contradicted', about: to });
    const isOnAir = aired.has(to);
    if (state === 'sent' && !isOnAir) violations.push({ rule: 'invented', about: to });
    if (state !== 'sent' && state !== 'unknown' && isOnAir) violations.push({ rule: 'denied', about: to });
    if (codes.has('GOIP_SEND_FAILED') && !refusedNumbers.has(to)) violations.push({ rule: 'blamed', about: to });
    if (state !== undefined) states[state] += 1;
    if (state === 'unknown' && isOnAir) unknownOnAir += 1;
  }
  const airedJobs = new Set([...aired].map((to) => jobOf.get(to)?.tag));
  let neverAccepted = 0;
  for (const { tag, isNamed } of jobs.values()) {
    if (reports.results.has(tag)) continue;
    // Nobody was told of its acceptance, and nothing of it happened: it was lost on the way to the node.
    if (!isNamed && !reports.accepted.has(tag) && !airedJobs.has(tag)) neverAccepted += 1;
    else if (isFinal) violations.push({ rule: 'unfinished', about: tag });
  }
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

function textOf(job: OrderedJob | undefined, to: string): string | undefined {
  return typeof job?.text === 'object' ? job.text.get(to) : job?.text;
}

function isFinal(state: RecipientStatus['state']): state is FinalState {
  return ['sent', 'failed', 'unknown', 'expired', 'cancelled'].includes(state);
}

/** What was told of numbers and jobs: final states, counts of results, and what is known to be accepted. */
function reportsOf(story: readonly StoryFact[], jobs: Facts['jobs'], violations: Violation[]) {
  const numbers = new Map<string, { readonly states: Set<FinalState>; readonly codes: Set<string | null> }>();
  const results = new Map<string, number>();
  const accepted = new Set<string>();
  const report = (to: string, state: FinalState, code: string | null): void => {
    const { states, codes } = numbers.get(to) ?? { states: new Set(), codes: new Set() };
    numbers.set(to, { states: states.add(state), codes: codes.add(code) });
  };
  for (const fact of story) {
    if (fact.kind === 'status') {
      accepted.add(fact.tag);
      const { state } = fact;
      if (isFinal(state)) report(fact.to, state, null);
    }
    if (fact.kind === 'result') {
      const { tag, result } = fact;
      accepted.add(tag);
      results.set(tag, (results.get(tag) ?? 0) + 1);
      for (const { to, state, code } of result.results) report(to, state, code);
      // Those with the same text stand together.
      const covered = result.results.map(({ to }) => to).sort();
      if (covered.join() !== jobs.get(tag)?.to.toSorted().join()) violations.push({ rule: 'incomplete', about: tag });
    }
  }
  return { numbers, results, accepted };
}
