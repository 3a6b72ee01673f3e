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
  /** Milliseconds that the line took to answer, and to send an SMS; null where it was never measured. */
  readonly roundTripMs: number | null;
  readonly resultMs: number | null;
  readonly disk: Disk;
  /** Seconds into the session; `heard` after: when the server learns of it, if ever. */
  readonly restart: { readonly at: number; readonly heard: number | null } | null;
  readonly logout: { readonly at: number; readonly seconds: number } | null;
  readonly abortAt: number | null;
}

interface Disk {
  /** Probability that a write fails. */
  readonly failures: number;
  /** Seconds that a write takes at the most. */
  readonly delay: number;
}

interface Recipient {
  readonly to: string;
  readonly results: NumberResult[];
}

interface Outcome {
  readonly recipients: readonly Recipient[];
  readonly onAir: readonly string[];
  readonly end: SessionEnd;
}

/** Runs a session to its end, and sees on the way that the rules are kept. */
async function run(scenario: Scenario): Promise<Outcome> {
  const clock = new VirtualClock();
  const random = randomFrom(scenario.seed);
  const recipients: Recipient[] = scenario.fates.map((_, index) => ({ to: `+${100 + index}`, results: [] }));
  const fates = new Map(recipients.map(({ to }, index) => [to, scenario.fates[index] ?? 'sent']));
  const line = lineOf(scenario);

  const requests: SessionRequest[] = [];
  const taken: Recipient[] = [];
  let openedAt = clock.now();
  let end: SessionEnd | undefined;
  let untouched: Recipient | undefined;
  const { session: config } = settingsFrom(scenario.options, true);
  let hasWaited = false;
  let sentAt = 0;

  const saved = new Set<string>();
  const save = (what: string): Promise<void> =>
    new Promise((resolve, reject) => {
      clock.after(random() * scenario.disk.delay * 1000, () => {
        if (random() < scenario.disk.failures) return reject(new Error('the disk is full'));
        saved.add(what);
        resolve();
      });
    });

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
      saveSession: () => save('session'),
      saveSubmission: (recipient, telid) => save(`${recipient.to} as ${telid}`),
      submitted: (recipient) => {
        assert.equal(recipient, taken.at(-1), 'the number that was taken last goes out');
        hasWaited = false;
      },
      waiting: () => (hasWaited = true),
      result: (recipient, result) => recipient.results.push(result),
      resultsSaved: () =>
        new Promise((resolve) => clock.after(random() * scenario.disk.delay * 1000, () => resolve(0))),
      ended: (how, rest) => {
        assert.equal(end, undefined, 'a session ends once');
        end = how;
        untouched = rest;
      },
    },
    {
      clock,
      config,
      send: (_, request) => {
        assert.equal(end, undefined, 'nothing goes out after the end');
        checkOrder(requests.at(-1), request, taken);
        assert.ok(saved.has('session'), 'nothing goes out before the session is saved');
        if (request.kind === 'SEND') {
          assert.ok(saved.has(`${request.number} as ${request.telid}`), 'a SEND does not go out before it is saved');
          const last = requests.at(-1);
          const least = hasWaited ? config.queryMs : config.resendMs;
          const isRepeated = last?.kind === 'SEND' && last.telid === request.telid;
          if (isRepeated) assert.ok(clock.now() - sentAt > least - 1, `SEND again after ${clock.now() - sentAt} ms`);
          sentAt = clock.now();
        }
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
  await clock.passUntil(() => end !== undefined);
  // Late copies do their worst, the modem works off its queue, and idle sessions are released.
  await clock.passUntil(() => clock.pending === 0);

  assert.ok(end);
  if (saved.has('session') && requests.length > 0)
    assert.equal(requests.at(-1)?.kind, 'DONE', 'DONE is the last request of every session');
  else assert.ok(['not-saved', 'lost', 'aborted'].includes(end.why), 'where there was a session');
  assert.deepEqual([line.sessions, line.sending], [0, 0]);
  for (const recipient of taken) {
    const results = recipient === untouched ? 0 : 1;
    assert.equal(recipient.results.length, results, `results of ${recipient.to}`);
  }
  for (const recipient of recipients.slice(taken.length)) assert.deepEqual(recipient.results, []);
  return { recipients, onAir: device.onAir, end };
}

function lineOf({ habit, roundTripMs, resultMs }: Scenario): Line {
  const [device] = new DeviceList([{ id: 'goipid1', password: 'password1' }], undefined);
  assert.ok(device);
  const line = new Line(device);
  if (habit !== 'unknown') for (let i = 0; i < 3; i += 1) line.learn(habit);
  if (roundTripMs !== null) line.roundTrip.add(roundTripMs);
  if (resultMs !== null) line.resultTime.add(resultMs);
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
function checkNumbers({ recipients, onAir }: Outcome): void {
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

const LINE_BEFORE = {
  habit: HABIT,
  roundTripMs: fc.option(fc.integer({ min: 0, max: 5000 })),
  resultMs: fc.option(fc.integer({ min: 0, max: 10_000 })),
};
const GOOD_DISK = fc.record<Disk>({ failures: fc.constant(0), delay: seconds(0, 0.05) });

async function holds(
  scenarios: fc.Arbitrary<Scenario>,
  numRuns: number,
  check: (scenario: Scenario) => Promise<void>,
): Promise<void> {
  await fc.assert(fc.asyncProperty(scenarios, check), { seed: SEED, numRuns });
}

describe(`bulk session in bad weather (FC_SEED=${SEED})`, () => {
  /*
   * The bound of what any server can promise: copies must be dead before the session that they belong to is. A device that
   * has forgotten a session (DONE, restart) takes late copies of MSG, PASSWORD and SEND, coming in this order, for a new
   * session and sends the SMS again; and a SIM that comes back takes a late copy of a SEND that it refused. So here no
   * datagram is older than 2 s when it arrives: what an SMS takes on air, and less than a device needs to boot or log in.
   */
  it('no number goes on air twice, none that went on air is called failed, each has one result, DONE ends it', async () => {
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
      ...LINE_BEFORE,
      disk: fc.record<Disk>({ failures: percent(10), delay: seconds(0, 2) }),
      restart: sometimes(fc.record({ at: seconds(0, 60), heard: fc.option(seconds(0, 30)) })),
      logout: sometimes(fc.record({ at: seconds(0, 40), seconds: seconds(5, 60) })),
      abortAt: sometimes(seconds(0, 90)),
    });
    await holds(scenarios, 4000, async (scenario) => checkNumbers(await run(scenario)));
  });

  it('copies that come 9 s late do no harm to a session of normal length: ten results are remembered', async () => {
    const scenarios = fc.record<Scenario>({
      seed: fc.integer(),
      weather: fc.record({ loss: fc.constant(0), duplication: percent(50), delay: seconds(2, 9) }),
      traits: TRAITS,
      fates: fc.array(fc.constantFrom<Fate>('sent', 'refused'), { minLength: 8, maxLength: 30 }),
      options: fc.record({ statusQuery: STATUS_QUERY }),
      ...LINE_BEFORE,
      disk: GOOD_DISK,
      restart: fc.constant(null),
      logout: fc.constant(null),
      abortAt: fc.constant(null),
    });
    await holds(scenarios, 1000, async (scenario) => checkNumbers(await run(scenario)));
  });

  it('in fair weather every number gets the result that it deserves, with every firmware that its setting suits', async () => {
    const scenarios = fc.record<Scenario>({
      seed: fc.integer(),
      weather: fc.record({ loss: fc.constant(0), duplication: percent(30), delay: seconds(0, 0.5) }),
      traits: TRAITS,
      fates: fc.array(fc.constantFrom<Fate>('sent', 'refused'), { minLength: 1, maxLength: 30 }),
      options: fc.record({ statusQuery: STATUS_QUERY }),
      ...LINE_BEFORE,
      disk: GOOD_DISK,
      restart: fc.constant(null),
      logout: fc.constant(null),
      abortAt: fc.constant(null),
    });
    await holds(
      scenarios.filter(({ traits, options }) => traits.firmware !== 'poll' || options.statusQuery !== 'never'),
      1000,
      async (scenario) => {
        const { recipients, onAir, end } = await run(scenario);
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

  it('a number whose result never comes is unknown, and ends the session: the next one is not taken', async () => {
    const scenarios = fc.record<Scenario>({
      seed: fc.integer(),
      weather: fc.constant({ loss: 0, duplication: 0, delay: 0.1 }),
      traits: TRAITS,
      fates: fc.constant<Fate[]>(['sent', 'stuck', 'sent']),
      options: fc.record({ statusQuery: STATUS_QUERY }),
      ...LINE_BEFORE,
      disk: GOOD_DISK,
      restart: fc.constant(null),
      logout: fc.constant(null),
      abortAt: fc.constant(null),
    });
    await holds(
      scenarios.filter(({ traits, options }) => traits.firmware !== 'poll' || options.statusQuery !== 'never'),
      100,
      async (scenario) => {
        const { recipients, end } = await run(scenario);
        assert.deepEqual(end, { why: 'no-answer' });
        assert.deepEqual(
          recipients.map(({ results }) => results[0]?.state),
          ['sent', 'unknown', undefined],
        );
      },
    );
  });
});
