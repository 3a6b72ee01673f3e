/** Books that never complain prove nothing: every rule is broken here once. */
import assert from 'node:assert/strict';
import type { FinalState, JobResult, RecipientStatus } from '../../src/index.js';
import { damagesIn, type DamageReport } from './damage-books.js';
import {
  balance,
  CALM,
  nameOf,
  NEVER_TOLD,
  unseen,
  type DeviceReport,
  type Facts,
  type InboundSms,
  type OrderedJob,
  type Submission,
} from './books.js';
import type { SmsFact, StoryFact } from './story.js';

const SMS: InboundSms = { device: 'goip1', recvid: '7', from: '+1', text: 'ok', ackedIn: 1 };
const JOB = { tag: 'job', isNamed: true, to: ['+11', '+12'], text: 'hello', expires: true } satisfies OrderedJob;
const [FIRST, SECOND] = ['+11', '+12'] as const;

/** A job that waits for a day. */
const LASTING = new Map([[JOB.tag, { ...JOB, expires: false }]]);

const AT = { life: 1, at: 0 } as const;
const DONE = result({ [FIRST]: 'unknown', [SECOND]: 'unknown' });
const DONE2 = result({ [FIRST]: 'unknown', [SECOND]: 'sent' });

describe('books of the soak', () => {
  it('balance where all is well', () => {
    const { violations, figures } = balance(
      facts({ story: [seen(), result({ [FIRST]: 'sent', [SECOND]: 'unknown' })], onAir: [air(FIRST), air(SECOND)] }),
      true,
    );
    assert.deepEqual(violations, []);
    assert.deepEqual(
      { acked: figures.acked, seen: figures.seen, onAir: figures.onAir, unknownOnAir: figures.unknownOnAir },
      { acked: 1, seen: 1, onAir: 2, unknownOnAir: 1 },
    );
  });

  it('let a flagged SMS come again, and a result', () => {
    const again = result({ [FIRST]: 'unknown', [SECOND]: 'unknown' });
    const { violations, figures } = balance(
      facts({ story: [seen(), seen({ redelivered: true, life: 2 }), again, again] }),
      true,
    );
    assert.deepEqual(violations, []);
    assert.deepEqual(
      { seenAgain: figures.seenAgain, resultsAgain: figures.resultsAgain },
      { seenAgain: 1, resultsAgain: 1 },
    );
  });

  it('count a copy that only a later life acked', () => {
    const story = [seen({ life: 1 }), DONE];
    assert.equal(balance(facts({ inbound: [{ ...SMS, ackedIn: 2 }], story }), true).figures.ackedLater, 1);
  });

  it('wait for what is under way, but not in the end', () => {
    const story: StoryFact[] = [];
    assert.deepEqual(rulesOf({ story }, false), []);
    assert.deepEqual(rulesOf({ story }, true), ['missing', 'unfinished']);
  });

  it('do not wait for an SMS that an earlier life had acked', () => {
    const nothing = facts({ story: [] });
    assert.deepEqual(unseen(nothing, 1), []);
    assert.deepEqual(unseen(nothing, 2), [{ rule: 'missing', about: nameOf(SMS) }]);
  });

  it('forgive that an anonymous job is lost on its way to the node, unless something of it happened', () => {
    const jobs = new Map([[JOB.tag, { ...JOB, isNamed: false }]]);
    const story: StoryFact[] = [seen(), { kind: 'asked', tag: JOB.tag, ...AT }];
    assert.deepEqual(rulesOf({ jobs, story }), []);
    assert.deepEqual(rulesOf({ jobs, story: [...story, status(FIRST, 'queued')] }), ['unfinished']);
    assert.deepEqual(rulesOf({ jobs, story, onAir: [air(FIRST)] }), ['unfinished']);
  });

  it('let a number fail where there is no other line, where it was tried twice, and where it was cancelled', () => {
    const refused = [air(FIRST, 'push')];
    const failed = (attempts: number) =>
      result({ [FIRST]: 'failed', [SECOND]: 'unknown' }, 'GOIP_SEND_FAILED', attempts);
    const withJob = (some: object) => new Map([[JOB.tag, { ...JOB, ...some }]]);
    assert.deepEqual(rulesOf({ story: [seen(), failed(1)], refused, jobs: withJob({ lines: ['push'] }) }), []);
    assert.deepEqual(rulesOf({ story: [seen(), failed(1)], refused, jobs: withJob({ isCancelled: true }) }), []);
    assert.deepEqual(rulesOf({ story: [seen(), failed(2)], refused }), []);
  });

  it('let a line go on in the next hour', () => {
    const hour = 3_600_000;
    const of = (at: number) => Array.from({ length: 12 }, (_, index) => tried('limited', `+${at}${index}`, at));
    assert.deepEqual(rulesOf({ submissions: [...of(10 * hour + 5000), ...of(11 * hour + 5000)] }), []);
    assert.deepEqual(rulesOf({ submissions: [...of(10 * hour + 5000), ...of(10 * hour + 9000)] }), ['overdrawn']);
  });

  it('do not miss a report that came before the OK, that was not acked, or that the next life may tell', () => {
    const story = [seen(), status(SECOND, 'sent'), DONE2];
    const onAir = [air(SECOND)];
    assert.deepEqual(rulesOf({ story, onAir, reports: [report({ to: SECOND })] }, false), []);
    assert.deepEqual(rulesOf({ story, onAir, reports: [report({ to: SECOND, at: -1 })] }), []);
    assert.deepEqual(rulesOf({ story, onAir, reports: [report({ to: SECOND, acked: false })] }), []);
    assert.deepEqual(
      rulesOf({ story: [...story, status(SECOND, 'delivered')], onAir, reports: [report({ to: SECOND })] }),
      [],
    );
  });

  const broken: Record<string, [rules: string[], Partial<Facts>]> = {
    'an SMS that was delivered twice': [['unflagged'], { story: [seen(), seen(), DONE] }],
    'an SMS that never came in': [['phantom'], { story: [seen(), seen({ recvid: '8' }), DONE] }],
    'an SMS that overtook another': [
      ['disorder'],
      {
        inbound: [SMS, { ...SMS, recvid: '6' }],
        story: [seen(), seen({ recvid: '6', receivedAt: '2026-01-01T00:00:00.000Z' }), DONE],
      },
    ],
    'a number that was sent twice': [['twice'], { onAir: [air(FIRST), air(FIRST)] }],
    'a number that nobody asked for': [['unasked'], { onAir: [air('+99')] }],
    'a number with a text of another job': [['unasked'], { onAir: [{ ...air(FIRST), text: 'other' }] }],
    'an SMS that was reported sent and was not': [
      ['invented'],
      { story: [seen(), result({ [FIRST]: 'sent', [SECOND]: 'unknown' })] },
    ],
    'a refusal that the network knows nothing of': [
      ['blamed'],
      { story: [seen(), result({ [FIRST]: 'failed', [SECOND]: 'unknown' }, 'GOIP_SEND_FAILED')] },
    ],
    'a status that says other than the result': [['contradicted'], { story: [seen(), status(FIRST, 'failed'), DONE] }],
    'a result that says other than the one before': [
      ['contradicted'],
      { story: [seen(), DONE, result({ [FIRST]: 'cancelled', [SECOND]: 'unknown' })] },
    ],
    'a result that leaves a number out': [['incomplete'], { story: [seen(), result({ [FIRST]: 'unknown' })] }],
  };
  const other = { ...JOB, lines: ['newer', 'late'] };
  const failedOnce = result({ [FIRST]: 'failed', [SECOND]: 'unknown' }, 'GOIP_SEND_FAILED', 1);
  Object.assign(broken, {
    'a number on a line that its job was not for': [
      ['astray'],
      { jobs: new Map([[JOB.tag, other]]), submissions: [tried('push')] },
    ],
    'a number that a line was asked to send twice': [
      ['repeated'],
      { submissions: [tried('push'), tried('push')], refused: [air(FIRST, 'push')] },
    ],
    'a number that went to another line without a refusal': [
      ['hasty'],
      { submissions: [tried('push'), tried('poll')], refused: [air(FIRST, 'poll')] },
    ],
    'a number that was tried on three lines': [
      ['tireless'],
      {
        submissions: [tried('push'), tried('poll'), tried('slow')],
        refused: [air(FIRST, 'push'), air(FIRST, 'poll')],
      },
    ],
    'a number that failed on one of several lines': [
      ['stranded'],
      { story: [seen(), failedOnce], refused: [air(FIRST, 'push')] },
    ],
    'a line that sends more than it may in an hour': [
      ['overdrawn'],
      { submissions: Array.from({ length: 13 }, (_, index) => tried('limited', `+${index}`, 5000)) },
    ],
    'a delivery that no device has reported': [
      ['misreported'],
      { story: [seen(), DONE, status(FIRST, 'delivered')], reports: [report({ state: 48 })] },
    ],
    'a number that expired long before its time': [
      ['early'],
      { story: [seen(), status(FIRST, 'expired'), result({ [FIRST]: 'expired', [SECOND]: 'unknown' })], jobs: LASTING },
    ],
    'a number that nobody waited for': [
      ['impatient', 'impatient'],
      { story: [seen(), result({ [FIRST]: 'unknown', [SECOND]: 'unknown' }, null, 1, NEVER_TOLD)] },
    ],
    'a delivery report that was acked and not told': [
      ['unreported'],
      { story: [seen(), status(SECOND, 'sent'), DONE2], onAir: [air(SECOND)], reports: [report({ to: SECOND })] },
    ],
  } satisfies typeof broken);

  describe('in bad weather', () => {
    const damage = (some: Partial<DamageReport>): Partial<Facts> => {
      const report = { life: 2, at: 5, text: '', foundAt: '', sms: 0, jobs: 0, unknown: 0, ...some };
      return { weather: { ...CALM, damages: [report] } };
    };
    const later = (fact: StoryFact): StoryFact => ({ ...fact, life: 2, at: 9 });
    const gone = new Map([[JOB.tag, { ...JOB, lastOrderedIn: 1 }]]);

    it('forgive so many SMS and jobs as a damaged journal is reported to have lost, and no more', () => {
      const inbound = [SMS, { ...SMS, recvid: '8' }];
      assert.deepEqual(rulesOf({ inbound, story: [DONE], ...damage({ sms: 2 }) }), []);
      assert.deepEqual(rulesOf({ inbound, story: [DONE], ...damage({ sms: 1 }) }), ['missing']);
      assert.deepEqual(rulesOf({ inbound: [{ ...SMS, ackedIn: 2 }], story: [DONE], ...damage({ sms: 1 }) }), [
        'missing',
      ]);
      const accepted = [seen(), status(FIRST, 'queued')];
      assert.deepEqual(rulesOf({ story: accepted, jobs: gone, ...damage({ jobs: 1 }) }), []);
      assert.deepEqual(rulesOf({ story: accepted, jobs: gone, ...damage({ jobs: 0 }) }), ['unfinished']);
    });

    it('let damage make a number unknown, and nothing else', () => {
      const before = [seen(), status(FIRST, 'sent')];
      const onAir = [air(FIRST)];
      assert.deepEqual(rulesOf({ onAir, story: [...before, later(DONE)], ...damage({}) }), []);
      assert.deepEqual(rulesOf({ onAir, story: [...before, later(DONE)] }), ['contradicted']);
      const failed = later(result({ [FIRST]: 'failed', [SECOND]: 'unknown' }));
      assert.deepEqual(rulesOf({ onAir, story: [...before, failed], ...damage({}) }), ['contradicted', 'denied']);
    });

    it('let a damaged memory of duplicates deliver an SMS once more', () => {
      assert.deepEqual(rulesOf({ story: [seen(), seen({ life: 2 }), DONE], ...damage({}) }), []);
      assert.deepEqual(rulesOf({ story: [seen(), seen(), DONE], ...damage({}) }), ['unflagged']);
    });

    it('judge a repeated SMS by when it was accepted, not by when the flow saw it first', () => {
      const receivedAt = new Date(4000).toISOString();
      const first = seen({ life: 2, at: 9000, receivedAt, redelivered: true });
      const story = [first, seen({ life: 2, at: 9100, receivedAt }), DONE];
      const [calm] = CALM.periods;
      assert.ok(calm);
      const leap = { from: 5000, offset: 3_600_000, whileOff: true };
      const lost = { life: 2, at: 9050, text: '', foundAt: '', sms: 0, jobs: 0, unknown: 0 };
      const weather = { periods: [calm], ends: [4500], damages: [] };
      assert.deepEqual(rulesOf({ story, weather }), ['unflagged']);
      assert.deepEqual(rulesOf({ story, weather: { ...weather, periods: [calm, leap] } }), []);
      assert.deepEqual(rulesOf({ story, weather: { ...weather, damages: [lost] } }), []);
    });

    it('read the losses in the log', () => {
      const [report, ...more] = damagesIn(['other', damaged('3 received SMS, an unknown number of jobs', 7)], 4, 9, []);
      assert.deepEqual([report?.life, report?.sms, report?.jobs, report?.unknown, more], [4, 3, Infinity, 7, []]);
    });

    it('take a lower bound for an unknown number', () => {
      const [report] = damagesIn([damaged('at least 3 received SMS, 1 job, 2 results')], 4, 9, []);
      assert.deepEqual([report?.sms, report?.jobs], [Infinity, 3]);
    });

    it('count what a later report repeats once', () => {
      const first = damaged('1 received SMS, 1 job', 7);
      const known = damagesIn([first], 4, 9, []);
      assert.deepEqual(damagesIn([first], 5, 10, known), [], 'the same words');
      const [more] = damagesIn([damaged('3 received SMS, 1 job', 9)], 6, 11, known);
      assert.deepEqual([more?.sms, more?.jobs, more?.unknown], [2, 0, 2]);
      const [other] = damagesIn([damaged('3 received SMS, 1 job', 9, 'T2')], 6, 11, known);
      assert.deepEqual([other?.sms, other?.jobs, other?.unknown], [3, 1, 9], 'another damage');
    });

    it('forgive no job for a job that came back', () => {
      const other: OrderedJob = { ...JOB, tag: 'other', to: ['+21'] };
      const again = result({ '+21': 'unknown' }, null, 2, null, other.tag);
      const story = [seen(), status(FIRST, 'queued'), again, later(again)];
      const jobs = new Map<string, OrderedJob>([...gone, [other.tag, other]]);
      assert.deepEqual(rulesOf({ story, jobs, ...damage({}) }), ['unfinished']);
    });

    it('forgive no SMS for an SMS that came back', () => {
      const inbound = [SMS, { ...SMS, recvid: '8' }];
      const story = [seen(), later(seen({ redelivered: true })), DONE];
      assert.deepEqual(rulesOf({ inbound, story, ...damage({}) }), ['missing']);
    });

    it('know the order of SMS whatever the clock has shown', () => {
      const day = 86_400_000;
      const periods = [
        { from: 11 * day - 10_000, offset: 0, whileOff: true },
        { from: 11 * day, offset: -day, whileOff: false },
      ];
      const at = (shown: number): string => new Date(shown).toISOString();
      const second = { ...SMS, recvid: '8' };
      const inOrder = [
        seen({ receivedAt: at(11 * day - 1000) }),
        seen({ recvid: '8', receivedAt: at(10 * day + 1000) }),
      ];
      const facts = { inbound: [SMS, second], weather: { ...CALM, periods } };
      assert.deepEqual(rulesOf({ ...facts, story: [...inOrder, DONE] }), []);
      assert.deepEqual(rulesOf({ ...facts, story: [...inOrder.toReversed(), DONE] }), ['disorder']);
    });

    it('let a job expire where a day seems to have passed while Node-RED was off', () => {
      const story = [seen(), later(result({ [FIRST]: 'expired', [SECOND]: 'unknown' }))];
      const step = (whileOff: boolean, ends: number[]) => ({
        ...CALM,
        periods: [...CALM.periods, { from: 5, offset: 86_400_000, whileOff }],
        ends,
      });
      assert.deepEqual(rulesOf({ story, jobs: LASTING, weather: step(true, []) }), []);
      assert.deepEqual(
        rulesOf({ story, jobs: LASTING, weather: step(false, [100]) }),
        [],
        'it had no time to write it',
      );
      assert.deepEqual(rulesOf({ story, jobs: LASTING, weather: step(false, [9000]) }), ['early']);
    });

    it('let an hour begin where one seems to have passed while Node-RED was off, and not where the clock was set in a run', () => {
      const hour = 3_600_000;
      const submissions = Array.from({ length: 24 }, (_, index) => tried('limited', `+${index}`, 5000));
      const step = (whileOff: boolean) => ({
        ...CALM,
        periods: [...CALM.periods, { from: 4000, offset: hour, whileOff }],
        ends: [3000, 9000],
      });
      assert.deepEqual(rulesOf({ submissions, weather: step(true) }), []);
      assert.deepEqual(rulesOf({ submissions, weather: step(false) }), ['overdrawn']);
    });
  });

  for (const state of ['failed', 'expired', 'cancelled'] as const) {
    broken[`an SMS that was reported ${state} and sent`] = [
      ['denied'],
      { story: [seen(), result({ [FIRST]: state, [SECOND]: 'unknown' })], onAir: [air(FIRST)] },
    ];
  }
  for (const [name, [rules, some]] of Object.entries(broken)) {
    it(`complain of ${name}`, () => assert.deepEqual(rulesOf(some), rules));
  }
});

/** One SMS and one job, both done, and what differs from that. */
function facts(some: Partial<Facts>): Facts {
  const jobs = new Map([[JOB.tag, JOB]]);
  const nothing = { onAir: [], refused: [], submissions: [], reports: [] };
  return { inbound: [SMS], jobs, ...nothing, story: [seen(), DONE], weather: CALM, ...some };
}

function rulesOf(some: Partial<Facts>, isFinal = true): string[] {
  return balance(facts(some), isFinal).violations.map(({ rule }) => rule);
}

function seen(some: Partial<SmsFact> = {}): SmsFact {
  const { ackedIn, ...sms } = SMS;
  return { kind: 'sms', ...AT, ...sms, receivedAt: '2026-01-02T00:00:00.000Z', ...some };
}

function air(to: string, device = 'goip1') {
  return { device, to, text: JOB.text };
}

function tried(device: string, to: string = FIRST, at = 0): Submission {
  return { device, to, at };
}

function report(some: Partial<DeviceReport> = {}): DeviceReport {
  return { device: 'newer', to: FIRST, state: 0, at: 1, acked: true, ...some };
}

function status(to: string, state: RecipientStatus['state']): StoryFact {
  return { kind: 'status', ...AT, tag: JOB.tag, to, state };
}

function result(
  states: Record<string, FinalState>,
  code: JobResult['results'][number]['code'] = null,
  attempts = 2,
  reason: string | null = null,
  tag = JOB.tag,
): StoryFact {
  const results = Object.entries(states).map(([to, state]) => {
    return {
      to,
      state,
      code: state === 'failed' ? code : null,
      device: null,
      reason,
      smsNo: null,
      errorstatus: null,
      attempts,
      tried: [],
      parts: 1,
      encoding: 'GSM-7' as const,
      delivery: null,
      at: '',
    };
  });
  const counts = { ok: false, total: results.length, sent: 0, failed: 0, unknown: 0, expired: 0, cancelled: 0 };
  return { kind: 'result', ...AT, tag, result: { id: tag, ...counts, results } };
}

/** A line of the log about a damaged journal. */
function damaged(lost: string, unknown = 0, foundAt = 'T1'): string {
  return (
    '30 Nov 14:16:09 - [error] [goip-server:server] the journal in /a/goip/server is damaged: 000005.log: cut. ' +
    `Lost: ${lost}. ${unknown} numbers that may have been sent end as "unknown". It was found at ${foundAt}.`
  );
}
