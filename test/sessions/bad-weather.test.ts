import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DeviceList } from '../../src/devices.js';
import { Line } from '../../src/lines/line.js';
import { formatServerMessage, parseDeviceMessage, type SessionRequest } from '../../src/protocol/index.js';
import type { NumberResult, SessionEnd } from '../../src/sessions/machine.js';
import { BulkSession } from '../../src/sessions/session.js';
import { settingsFrom, type ServerOptions } from '../../src/settings.js';
import { SEED } from '../protocol/property.js';
import { percent, seconds, STATUS_QUERY, TRAITS } from './arbitraries.js';
import { COPIES_LIVE_MS, ReferenceDevice, type DeviceTraits, type Fate } from './reference-device.js';
import { VirtualClock } from './virtual-clock.js';
import { Channel, randomFrom, type Weather } from './weather.js';

interface Scenario {
  /** Of all that is left to chance in the course of the session. */
  readonly seed: number;
  readonly weather: Weather;
  readonly traits: Omit<DeviceTraits, 'password' | 'fateOf'>;
  readonly fates: readonly Fate[];
  readonly options: ServerOptions;
  /** What is known of the line from sessions before. */
  readonly habit: 'push' | 'poll' | 'unknown';
  /** Seconds into the session; `heard` after: when the server learns of it, if ever. */
  readonly restart: { readonly at: number; readonly heard: number | null } | null;
  readonly logout: { readonly at: number; readonly seconds: number } | null;
  readonly abortAt: number | null;
}

interface Recipient {
  readonly to: string;
  readonly results: NumberResult[];
}

/** Runs a session to its end, and sees on the way that the rules are kept. */
function run(scenario: Scenario): { recipients: readonly Recipient[]; onAir: readonly string[]; end: SessionEnd } {
  const clock = new VirtualClock();
  const random = randomFrom(scenario.seed);
  const recipients: Recipient[] = scenario.fates.map((_, index) => ({ to: `+${100 + index}`, results: [] }));
  const fates = new Map(recipients.map(({ to }, index) => [to, scenario.fates[index] ?? 'sent']));
  const line = lineOf(scenario.habit);

  const requests: SessionRequest[] = [];
  const taken: Recipient[] = [];
  let openedAt = clock.now();
  let end: SessionEnd | undefined;
  let untouched: Recipient | undefined;

  const device = new ReferenceDevice(
    { ...scenario.traits, password: 'password1', fateOf: (number) => fates.get(number) ?? 'stuck' },
    clock,
    random,
    (datagram) => toServer.send(datagram),
  );
  const toDevice = new Channel(clock, scenario.weather, random, (datagram) => device.receive(datagram));
  const toServer = new Channel(clock, scenario.weather, random, (datagram) => {
    const reply = parseDeviceMessage(datagram);
    switch (reply.kind) {
      case 'PASSWORD':
      case 'SEND':
      case 'OK':
      case 'WAIT':
      case 'ERROR':
      case 'DONE':
        return session.reply(reply);
      default:
        throw new Error(`a device does not send ${JSON.stringify(datagram)}`);
    }
  });

  const take = (): Recipient | undefined => {
    const next = recipients[taken.length];
    if (next) taken.push(next);
    return next;
  };
  const [first] = recipients;
  assert.ok(first);
  taken.push(first);
  const session = new BulkSession<Recipient>(
    11,
    line,
    'hello',
    first,
    {
      next: take,
      submitting: () => undefined,
      waiting: () => undefined,
      result: (recipient, result) => recipient.results.push(result),
      ended: (how, rest) => {
        assert.equal(end, undefined, 'a session ends once');
        end = how;
        untouched = rest;
      },
    },
    {
      clock,
      config: settingsFrom(scenario.options).session,
      send: (_, request) => {
        assert.equal(end, undefined, 'nothing goes out after the end');
        checkOrder(requests.at(-1), request, taken);
        requests.push(request);
        if (request.kind === 'MSG') openedAt = clock.now();
        toDevice.send(formatServerMessage(request));
      },
    },
  );

  /** Ends the session from outside, but not while copies of its MSG may live: see the bound below. */
  const endBy = (how: () => void): void => {
    if (end) return;
    if (clock.now() - openedAt > COPIES_LIVE_MS) how();
    else clock.after(COPIES_LIVE_MS, () => endBy(how));
  };
  const { restart, logout, abortAt } = scenario;
  if (restart) {
    clock.after(restart.at * 1000, () => device.restart(5));
    if (restart.heard !== null) {
      clock.after((restart.at + 5 + restart.heard) * 1000, () => endBy(() => session.restarted()));
    }
  }
  if (logout) clock.after(logout.at * 1000, () => device.logOut(logout.seconds));
  if (abortAt !== null) clock.after(abortAt * 1000, () => endBy(() => session.abort()));

  session.start();
  clock.passUntil(() => end !== undefined);
  // Late copies do their worst, the modem works off its queue, and idle sessions are released.
  clock.passUntil(() => clock.pending === 0);

  assert.ok(end);
  assert.equal(requests.at(-1)?.kind, 'DONE', 'DONE is the last request of every session');
  assert.deepEqual([line.sessions, line.sending], [0, 0]);
  for (const recipient of taken) {
    const results = recipient === untouched ? 0 : 1;
    assert.equal(recipient.results.length, results, `results of ${recipient.to}`);
  }
  for (const recipient of recipients.slice(taken.length)) assert.deepEqual(recipient.results, []);
  return { recipients, onAir: device.onAir, end };
}

function lineOf(habit: Scenario['habit']): Line {
  const [device] = new DeviceList([{ id: 'goipid1', password: 'password1' }], undefined);
  assert.ok(device);
  const line = new Line(device);
  if (habit !== 'unknown') for (let i = 0; i < 3; i += 1) line.learn(habit);
  return line;
}

/** Telids rise one by one, and a new one does not go out before the result of the one before. */
function checkOrder(last: SessionRequest | undefined, request: SessionRequest, taken: readonly Recipient[]): void {
  if (last?.kind === 'DONE') assert.equal(request.kind, 'DONE', 'nothing but copies of it follows a DONE');
  if (request.kind !== 'SEND') return;
  const lastTelid = last?.kind === 'SEND' ? last.telid : 0;
  assert.ok(
    request.telid === lastTelid || request.telid === lastTelid + 1,
    `telid ${request.telid} after ${lastTelid}`,
  );
  assert.equal(taken[request.telid - 1]?.to, request.number, 'a telid belongs to one number');
  for (const before of taken.slice(0, request.telid - 1)) assert.equal(before.results.length, 1, 'a result first');
}

/** What must be true of every number, whatever happened. */
function checkNumbers({ recipients, onAir }: ReturnType<typeof run>): void {
  for (const { to, results } of recipients) {
    const times = onAir.filter((number) => number === to).length;
    assert.ok(times <= 1, `${to} went on air ${times} times`);
    const [result] = results;
    if (result?.state === 'sent') assert.equal(times, 1, `${to} was reported sent`);
    if (result?.state === 'failed') assert.equal(times, 0, `${to} was reported failed`);
    if (!result) assert.equal(times, 0, `${to} was not submitted`);
  }
}

/** Three times in ten; else null. */
const sometimes = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: 7, arbitrary: fc.constant(null) }, { weight: 3, arbitrary });

const FATE = fc.oneof(
  { weight: 20, arbitrary: fc.constant<Fate>('sent') },
  { weight: 6, arbitrary: fc.constant<Fate>('refused') },
  { weight: 1, arbitrary: fc.constant<Fate>('stuck') },
);
const HABIT = fc.constantFrom('push', 'poll', 'unknown');

function holds(scenarios: fc.Arbitrary<Scenario>, numRuns: number, check: (scenario: Scenario) => void): void {
  fc.assert(fc.property(scenarios, check), { seed: SEED, numRuns });
}

describe(`bulk session in bad weather (FC_SEED=${SEED})`, () => {
  /*
   * The bound of what any server can promise: copies must be dead before the session that they belong to is. A device that
   * has forgotten a session (DONE, restart) takes late copies of MSG, PASSWORD and SEND, coming in this order, for a new
   * session and sends the SMS again; and a SIM that comes back takes a late copy of a SEND that it refused. So here no
   * datagram is older than 2 s when it arrives: what an SMS takes on air, and less than a device needs to boot or log in.
   */
  it('no number goes on air twice, none that went on air is called failed, each has one result, DONE ends it', () => {
    const scenarios = fc.record<Scenario>({
      seed: fc.integer(),
      weather: fc.record({ loss: percent(50), duplication: percent(40), delay: seconds(0, 1.99) }),
      traits: TRAITS,
      fates: fc.array(FATE, { minLength: 1, maxLength: 14 }),
      options: fc.record({
        resendInterval: seconds(2, 6),
        resendCount: fc.integer({ min: 0, max: 4 }),
        statusQuery: STATUS_QUERY,
        queryInterval: seconds(0.5, 6),
      }),
      habit: HABIT,
      restart: sometimes(fc.record({ at: seconds(0, 60), heard: fc.option(seconds(0, 30)) })),
      logout: sometimes(fc.record({ at: seconds(0, 40), seconds: seconds(5, 60) })),
      abortAt: sometimes(seconds(0, 90)),
    });
    holds(scenarios, 4000, (scenario) => checkNumbers(run(scenario)));
  });

  it('copies that come 9 s late do no harm to a session of normal length: ten results are remembered', () => {
    const scenarios = fc.record<Scenario>({
      seed: fc.integer(),
      weather: fc.record({ loss: fc.constant(0), duplication: percent(50), delay: seconds(2, 9) }),
      traits: TRAITS,
      fates: fc.array(fc.constantFrom<Fate>('sent', 'refused'), { minLength: 8, maxLength: 30 }),
      options: fc.record({ statusQuery: STATUS_QUERY }),
      habit: HABIT,
      restart: fc.constant(null),
      logout: fc.constant(null),
      abortAt: fc.constant(null),
    });
    holds(scenarios, 1000, (scenario) => checkNumbers(run(scenario)));
  });

  it('in fair weather every number gets the result that it deserves, with every firmware that its setting suits', () => {
    const scenarios = fc.record<Scenario>({
      seed: fc.integer(),
      weather: fc.record({ loss: fc.constant(0), duplication: percent(30), delay: seconds(0, 0.5) }),
      traits: TRAITS,
      fates: fc.array(fc.constantFrom<Fate>('sent', 'refused'), { minLength: 1, maxLength: 30 }),
      options: fc.record({ statusQuery: STATUS_QUERY }),
      habit: HABIT,
      restart: fc.constant(null),
      logout: fc.constant(null),
      abortAt: fc.constant(null),
    });
    holds(
      scenarios.filter(({ traits, options }) => traits.firmware !== 'poll' || options.statusQuery !== 'never'),
      1000,
      (scenario) => {
        const { recipients, onAir, end } = run(scenario);
        assert.deepEqual(end, { why: 'done' });
        const states = recipients.map(({ results }) => results.map(({ state }) => state));
        assert.deepEqual(
          states,
          scenario.fates.map((fate) => [fate === 'sent' ? 'sent' : 'failed']),
        );
        assert.deepEqual(
          onAir,
          recipients.filter((_, i) => scenario.fates[i] === 'sent').map(({ to }) => to),
        );
      },
    );
  });

  it('a number whose result never comes is unknown, and ends the session: the next one is not taken', () => {
    const scenarios = fc.record<Scenario>({
      seed: fc.integer(),
      weather: fc.constant({ loss: 0, duplication: 0, delay: 0.1 }),
      traits: TRAITS,
      fates: fc.constant<Fate[]>(['sent', 'stuck', 'sent']),
      options: fc.record({ statusQuery: STATUS_QUERY }),
      habit: HABIT,
      restart: fc.constant(null),
      logout: fc.constant(null),
      abortAt: fc.constant(null),
    });
    holds(
      scenarios.filter(({ traits, options }) => traits.firmware !== 'poll' || options.statusQuery !== 'never'),
      100,
      (scenario) => {
        const { recipients, end } = run(scenario);
        assert.deepEqual(end, { why: 'no-answer' });
        assert.deepEqual(
          recipients.map(({ results }) => results[0]?.state),
          ['sent', 'unknown', undefined],
        );
      },
    );
  });
});
