import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  deviceOf,
  QUEUED,
  shownState,
  step,
  troubleOf,
  type NumberAction,
  type NumberEvent,
  type NumberLife,
  type NumberStep,
} from '../../src/outbox/numbers/life.js';
import { isFinal } from '../../src/outbox/numbers/recipient.js';
import { SEED } from '../protocol/property.js';
import { EVENTS, TABLE, type EventName } from './life-table.js';

describe('outbox: every event in every situation of a number', () => {
  it('has a situation for every phase', () => {
    const phases: Record<NumberLife['phase'], true> = {
      queued: true,
      taken: true,
      'in-doubt': true,
      submitted: true,
      waiting: true,
      refused: true,
      sent: true,
      failed: true,
      unknown: true,
      expired: true,
      cancelled: true,
    };
    assert.deepEqual(new Set(Object.values(TABLE).map(({ life }) => life.phase)), new Set(Object.keys(phases)));
  });

  it('has an event of every type', () => {
    const types: Record<NumberEvent['type'], true> = {
      taken: true,
      returned: true,
      excluded: true,
      submitted: true,
      asked: true,
      'put-on-wait': true,
      result: true,
      'refusal-saved': true,
      ended: true,
      doubted: true,
      'delivery-reported': true,
    };
    assert.deepEqual(new Set(Object.values(EVENTS).map(({ type }) => type)), new Set(Object.keys(types)));
  });

  for (const [situation, { life, rows }] of Object.entries(TABLE)) {
    describe(situation, () => {
      const cells = Object.entries(rows).flatMap(([names, cell]) => names.split(' | ').map((name) => [name, cell]));

      it('has one cell for each event', () => {
        assert.deepEqual(cells.map(([name]) => name).sort(), Object.keys(EVENTS).sort());
      });

      for (const [name = '', cell = ''] of cells) {
        it(cell === '-' ? `${name} is ignored` : `${name} → ${cell}`, () => {
          const before = structuredClone(life);
          const next = step(life, EVENTS[name as EventName]);
          assert.deepEqual(life, before, 'the state before is unchanged');
          if (cell === '-') {
            assert.equal(next.life, life);
            assert.deepEqual(next.actions, []);
          } else assert.equal(inWords(next), cell);
        });
      }
    });
  }

  it('shares the state of all numbers that wait and that no line has tried', () => {
    const taken = step(QUEUED, EVENTS.taken).life;
    assert.equal(step(taken, EVENTS['given back']).life, QUEUED);
  });
});

/** What a number has done so far, noted by its events and actions alone. */
class Course {
  life: NumberLife;
  submissions = 0;
  /** Whether a line has it, or may have it. */
  isOut: boolean;
  savedRefusals = 0;
  results = 0;

  constructor(start: NumberLife) {
    this.life = start;
    this.isOut = start.phase === 'in-doubt';
    this.submissions = start.attempts;
  }

  on(event: NumberEvent): void {
    const before = this.life;
    const { life, actions } = step(before, event);
    this.life = life;
    if (life === before) return assert.deepEqual(actions, [], 'an ignored event does nothing');
    if (event.type === 'submitted') {
      assert.ok(!this.isOut, 'a line takes it while another one may have it');
      this.isOut = true;
      this.submissions += 1;
    }
    if (event.type === 'result') this.isOut = false;
    for (const action of actions) this.#act(action, before, event);
    this.#check(before);
  }

  #act(action: NumberAction, before: NumberLife, event: NumberEvent): void {
    switch (action) {
      case 'save-result':
        this.results += 1;
        assert.equal(this.results, 1, 'a number has one result');
        if (this.isOut) assert.equal(event.type, 'doubted', 'only its result ends a number that a line may have');
        break;
      case 'queue':
        assert.equal(before.phase, 'refused', 'another line may take it when the refusal is saved');
        break;
      case 'queue-first':
        assert.equal(before.phase, 'taken');
        break;
      case 'announce':
        assert.ok(!isFinal(shownState(this.life)), 'an end is reported when it is saved');
        break;
      default:
    }
  }

  #check(before: NumberLife): void {
    const state = shownState(this.life);
    assert.equal(this.life.attempts, this.submissions, 'submissions are counted');
    assert.ok(this.life.tried.length >= before.tried.length, 'no line is forgotten');
    if (isFinal(shownState(before))) assert.equal(state, shownState(before), 'an end is the last state');
    if (isFinal(state)) assert.equal(this.results, 1, 'an end is saved');
    if (state === 'queued') assert.equal(deviceOf(this.life), null, 'a number that waits is with no line');
  }
}

describe(`outbox: the life of a number with any events in any order (FC_SEED=${SEED})`, () => {
  const starts = Object.values(TABLE).flatMap(({ life }) => (isFinal(shownState(life)) ? [] : [life]));
  const start = fc.constantFrom(...starts.filter(({ phase }) => phase === 'queued' || phase === 'in-doubt'));
  const events = fc.array(fc.constantFrom(...Object.values(EVENTS)), { maxLength: 40 });

  it('has one result, and never two lines at a time', () => {
    fc.assert(
      fc.property(start, events, (life, course) => {
        const number = new Course(life);
        for (const event of course) number.on(event);
      }),
      { seed: SEED, numRuns: 20_000 },
    );
  });

  it('can end from every state', () => {
    const reachesEnd = (life: NumberLife, depth: number): boolean => {
      if (isFinal(shownState(life))) return true;
      if (depth === 0) return false;
      return Object.values(EVENTS).some((event) => {
        const next = step(life, event).life;
        return event.type !== 'doubted' && next !== life && reachesEnd(next, depth - 1);
      });
    };
    for (const life of starts) assert.ok(reachesEnd(life, 3), life.phase);
  });
});

function inWords({ life, actions }: NumberStep): string {
  const { code, errorstatus } = troubleOf(life) ?? {};
  const device = deviceOf(life);
  const tried = life.tried.map((attempt) => attempt.device).join(' ');
  const words = [
    [life.phase, ...(device === null ? [] : [device]), `×${life.attempts}`].join(', '),
    tried && `[${tried}]`,
    code && `(${[code, errorstatus].filter(Boolean).join(' ')})`,
    life.phase === 'sent' && `#${life.smsNo}`,
    life.phase === 'sent' && life.delivery?.state,
  ];
  return `${words.filter(Boolean).join(' ')}${actions.length > 0 ? `: ${actions.join('; ')}` : ''}`;
}
