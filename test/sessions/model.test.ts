import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SEED } from '../protocol/property.js';
import { seconds, STATUS_QUERY } from './arbitraries.js';
import { Server, World, type Circumstances, type Datagram, type Fate } from './world.js';

type Step = fc.AsyncCommand<World, Server>;

/** One step of the world, after which all rules are checked. */
function step(
  name: string,
  isPossible: (world: World) => boolean,
  happen: (world: World, server: Server) => void | Promise<void>,
): Step {
  return {
    check: isPossible,
    run: async (world, server) => {
      world.rules.tell(`(${name})`);
      await happen(world, server);
      await world.clock.settle();
      world.check();
    },
    toString: () => name,
  };
}

/** Any of what waits, most often the oldest. */
const WHICH = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 5 }) });

/** A step about a datagram that flies in this direction. */
function onDatagram(
  name: string,
  happen: (datagram: Datagram, world: World, server: Server) => void,
  take = true,
): fc.Arbitrary<Step> {
  return fc.tuple(fc.constantFrom('device', 'server'), WHICH).map(([to, n]) =>
    step(
      `${name} ${n} to the ${to}`,
      (world) => world.flying.some((datagram) => datagram.to === to),
      (world, server) => {
        const candidates = world.flying.filter((datagram) => datagram.to === to);
        const datagram = candidates[n % candidates.length];
        if (!datagram) return;
        if (take) world.flying.splice(world.flying.indexOf(datagram), 1);
        happen(datagram, world, server);
      },
    ),
  );
}

const isOut = ({ rules }: World): boolean => rules.out !== undefined;
const isSaving = ({ writes }: World): boolean => writes[0]?.submission !== undefined;
const always = (): boolean => true;

/** How long nothing special happens. A number takes some five steps. */
const STRETCH = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 6 }) },
  { weight: 1, arbitrary: fc.integer({ min: 10, max: 80 }) },
);
const GO_ON = fc.tuple(STRETCH, seconds(0, 2)).map(([steps, pace]) =>
  step(`goes on for ${steps} steps of ${pace} s`, always, async (world, server) => {
    for (let i = 0; i < steps; i += 1) {
      await world.clock.pass({ seconds: pace });
      if (!(await world.goOn(server))) return;
      world.check();
    }
  }),
);

const DELIVER = onDatagram('deliver', (datagram, world, server) => world.deliver(datagram, server));
/** Late or lost: at the latest, all that strayed turns up when everything is over. */
const DELAY = onDatagram('delay', (datagram, world) => world.strays.push(datagram));
const DOUBLE = onDatagram('double', (datagram, world) => world.strays.push(datagram), false);
const TURN_UP = WHICH.map((n) =>
  step(
    `stray ${n} turns up`,
    ({ strays }) => strays.length > 0,
    (world, server) => {
      const [datagram] = world.strays.splice(n % world.strays.length, 1);
      if (datagram) world.deliver(datagram, server);
    },
  ),
);

const diskDoes = (what: string, error?: Error): fc.Arbitrary<Step> =>
  fc.constant(
    step(
      what,
      ({ writes }) => writes.length > 0,
      ({ writes }) => writes.shift()?.end(error),
    ),
  );
const WRITE = diskDoes('the disk writes');
const DISK_FULL = diskDoes('the disk is full', new Error('the disk is full'));

const WITHHOLD = fc.constant(step('the number is withheld', isSaving, ({ writes }) => writes.shift()?.end('withheld')));

const MODEM = fc.constantFrom(
  step(
    'the modem transmits',
    ({ device }) => device.modem === 'sending',
    ({ device }) => device.transmit(),
  ),
  step(
    'the modem succeeds',
    ({ device }) => device.modem !== 'idle',
    ({ device }) => device.finish('sent'),
  ),
  step(
    'the modem fails',
    ({ device }) => device.modem === 'sending',
    ({ device }) => device.finish('refused'),
  ),
);

const passes = (s: number): Step => step(`${s} s pass`, always, ({ clock }) => clock.pass({ seconds: s }));
const NEXT_TIMER = step(
  'the next timer',
  ({ clock }) => clock.pending > 0,
  ({ clock }) => clock.passToNext(),
);
/** Longer than a device remembers a session. */
const LONG_TIME = passes(91);
const TIME = fc.oneof(
  { weight: 6, arbitrary: seconds(0, 10).map(passes) },
  { weight: 6, arbitrary: fc.constant(NEXT_TIMER) },
  { weight: 1, arbitrary: fc.constant(LONG_TIME) },
);

const RESTART = fc.constantFrom(3, 30, 600).map((boot) =>
  step(`the device restarts in ${boot} s`, always, (world) => {
    world.device.restart(boot);
    world.hasRestarted = true;
  }),
);
const HEAR_OF_RESTART = fc.constant(
  step(
    'the server hears that the device restarted',
    ({ hasRestarted, leftOver }) => hasRestarted && !leftOver,
    (_, server) => server.hearOfRestart(),
  ),
);
const LOG_OUT = fc.constant(step('the SIM logs out', always, ({ device }) => device.logOut(86_400)));
const LOG_IN = fc.constant(
  step(
    'the SIM is back',
    ({ device }) => device.isLoggedOut,
    ({ device }) => device.logOut(0),
  ),
);

const CANCEL = fc.constant(step('there are no more numbers', always, (world) => world.cancel()));
const ABORT = fc.constant(
  step(
    'abort',
    ({ leftOver }) => !leftOver,
    (_, server) => server.abort(),
  ),
);
const CRASH = fc.boolean().map((made) =>
  step(
    `the server dies, its last write is ${made ? '' : 'not '}made`,
    (world) => !world.leftOver && !world.rules.end && (isOut(world) || isSaving(world)),
    (_, server) => server.crash(made),
  ),
);
const RESUME = fc.constant(
  step(
    'the next life resumes',
    ({ leftOver }) => leftOver !== undefined,
    (_, server) => server.resume(),
  ),
);

/** Somebody forges a reply. The telid of the number that is out, or the word that its SIM is gone, would be believed. */
const FORGE = fc
  .oneof(
    fc
      .tuple(fc.constantFrom('OK', 'WAIT', 'ERROR'), fc.integer({ min: 1, max: 15 }))
      .map(([verb, telid]) => ({ text: `${verb} 11 ${telid}${verb === 'ERROR' ? ' errorstatus:38' : ''}\n`, telid })),
    fc
      .constantFrom('PASSWORD 11', 'SEND 11', 'DONE 11', 'ERROR 11 PASSWORD', 'ERROR 11 SENDID', 'ERROR 11 busy')
      .map((text) => ({ text, telid: 0 })),
  )
  .map(({ text, telid }) =>
    step(
      `forged ${text.trimEnd()}`,
      ({ rules }) => rules.out !== telid,
      (_, server) => server.hear(text),
    ),
  );

type Mix = readonly { readonly weight: number; readonly arbitrary: fc.Arbitrary<Step> }[];

/** The session gets on, and so does time. */
const COURSE: Mix = [
  { weight: 30, arbitrary: GO_ON },
  { weight: 50, arbitrary: DELIVER },
  { weight: 50, arbitrary: MODEM },
  { weight: 30, arbitrary: WRITE },
  { weight: 15, arbitrary: TIME },
];
const NETWORK: Mix = [
  { weight: 20, arbitrary: DELAY },
  { weight: 30, arbitrary: DOUBLE },
  { weight: 30, arbitrary: TURN_UP },
];
const DEVICE: Mix = [
  { weight: 4, arbitrary: RESTART },
  { weight: 8, arbitrary: HEAR_OF_RESTART },
];
const SIM: Mix = [
  { weight: 20, arbitrary: LOG_OUT },
  { weight: 30, arbitrary: LOG_IN },
];
const SERVER: Mix = [
  { weight: 4, arbitrary: DISK_FULL },
  { weight: 4, arbitrary: WITHHOLD },
  { weight: 1, arbitrary: CANCEL },
  { weight: 1, arbitrary: ABORT },
  { weight: 8, arbitrary: CRASH },
  { weight: 12, arbitrary: RESUME },
];
const FORGER: Mix = [{ weight: 40, arbitrary: FORGE }];

const FATE = fc.oneof(
  { weight: 20, arbitrary: fc.constant<Fate>('sent') },
  { weight: 4, arbitrary: fc.constant<Fate>('refused') },
  { weight: 1, arbitrary: fc.constant<Fate>('stuck') },
);
const CIRCUMSTANCES = {
  firmware: fc.constantFrom('push', 'poll', 'direct'),
  sendsAfterRelease: fc.boolean(),
  options: fc.record({
    resendInterval: fc.constantFrom(0.5, 5),
    resendCount: fc.integer({ min: 0, max: 3 }),
    statusQuery: STATUS_QUERY,
    queryInterval: fc.constantFrom(1, 3, 20),
  }),
  line: fc.record({
    habit: fc.constantFrom('push', 'poll', 'unknown'),
    roundTripMs: fc.option(fc.integer({ min: 0, max: 5000 })),
    resultMs: fc.option(fc.integer({ min: 0, max: 10_000 })),
  }),
} as const;
const ANY = fc.record<Circumstances>({
  ...CIRCUMSTANCES,
  fates: fc.noBias(fc.array(FATE, { minLength: 1, maxLength: 20, size: 'max' })),
  refuses: fc.oneof(
    { weight: 18, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom('password', 'one more session') },
  ),
});

/** Lets everything come to its end: then late copies turn up, one after the other. */
async function settle(world: World, server: Server, pace = 0): Promise<void> {
  do {
    while (await world.goOn(server)) {
      world.check();
      if (pace > 0) await world.clock.pass({ seconds: pace });
    }
    const stray = world.strays.shift();
    if (stray) world.flying.push(stray);
  } while (world.flying.length > 0);
  world.rules.checkEnd();
  world.check();
  if (world.rules.end !== 'left') assert.deepEqual(server.load, [0, 0], 'the line is free');
}

/** More of them find more: `FC_RUNS=100000 FC_SEED=$RANDOM npx mocha --timeout 0 …`. */
const RUNS = Number(process.env['FC_RUNS'] ?? 1200);

describe(`bulk session, step by step (FC_SEED=${SEED})`, () => {
  const MIXES: Readonly<Record<string, Mix>> = {
    'datagrams that get lost, come twice, late and in any order': NETWORK,
    'a device that restarts': [...NETWORK, ...DEVICE],
    'a SIM that comes and goes': [...NETWORK, ...SIM],
    'a server that dies and comes back, and a disk that fails': [...NETWORK, ...SERVER],
    'forged replies': [...NETWORK, ...FORGER],
    'all of it': [...NETWORK, ...DEVICE, ...SIM, ...SERVER, ...FORGER],
  };
  for (const [what, mix] of Object.entries(MIXES)) {
    it(`keeps its rules with ${what}`, async () => {
      const steps = fc.noBias(fc.commands([fc.oneof(...COURSE, ...mix)], { maxCommands: 60, size: 'max' }));
      await fc.assert(
        fc.asyncProperty(ANY, steps, async (circumstances, commands) => {
          const world = new World(circumstances);
          const server = new Server(world);
          await fc.asyncModelRun(() => ({ model: world, real: server }), commands);
          await settle(world, server);
        }),
        { seed: SEED, numRuns: RUNS },
      );
    });
  }

  /** Runs a session in which nothing is lost, late or out of order. */
  async function inFairWeather(
    fates: fc.Arbitrary<readonly Fate[]>,
    numRuns: number,
    check: (world: World) => void,
  ): Promise<void> {
    const fair = fc
      .record<Circumstances>({ ...CIRCUMSTANCES, fates, refuses: fc.constant(null) })
      .filter(({ firmware, options }) => firmware !== 'poll' || options.statusQuery !== 'never');
    await fc.assert(
      // In three steps a SEND is there, the SMS is sent and the result is back: before anything goes out again.
      fc.asyncProperty(fair, seconds(0, 0.06), async (circumstances, pace) => {
        const world = new World(circumstances);
        await settle(world, new Server(world), pace);
        check(world);
      }),
      { seed: SEED, numRuns },
    );
  }

  it('in fair weather every number gets the result that it deserves, with every firmware that its setting suits', async () => {
    const fates = fc.array(fc.constantFrom<Fate>('sent', 'refused'), { minLength: 1, maxLength: 30 });
    await inFairWeather(fates, Math.ceil(RUNS / 3), ({ rules, device, circumstances }) => {
      const deserved = circumstances.fates.map((fate) => (fate === 'sent' ? 'sent' : 'failed'));
      assert.deepEqual([...rules.results.values()], deserved);
      assert.equal(device.onAir.length, deserved.filter((state) => state === 'sent').length);
      assert.equal(rules.end, 'done');
    });
  });

  it('a number whose result never comes is unknown, and ends the session: the next one is not taken', async () => {
    await inFairWeather(fc.constant<Fate[]>(['sent', 'stuck', 'sent']), Math.ceil(RUNS / 15), ({ rules }) => {
      assert.deepEqual([...rules.results.values()], ['sent', 'unknown']);
      // Firmware that answers nothing until the result is known looks as if it was not there.
      assert.match(String(rules.end), /^no-(?:answer|result)$/);
    });
  });
});
