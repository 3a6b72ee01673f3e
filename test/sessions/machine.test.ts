import assert from 'node:assert/strict';
import { settingsFrom, type ServerOptions } from '../../src/config/settings.js';
import type { ResultHabit } from '../../src/lines/habits.js';
import { parseDeviceMessage } from '../../src/protocol/index.js';
import {
  NEW_SESSION,
  step,
  type SessionAction,
  type SessionContext,
  type SessionEvent,
  type SessionState,
} from '../../src/sessions/machine.js';
import { EVENTS, NOW, RESUMED_HEARD_AT, TABLE } from './machine-table.js';
import { actionInWords, inWords } from './words.js';

const configOf = (options: ServerOptions = {}) => settingsFrom(options, true).session;

const SIMPLE_EVENTS = [
  'start',
  'saved',
  'not-saved',
  'withheld',
  'timeout',
  'number',
  'no-number',
  'restarted',
  'abort',
] as const;

/** An event by its type, or by what the device puts on the wire. */
function eventOf(name: string): SessionEvent {
  const type = SIMPLE_EVENTS.find((simple) => simple === name);
  if (type) return { type };
  if (name === 'resume') return { type: 'resume', telid: 3, heardAt: RESUMED_HEARD_AT };
  const reply = parseDeviceMessage(`${name}\n`);
  switch (reply.kind) {
    case 'PASSWORD':
    case 'SEND':
    case 'OK':
    case 'WAIT':
    case 'ERROR':
    case 'DONE':
      return { type: 'reply', reply };
    default:
      throw new Error(`not a reply of a session: ${name}`);
  }
}

/** Feeds events to a machine from its beginning; all that it waits for comes at once, and so do answers to a `save`. */
class Run {
  state = NEW_SESSION;
  now = NOW;
  actions: readonly SessionAction[] = [];

  constructor(private readonly context: Partial<SessionContext> & { readonly options?: ServerOptions } = {}) {}

  on(...names: string[]): this {
    for (const name of names) this.#step(eventOf(name));
    return this;
  }

  resume(heardSecondsAgo: number): this {
    this.#step({ type: 'resume', telid: 3, heardAt: this.now - heardSecondsAgo * 1000 });
    return this;
  }

  /** Lets the timer run down; returns the seconds that it was set to, and what was done when it did. */
  timeout(): readonly [seconds: number, actions: string] {
    const timer = this.actions.findLast((action) => action.type === 'timer');
    assert.ok(timer, 'a timer is set');
    this.now += timer.ms;
    this.on('timeout');
    return [timer.ms / 1000, this.words];
  }

  get words(): string {
    return this.actions.map(actionInWords).join('; ');
  }

  #step(event: SessionEvent): void {
    const { options, ...context } = this.context;
    const next = step(this.state, event, { config: configOf(options), habit: 'unknown', ...context, now: this.now });
    this.state = next.state;
    this.actions = next.actions;
  }
}

/** The actions of the last event. */
function actionsAfter(options: ServerOptions, ...events: string[]): readonly SessionAction[] {
  return new Run({ options }).on('start', 'saved', ...events).actions;
}

describe('session machine: every event in every situation (protocol §4)', () => {
  it('the table covers every phase', () => {
    const phases: Record<SessionState['phase'], true> = {
      new: true,
      preparing: true,
      opening: true,
      authenticating: true,
      ready: true,
      saving: true,
      submitted: true,
      waiting: true,
      closing: true,
      closed: true,
    };
    assert.deepEqual(new Set(Object.values(TABLE).map(({ state }) => state.phase)), new Set(Object.keys(phases)));
  });

  const context = { config: configOf(), now: NOW, habit: 'unknown' } as const;
  for (const [situation, { state, rows }] of Object.entries(TABLE)) {
    describe(situation, () => {
      const cells = Object.entries(rows).flatMap(([names, cell]) => names.split(' | ').map((name) => [name, cell]));

      it('has one cell for each event', () => {
        assert.deepEqual(cells.map(([name]) => name).sort(), [...EVENTS].sort());
      });

      for (const [name = '', cell = ''] of cells) {
        it(cell === '-' ? `${name} is ignored` : `${name} → ${cell}`, () => {
          assert.equal(inWords(state, step(state, eventOf(name), context), NOW), cell);
        });
      }
    });
  }
});

describe('session machine: a session from its beginning to its end', () => {
  it('MSG → PASSWORD → SEND … → DONE', () => {
    const script: readonly (readonly [event: string, actions: string])[] = [
      ['start', 'save the session'],
      ['saved', 'MSG; timer 5 s'],
      ['PASSWORD 11', 'measured 0 s; PASSWORD; timer 5 s'],
      ['SEND 11', 'measured 0 s; next'],
      ['number', 'save 1'],
      ['saved', 'submitted 1; SEND 1; timer 5 s'],
      ['WAIT 11 1', 'waiting 1; timer 12 s'],
      ['OK 11 1 160', 'learnt push in 0 s; sent 1 #160; next'],
      ['number', 'save 2'],
      ['saved', 'submitted 2; SEND 2; timer 5 s'],
      ['ERROR 11 2 errorstatus:1', 'learnt push; failed 2 GOIP_SEND_FAILED 1; next'],
      ['number', 'save 3'],
      ['saved', 'submitted 3; SEND 3; timer 5 s'],
      ['OK 11 3', 'learnt push; sent 3; next'],
      ['no-number', 'DONE; timer 5 s'],
      ['DONE 11', 'measured 0 s; end done'],
    ];
    const run = new Run();
    for (const [event, actions] of script) assert.equal(run.on(event).words, actions, event);
    assert.equal(run.state.phase, 'closed');
  });

  it('sends as often as resendCount says, and once where it says 0', () => {
    for (const resendCount of [0, 1, 3]) {
      const run = new Run({ options: { resendCount } }).on('start', 'saved');
      for (let resend = 0; resend < resendCount; resend += 1) assert.deepEqual(run.timeout(), [5, 'MSG; timer 5 s']);
      assert.deepEqual(run.timeout(), [5, 'DONE; timer 5 s']);
    }
  });

  it('waits resendInterval between them', () => {
    assert.deepEqual(actionsAfter({ resendInterval: 0.25 }).map(actionInWords), ['MSG', 'timer 0.25 s']);
  });

  it('a refusal that comes late is not taken for one of the next number, once a SEND was repeated', () => {
    const run = new Run().on('start', 'saved', 'PASSWORD 11', 'SEND 11', 'number', 'saved');
    run.timeout();
    run.on('WAIT 11 1', 'OK 11 1', 'number', 'saved', 'ERROR 11 GSM_LOGOUT');
    assert.equal(run.words, 'unknown 2 GOIP_GSM_LOGOUT; DONE; timer 5 s');
  });

  it("tells the reason of a failure in the device's words", () => {
    const reasonOf = (reply: string): string => {
      const actions = actionsAfter({}, 'PASSWORD 11', 'SEND 11', 'number', 'saved', reply);
      const result = actions.find((action) => action.type === 'result')?.result;
      return result && 'reason' in result ? result.reason : '';
    };
    assert.equal(reasonOf('ERROR 11 1 errorstatus:38'), 'network out of order (errorstatus 38)');
    assert.equal(reasonOf('ERROR 11 1 errorstatus:38 no carrier'), 'network out of order (errorstatus 38): no carrier');
    assert.equal(
      reasonOf('ERROR 11 1 errorstatus:999999'),
      'error of the modem, in the numbering of its maker (errorstatus 999999)',
    );
    assert.equal(reasonOf('ERROR 11 1 errorstatus:-1'), 'errorstatus -1');
    assert.equal(reasonOf('ERROR 11 1 errorstatus:'), 'the device reported: errorstatus:');
    assert.equal(reasonOf('ERROR 11 1 busy'), 'the device reported: busy');
    assert.equal(reasonOf('ERROR 11 1'), 'the device gave no reason ("ERROR 11 1")');
    assert.equal(reasonOf('ERROR 11 sim busy'), 'the device broke the session off: sim busy');
    assert.equal(reasonOf('ERROR 11'), 'the device broke the session off: ERROR 11');
    assert.match(reasonOf('ERROR 11 GSM_LOGOUT'), /not registered/);
    assert.match(reasonOf('ERROR 11 SENDID'), /lost the session/);
  });
});

describe('session machine: WAIT (protocol §4, WAIT)', () => {
  const secondsAgo = (seconds: number): number => NOW - seconds * 1000;
  const submitted: SessionState = { phase: 'submitted', telid: 1, transmissions: 1, repeated: false };
  const waiting = (since: number, heard: number, asking = false): SessionState => ({
    phase: 'waiting',
    telid: 1,
    since: secondsAgo(since),
    heardAt: secondsAgo(heard),
    asking,
    repeated: false,
  });
  const onSubmitted = (options: ServerOptions, habit: ResultHabit): string =>
    inWords(submitted, step(submitted, eventOf('WAIT 11 1'), { config: configOf(options), now: NOW, habit }), NOW);
  const onTimeout = (state: SessionState, options: ServerOptions, habit: ResultHabit = 'unknown'): string =>
    inWords(state, step(state, { type: 'timeout' }, { config: configOf(options), now: NOW, habit }), NOW);

  const GRACE: readonly (readonly [ServerOptions, ResultHabit, seconds: number, why: string])[] = [
    [{ statusQuery: 'auto' }, 'unknown', 12, 'four query intervals for the push of a line that is not known yet'],
    [{ statusQuery: 'auto' }, 'push', 30, 'ten for a line that pushes: only a lost push needs a query'],
    [{ statusQuery: 'auto' }, 'poll', 3, 'one for a line that has to be asked'],
    [{ statusQuery: 'auto', queryInterval: 0.5 }, 'push', 5, 'counted in query intervals'],
    [{ statusQuery: 'auto', queryInterval: 20 }, 'push', 45, 'but half the idle limit at the most'],
    [{ statusQuery: 'auto', queryInterval: 3, sessionIdle: 10 }, 'unknown', 5, 'whatever the idle limit is'],
    [{ statusQuery: 'poll' }, 'unknown', 3, 'poll does not wait for a push'],
    [{ statusQuery: 'poll' }, 'push', 3, 'poll does not learn'],
    [{ statusQuery: 'poll' }, 'poll', 3, 'poll asks every interval'],
    [{ statusQuery: 'never' }, 'unknown', 90, 'never waits for the end of the session'],
    [{ statusQuery: 'never' }, 'push', 90, 'never does not ask a line that pushes'],
    [{ statusQuery: 'never' }, 'poll', 90, 'nor one that should be asked'],
  ];
  for (const [options, habit, seconds, why] of GRACE) {
    it(`${JSON.stringify(options)}, habit ${habit}: looks again after ${seconds} s — ${why}`, () => {
      assert.equal(onSubmitted(options, habit), `waiting 1 for 0 s, heard 0 s ago: waiting 1; timer ${seconds} s`);
    });
  }

  it('asks by repeating the SEND, with the same telid, in auto and in poll', () => {
    for (const statusQuery of ['auto', 'poll'] as const) {
      const asked = 'waiting 1 for 12 s, heard 12 s ago, asking: SEND 1; timer 3 s';
      assert.equal(onTimeout(waiting(12, 12), { statusQuery }), asked);
    }
  });

  it('never repeats a SEND after WAIT where the user said never', () => {
    const state = waiting(50, 50);
    assert.equal(onTimeout(state, { statusQuery: 'never' }), 'waiting 1 for 50 s, heard 50 s ago: timer 40 s');
    assert.equal(
      onTimeout(waiting(90, 90), { statusQuery: 'never' }),
      'closing ×1 for 0 s (no-answer): unknown 1 GOIP_TIMEOUT; DONE; timer 5 s',
    );
  });

  it('does not wait longer than the wait limit, however often the device says WAIT', () => {
    const state = waiting(295, 10);
    for (const [statusQuery, seconds] of [
      ['auto', 5],
      ['poll', 3],
      ['never', 5],
    ] as const) {
      const context = { config: configOf({ statusQuery }), now: NOW, habit: 'push' } as const;
      const next = step(state, eventOf('WAIT 11 1'), context);
      assert.equal(inWords(state, next, NOW), `waiting 1 for 295 s, heard 0 s ago: timer ${seconds} s`);
    }
  });

  it('forgets the question with the next WAIT: a result after that may have been pushed', () => {
    const context = { config: configOf(), now: NOW, habit: 'unknown' } as const;
    const { state } = step(waiting(12, 12, true), eventOf('WAIT 11 1'), context);
    assert.match(inWords(NEW_SESSION, step(state, eventOf('OK 11 1'), context), NOW), /learnt push/);
  });
});

describe('session machine: nothing leaves before it is saved', () => {
  it('no MSG before the session, no SEND before the number', () => {
    const run = new Run().on('start');
    assert.equal(run.words, 'save the session');
    assert.equal(run.on('saved', 'PASSWORD 11', 'SEND 11', 'number').words, 'save 1');
  });

  it('whatever the device says meanwhile', () => {
    const before = new Run().on('start', 'PASSWORD 11', 'SEND 11', 'OK 11 1');
    assert.deepEqual([before.state, before.words], [{ phase: 'preparing' }, '']);
    const inside = new Run().on('start', 'saved', 'PASSWORD 11', 'SEND 11', 'number', 'OK 11 1', 'ERROR 11 SENDID');
    assert.deepEqual([inside.state, inside.words], [{ phase: 'saving', telid: 1, repeated: false }, '']);
  });

  it('a late answer of the journal to a session that has ended is nothing', () => {
    for (const end of ['abort', 'restarted']) {
      assert.equal(new Run().on('start', end, 'saved').words, '', end);
      assert.equal(new Run().on('start', 'saved', 'PASSWORD 11', 'SEND 11', 'number', end, 'saved').words, '', end);
      assert.equal(new Run().on('start', 'saved', 'PASSWORD 11', 'SEND 11', 'number', end, 'not-saved').words, '', end);
    }
  });
});

describe('session machine: retransmission that fits the network (RFC 6298)', () => {
  const OPENING = ['start', 'saved'];
  const AUTHENTICATING = [...OPENING, 'PASSWORD 11'];
  const CLOSING = [...AUTHENTICATING, 'SEND 11', 'no-number'];

  /** Seconds of each retransmission from the first one on, until the line is given up. */
  function transmissionsOf(run: Run): readonly number[] {
    const begin = run.now;
    const { phase } = run.state;
    const times: number[] = [];
    for (;;) {
      run.timeout();
      if (run.state.phase !== phase) return [...times, -(run.now - begin) / 1000];
      times.push((run.now - begin) / 1000);
    }
  }

  for (const [what, events] of Object.entries({ MSG: OPENING, PASSWORD: AUTHENTICATING, DONE: CLOSING })) {
    it(`${what} is repeated after the measured time, doubled each time up to resendInterval`, () => {
      const run = new Run({ roundTripMs: 300 }).on(...events);
      // The last one, negative, is the time of giving up: within half an interval of what it is without measurements.
      assert.deepEqual(transmissionsOf(run), [0.3, 0.9, 2.1, 4.5, 9.3, 14.3, -19.3]);
    });

    it(`${what} is repeated every resendInterval as long as nothing was measured`, () => {
      assert.deepEqual(transmissionsOf(new Run().on(...events)), [5, 10, 15, -20]);
    });

    it(`${what}: the first one is not repeated before 0.2 s, however short the round trip`, () => {
      assert.equal(transmissionsOf(new Run({ roundTripMs: 0.4 }).on(...events))[0], 0.2);
    });

    it(`${what} waits resendInterval at the most, however long the round trip`, () => {
      assert.deepEqual(transmissionsOf(new Run({ roundTripMs: 60_000 }).on(...events)), [5, 10, 15, -20]);
      const options = { resendInterval: 0.1 };
      assert.deepEqual(transmissionsOf(new Run({ roundTripMs: 1, options }).on(...events)), [0.1, 0.2, 0.3, -0.4]);
    });
  }

  it('gives a line as long to answer as without it: within half an interval', () => {
    for (const roundTripMs of [1, 200, 333, 700, 1500, 2400, 4999]) {
      for (const resendCount of [1, 2, 3, 7]) {
        const run = new Run({ roundTripMs, options: { resendCount } }).on(...OPENING);
        const end = -(transmissionsOf(run).at(-1) ?? 0);
        assert.ok(Math.abs(end - (resendCount + 1) * 5) <= 2.5, `${roundTripMs} ms, ${resendCount}: ${end} s`);
      }
    }
  });

  it('SEND is patient: never repeated before resendInterval, and as often as resendCount says', () => {
    const run = new Run({ roundTripMs: 1 }).on(...AUTHENTICATING, 'SEND 11', 'number', 'saved');
    for (let resend = 0; resend < 3; resend += 1) assert.deepEqual(run.timeout(), [5, 'SEND 1; timer 5 s']);
    // DONE again is not.
    assert.deepEqual(run.timeout(), [5, 'unknown 1 GOIP_TIMEOUT; DONE; timer 0.2 s']);
  });

  it('the answer to a copy tells nothing of the round trip (Karn)', () => {
    const run = new Run().on(...OPENING);
    run.timeout();
    assert.equal(run.on('PASSWORD 11').words, 'PASSWORD; timer 5 s');
    run.now += 120;
    assert.equal(run.on('SEND 11').words, 'measured 0.12 s; next');
  });
});

describe('session machine: WAIT, with the time that the line is known to need for an SMS', () => {
  const graceOf = (context: ConstructorParameters<typeof Run>[0]): number =>
    new Run(context).on('start', 'saved', 'PASSWORD 11', 'SEND 11', 'number', 'saved', 'WAIT 11 1').timeout()[0];

  it('asks half a query interval after the push should have come', () => {
    assert.equal(graceOf({ habit: 'push', resultMs: 4000 }), 5.5);
  });

  it('but one query interval after WAIT at the earliest, and no later than without knowing', () => {
    assert.equal(graceOf({ habit: 'push', resultMs: 10 }), 3);
    assert.equal(graceOf({ habit: 'push', resultMs: 100_000 }), 30);
    assert.equal(graceOf({ habit: 'push', resultMs: 100_000, options: { sessionIdle: 20 } }), 10);
  });

  it('goes by it only where the line pushes and the setting is auto', () => {
    assert.equal(graceOf({ habit: 'unknown', resultMs: 4000 }), 12);
    assert.equal(graceOf({ habit: 'poll', resultMs: 4000 }), 3);
    assert.equal(graceOf({ habit: 'push', resultMs: 4000, options: { statusQuery: 'poll' } }), 3);
    assert.equal(graceOf({ habit: 'push', resultMs: 4000, options: { statusQuery: 'never' } }), 90);
  });

  it('learns it from a result that came unasked', () => {
    const run = new Run().on('start', 'saved', 'PASSWORD 11', 'SEND 11', 'number', 'saved', 'WAIT 11 1');
    run.now += 2500;
    assert.match(run.on('WAIT 11 1').on('OK 11 1').words, /^learnt push in 2.5 s; /);
  });
});

describe('session machine: resumed after a crash', () => {
  for (const statusQuery of ['auto', 'poll'] as const) {
    it(`${statusQuery}: asks at once, then every query interval, with the same telid`, () => {
      const run = new Run({ options: { statusQuery } }).resume(10);
      assert.equal(run.words, 'SEND 3; timer 3 s');
      assert.deepEqual(run.timeout(), [3, 'SEND 3; timer 3 s']);
    });

    it(`${statusQuery}: not before resendInterval, for the SEND may just have gone out`, () => {
      const run = new Run({ options: { statusQuery } }).resume(1.5);
      assert.equal(run.words, 'timer 3.5 s');
      assert.deepEqual(run.timeout(), [3.5, 'SEND 3; timer 3 s']);
      // A clock that was put back must not make it wait for hours.
      assert.equal(new Run({ options: { statusQuery } }).resume(-7200).words, 'timer 5 s');
    });

    it(`${statusQuery}: goes on asking as long as the device can know the session, then gives up`, () => {
      const run = new Run({ options: { statusQuery } }).resume(60);
      const begin = run.now;
      while (run.timeout()[1] === 'SEND 3; timer 3 s');
      assert.equal(run.words, 'unknown 3 GOIP_TIMEOUT; DONE; timer 5 s');
      assert.equal(run.now - begin, 30_000);
    });
  }

  it('never: does not ask, and waits for a push until the device has forgotten the session', () => {
    const run = new Run({ options: { statusQuery: 'never' } }).resume(20);
    assert.equal(run.words, 'timer 70 s');
    assert.deepEqual(run.timeout(), [70, 'unknown 3 GOIP_TIMEOUT; DONE; timer 5 s']);
    const pushed = new Run({ options: { statusQuery: 'never' } }).resume(20).on('OK 11 3');
    assert.equal(pushed.words, 'learnt push; sent 3; next');
  });

  it('after 90 s it does not ask: the device has forgotten the session, and would take the SEND for a new one', () => {
    for (const statusQuery of ['auto', 'poll', 'never'] as const) {
      const run = new Run({ options: { statusQuery } }).resume(90);
      assert.equal(run.words, 'unknown 3 GOIP_TIMEOUT; DONE; timer 5 s');
    }
  });

  it('the result comes, and the session goes on with the next telid', () => {
    const run = new Run().resume(10).on('OK 11 3 160');
    assert.equal(run.words, 'sent 3 #160; next');
    assert.equal(run.on('number', 'saved').words, 'submitted 4; SEND 4; timer 5 s');
  });

  it('the device does not know the session: the number is unknown, and not sent again', () => {
    for (const reply of ['ERROR 11 SENDID', 'DONE 11']) {
      assert.equal(new Run().resume(10).on(reply).words, 'unknown 3 GOIP_TIMEOUT; DONE; end lost', reply);
    }
  });

  it('the device has no SIM any more: the number is unknown, for it may have been on air before', () => {
    const run = new Run().resume(10).on('ERROR 11 GSM_LOGOUT');
    assert.equal(run.words, 'unknown 3 GOIP_GSM_LOGOUT; DONE; timer 5 s');
  });

  it('WAIT is as at any time: a push is expected', () => {
    const run = new Run({ habit: 'push' }).resume(10).on('WAIT 11 3');
    assert.equal(run.words, 'timer 30 s');
    run.now += 4000;
    assert.match(run.on('OK 11 3').words, /^learnt push in 4 s; /);
  });
});
