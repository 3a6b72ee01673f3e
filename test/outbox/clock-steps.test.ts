/** Somebody sets the wall clock: in each phase of each story, what happens and when it happens stays the same. */
import assert from 'node:assert/strict';
import { del } from '../../src/journal/store.js';
import { Stage, resultsOf, type StageOptions, type WatchedJob } from './stage.js';

const HOUR = 3600;
const DAY = 24 * HOUR;
const TO_1970 = -Date.UTC(2026, 0, 1) / 1000;

const STEPS = {
  'an hour forward': [HOUR],
  'an hour back': [-HOUR],
  'a day forward': [DAY],
  '25 hours forward': [25 * HOUR],
  'a day back': [-DAY],
  'to 1970': [TO_1970],
  'forward and back': [2 * HOUR, -2 * HOUR],
} as const;

/** What happens, with the seconds that have passed. */
class Scene {
  readonly diary: string[] = [];
  readonly #began: number;
  job: WatchedJob | undefined;

  constructor(readonly stage: Stage) {
    this.#began = stage.clock.now();
    stage.onStep = (what) => {
      if (what.startsWith('after ') && !what.includes('write')) this.note(what.slice('after '.length));
    };
  }

  note(what: string): void {
    this.diary.push(`${((this.stage.clock.now() - this.#began) / 1000).toFixed(1)} ${what}`);
  }

  async accept(request: Parameters<Stage['accept']>[0]): Promise<void> {
    this.job = await this.stage.accept({ origin: 'node', ...request });
    this.job.job.on('status', ({ to, state }) => this.note(`${to} ${state}`));
    void this.job.job.result.then(
      (result) => this.note(`result: ${resultsOf(result).join(', ')}`),
      () => undefined,
    );
    await this.stage.clock.settle();
  }

  /** Second by second, as lines come and go in between. */
  async pass(seconds: number): Promise<void> {
    let readiness = this.stage.line().readiness;
    for (let second = 0; second < seconds; second += 1) {
      await this.stage.pass({ seconds: 1 });
      const { readiness: now } = this.stage.line();
      if (now !== readiness) this.note(`line: ${now}`);
      readiness = now;
    }
  }

  get sendid(): string {
    const [, sendid] = /MSG (\d+)/.exec(this.diary.findLast((line) => line.includes('MSG ')) ?? '') ?? [];
    assert.ok(sendid, this.diary.join('\n'));
    return sendid;
  }

  async opens(): Promise<void> {
    await this.stage.say('a', `PASSWORD ${this.sendid}`, `SEND ${this.sendid}`);
  }
}

type Phase = (scene: Scene) => Promise<void>;

interface Story {
  readonly options?: StageOptions;
  /** The clock is set after each of them in turn. */
  readonly phases: Readonly<Record<string, Phase>>;
}

const accepted: Phase = (scene) => scene.accept({ to: ['+1', '+2'] });

const stories: Readonly<Record<string, Story>> = {
  'a device that does not answer': {
    phases: {
      accepted,
      'MSG unanswered': (scene) => scene.pass(12),
      'line at rest': (scene) => scene.pass(90),
      'session open again': async (scene) => {
        await scene.pass(50);
        await scene.opens();
      },
      'SEND unanswered': (scene) => scene.pass(7),
      'SEND given up': (scene) => scene.pass(60),
      'at rest again': (scene) => scene.pass(200),
    },
  },
  'a number on WAIT': {
    phases: {
      accepted,
      'number out': (scene) => scene.opens(),
      WAIT: (scene) => scene.stage.say('a', `WAIT ${scene.sendid} 1`),
      'still WAIT': async (scene) => {
        for (let count = 0; count < 9; count += 1) {
          await scene.pass(20);
          await scene.stage.say('a', `WAIT ${scene.sendid} 1`);
        }
      },
      'no WAIT any more': (scene) => scene.pass(60),
      'over 300 s': (scene) => scene.pass(120),
    },
    options: { statusQuery: 'never' },
  },
  'a result that is asked for': {
    phases: {
      accepted,
      'number out': (scene) => scene.opens(),
      WAIT: (scene) => scene.stage.say('a', `WAIT ${scene.sendid} 1`),
      asked: (scene) => scene.pass(20),
      OK: (scene) => scene.stage.say('a', `OK ${scene.sendid} 1`, `OK ${scene.sendid} 2`, `DONE ${scene.sendid}`),
    },
  },
  'a line that goes offline': {
    phases: {
      accepted,
      silent: async (scene) => {
        scene.stage.silence('a');
        await scene.pass(80);
      },
      offline: (scene) => scene.pass(100),
      'online again': async (scene) => {
        await scene.stage.keepalive('a');
        await scene.pass(10);
      },
    },
  },
  'a job that expires': {
    phases: {
      accepted: async (scene) => {
        scene.stage.silence('a');
        await scene.pass(95);
        await scene.accept({ to: '+1', expire: 300 }).catch(() => scene.note('refused'));
      },
      waiting: async (scene) => {
        await scene.stage.keepalive('a');
        await scene.accept({ to: '+1', expire: 300, device: 'a' });
        scene.stage.silence('a');
        await scene.pass(250);
      },
      expired: (scene) => scene.pass(100),
    },
  },
  'a pause': {
    phases: {
      accepted,
      sent: async (scene) => {
        await scene.opens();
        await scene.stage.say('a', `OK ${scene.sendid} 1`);
      },
      'in the pause': (scene) => scene.pass(30),
      'after it': (scene) => scene.pass(60),
    },
    options: { pauseMin: 60 },
  },
  'a cooldown': {
    phases: {
      accepted,
      failed: async (scene) => {
        await scene.opens();
        await scene.stage.say('a', `ERROR ${scene.sendid} 1 errorstatus:1`);
      },
      'cooling down': (scene) => scene.pass(200),
      'after it': (scene) => scene.pass(200),
    },
    options: { cooldownAfter: 1, cooldown: 300 },
  },
  'a delivery report': {
    phases: {
      accepted: (scene) => scene.accept({ to: ['+1000001', '+1000002'], waitForReport: 1200 }),
      sent: async (scene) => {
        await scene.opens();
        await scene.stage.say('a', `OK ${scene.sendid} 1 7`, `OK ${scene.sendid} 2 8`, `DONE ${scene.sendid}`);
      },
      waiting: (scene) => scene.pass(1000),
      'one report came': (scene) => scene.stage.report('a', 7, 0),
      'the other did not in time': (scene) => scene.pass(300),
    },
  },
  'a crash while a number is out': {
    phases: {
      accepted,
      'number out': (scene) => scene.opens(),
      WAIT: (scene) => scene.stage.say('a', `WAIT ${scene.sendid} 1`),
      'the time is kept': (scene) => scene.pass(2),
      'started again': async (scene) => {
        scene.stage.crash();
        await scene.stage.clock.pass({ seconds: 10 });
        await scene.stage.startAgain();
        for (const job of await scene.stage.adopt('node')) {
          job.on('status', ({ to, state }) => scene.note(`${to} ${state}`));
          void job.result.then((result) => scene.note(`result: ${resultsOf(result).join(', ')}`));
        }
      },
      'line back': (scene) => scene.stage.keepalive('a'),
      asked: (scene) => scene.pass(5),
      answered: (scene) => scene.stage.say('a', `OK ${scene.sendid} 1`),
      'the rest goes on': (scene) => scene.pass(120),
    },
    options: { persistent: true },
  },
};

/** Runs a story; the clock is set after a phase, at once or with a second in between where it is set twice. */
async function run({ phases, options }: Story, after?: string, steps: readonly number[] = []): Promise<string[]> {
  const scene = new Scene(await Stage.online({ ...options, ids: ['a'] }));
  for (const [name, phase] of Object.entries(phases)) {
    await phase(scene);
    const [first = 0, second = 0] = name === after ? steps : [];
    scene.stage.clock.step({ seconds: first });
    await scene.pass(1);
    scene.stage.clock.step({ seconds: second });
    await scene.pass(1);
  }
  return scene.diary;
}

for (const [name, story] of Object.entries(stories)) {
  describe(`outbox with a clock that is set: ${name}`, () => {
    let expected: string[];
    before(async () => {
      expected = await run(story);
      assert.ok(expected.length > 2, expected.join('\n'));
    });

    for (const phase of Object.keys(story.phases)) {
      it(`happens as ever, whatever the clock does: ${phase}`, async () => {
        for (const [step, seconds] of Object.entries(STEPS))
          assert.deepEqual(await run(story, phase, seconds), expected, step);
      });
    }
  });
}

describe('outbox on a machine that boots in 1970', () => {
  it('does not let a job expire when the clock is set', async () => {
    const stage = await Stage.create();
    stage.clock.step({ seconds: TO_1970 });
    await stage.startAgain();
    const job = await stage.accept({ to: '+1' });
    stage.clock.step({ seconds: -TO_1970 });
    await stage.pass({ seconds: 30 });
    assert.deepEqual(job.news(), ['+1 queued']);
    await stage.keepalive('a');
    assert.match(stage.sent('a').join(), /^MSG /);
  });

  it('shows times by the clock as it is now', async () => {
    const stage = await Stage.create({ persistent: true });
    stage.clock.step({ seconds: TO_1970 });
    await stage.startAgain();
    await stage.keepalive('a');
    await stage.accept({ to: '+1' });
    assert.match(stage.state().since ?? '', /^1970-01-01/);
    stage.clock.step({ seconds: -TO_1970 });
    await stage.pass({ seconds: 1 });
    const [job] = stage.outbox.jobs();
    for (const time of [stage.state().since, stage.state().lastSeen, job?.acceptedAt])
      assert.match(time ?? '', /^2026-01-01T00:00/);
    assert.match(job?.expiresAt ?? '', /^2026-01-02T00:00/);
  });

  for (const [what, seconds] of Object.entries(STEPS)) {
    it(`goes on with a job of the run before, though the clock is set ${what} while it is off`, async () => {
      const stage = await Stage.online({ persistent: true });
      await stage.accept({ to: '+1', expire: 10 * DAY, origin: 'node' });
      const sendid = await stage.opens('a');
      await stage.pass({ seconds: 1 });
      stage.sent();
      for (const one of seconds) stage.clock.step({ seconds: one });
      await stage.startAgain();
      const [job] = await stage.adopt('node');
      assert.ok(job);
      const watched = stage.watch(job);
      await stage.keepalive('a');
      await stage.pass({ seconds: 10 });
      const isForgotten = seconds.reduce<number>((sum, one) => sum + one, 0) > 90;
      const again = stage.sent('a');
      if (isForgotten) assert.deepEqual(again, [`DONE ${sendid}`]);
      else {
        assert.ok(again.length > 0 && again.every((text) => text === `SEND ${sendid} 1 +1`), again.join());
        await stage.say('a', `OK ${sendid} 1`);
      }
      assert.deepEqual(resultsOf(await watched.result()), [isForgotten ? '+1 unknown GOIP_TIMEOUT a' : '+1 sent a']);
    });
  }
});

describe('outbox after a start with a clock that is not set', () => {
  it('counts the time off as none if the clock is set while the server is off', async () => {
    const stage = await Stage.create({ persistent: true });
    stage.clock.step({ seconds: TO_1970 });
    await stage.startAgain();
    await stage.keepalive('a');
    await stage.accept({ to: '+1', origin: 'node' });
    await stage.pass({ seconds: 2 });
    stage.clock.step({ seconds: -TO_1970 });
    await stage.startAgain();
    assert.deepEqual(
      stage.outbox.jobs().map(({ waiting, expiresAt }) => [waiting, expiresAt?.slice(0, 10)]),
      [[1, '2026-01-02']],
    );
  });

  it('goes on with the journal of version 1.0, which has no time, also when the clock is set', async () => {
    const stage = await Stage.online({ persistent: true, ids: ['a'] });
    await stage.accept({ to: '+1', expire: DAY, device: 'a', origin: 'node' });
    stage.silence('a');
    await stage.pass({ seconds: 200 });
    stage.crash();
    await (await stage.disk.storeFor(() => true)()).write([del('time')]);
    stage.clock.step({ seconds: TO_1970 });
    await stage.startAgain();
    stage.clock.step({ seconds: -TO_1970 });
    await stage.pass({ seconds: 2 });
    const [job] = stage.outbox.jobs();
    assert.match(job?.acceptedAt ?? '', /^2026-01-01T00:0/);
    await stage.pass({ seconds: DAY });
    assert.deepEqual(
      stage.outbox.jobs().map(({ waiting }) => waiting),
      [0],
      'it has expired',
    );
  });
});
