import assert from 'node:assert/strict';
import { settingsFrom, type ServerOptions } from '../../src/settings.js';
import { parseDeviceMessage } from '../../src/protocol/index.js';
import {
  NEW_SESSION,
  step,
  type ResultHabit,
  type SessionAction,
  type SessionEvent,
  type SessionState,
} from '../../src/sessions/machine.js';
import { EVENTS, NOW, TABLE } from './machine-table.js';
import { actionInWords, inWords } from './words.js';

const configOf = (options: ServerOptions = {}) => settingsFrom(options).session;

const SIMPLE_EVENTS = ['start', 'timeout', 'number', 'no-number', 'restarted', 'abort'] as const;

/** An event by its type, or by what the device puts on the wire. */
function eventOf(name: string): SessionEvent {
  const type = SIMPLE_EVENTS.find((simple) => simple === name);
  if (type) return { type };
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

/** Feeds events to a machine from its beginning, all at one instant; returns the actions of the last one. */
function actionsAfter(options: ServerOptions, ...events: string[]): readonly SessionAction[] {
  const context = { config: configOf(options), now: NOW, habit: 'unknown' as const };
  let last = step(NEW_SESSION, { type: 'start' }, context);
  for (const event of events) last = step(last.state, eventOf(event), context);
  return last.actions;
}

describe('session machine: every event in every situation (PROTOCOL §4)', () => {
  it('the table covers every phase', () => {
    const phases: Record<SessionState['phase'], true> = {
      new: true,
      opening: true,
      authenticating: true,
      ready: true,
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
    const { config } = { config: configOf() };
    const script: readonly (readonly [event: string, actions: string])[] = [
      ['start', 'MSG; timer 5 s'],
      ['PASSWORD 11', 'PASSWORD; timer 5 s'],
      ['SEND 11', 'next'],
      ['number', 'submitting 1; SEND 1; timer 5 s'],
      ['WAIT 11 1', 'waiting 1; timer 12 s'],
      ['OK 11 1 160', 'learnt push; sent 1 #160; next'],
      ['number', 'submitting 2; SEND 2; timer 5 s'],
      ['ERROR 11 2 errorstatus:1', 'learnt push; failed 2 GOIP_SEND_FAILED 1; next'],
      ['number', 'submitting 3; SEND 3; timer 5 s'],
      ['OK 11 3', 'learnt push; sent 3; next'],
      ['no-number', 'DONE; timer 5 s'],
      ['DONE 11', 'end done'],
    ];
    let state = NEW_SESSION;
    for (const [event, actions] of script) {
      const next = step(state, eventOf(event), { config, now: NOW, habit: 'unknown' });
      assert.equal(next.actions.map(actionInWords).join('; '), actions, event);
      state = next.state;
    }
    assert.equal(state.phase, 'closed');
  });

  it('sends as often as resendCount says, and once where it says 0', () => {
    for (const resendCount of [0, 1, 3]) {
      const timeouts = Array.from({ length: resendCount }, () => 'timeout');
      assert.deepEqual(actionsAfter({ resendCount }, ...timeouts).map(actionInWords), ['MSG', 'timer 5 s']);
      assert.deepEqual(actionsAfter({ resendCount }, ...timeouts, 'timeout').map(actionInWords), ['DONE', 'timer 5 s']);
    }
  });

  it('waits resendInterval between them', () => {
    assert.deepEqual(actionsAfter({ resendInterval: 0.25 }).map(actionInWords), ['MSG', 'timer 0.25 s']);
  });

  it("tells the reason of a failure in the device's words", () => {
    const reasonOf = (reply: string): string => {
      const actions = actionsAfter({}, 'PASSWORD 11', 'SEND 11', 'number', reply);
      const result = actions.find((action) => action.type === 'result')?.result;
      return result && 'reason' in result ? result.reason : '';
    };
    assert.equal(reasonOf('ERROR 11 1 errorstatus:38'), 'errorstatus 38');
    assert.equal(reasonOf('ERROR 11 1 busy'), 'the device reported: 1 busy');
    assert.match(reasonOf('ERROR 11 GSM_LOGOUT'), /not registered/);
    assert.match(reasonOf('ERROR 11 SENDID'), /lost the session/);
  });
});

describe('session machine: WAIT (PROTOCOL §4, WAIT)', () => {
  const secondsAgo = (seconds: number): number => NOW - seconds * 1000;
  const submitted: SessionState = { phase: 'submitted', telid: 1, transmissions: 1 };
  const waiting = (since: number, heard: number, asking = false): SessionState => ({
    phase: 'waiting',
    telid: 1,
    since: secondsAgo(since),
    heardAt: secondsAgo(heard),
    asking,
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
      'closing ×1 (no-answer): unknown 1 GOIP_TIMEOUT; DONE; timer 5 s',
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
