/** Somebody sets the wall clock while the parts of a long SMS come in: they are joined all the same, after the same time. */
import assert from 'node:assert/strict';
import { Duplicates } from '../../src/inbox/duplicates.js';
import { Inbox } from '../../src/inbox/inbox.js';
import { SeenInJournal } from '../../src/inbox/seen-in-journal.js';
import { Journal } from '../../src/journal/journal.js';
import { del } from '../../src/journal/store.js';
import { TimeKeeper } from '../../src/journal/time-keeper.js';
import { Timeline } from '../../src/time/timeline.js';
import { Disk, settle } from '../journal/disk.js';
import { VirtualClock } from '../sessions/virtual-clock.js';
import { LATIN, partsOf, textOf } from './long-sms.js';
import { RETENTION, sms } from './stage.js';

const HOUR = 3600;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 10, 22, 10);
const TO_1970 = -Math.floor(START / 1000);
/** Seconds for which a part waits for the next one. */
const WAIT = 30;

const WHOLE = textOf(LATIN, 400);
const PARTS = partsOf(WHOLE);

class Scene {
  readonly clock = new VirtualClock(START);
  /** What was delivered, with the seconds that had passed. */
  readonly diary: string[] = [];
  readonly #disk = new Disk();
  #inbox: Inbox | undefined;
  #journal: Journal | undefined;
  #time: TimeKeeper | undefined;
  #timeline: Timeline | undefined;

  async start(): Promise<void> {
    const timeline = new Timeline(this.clock);
    const journal = new Journal(this.#disk.open, this.clock);
    await journal.open();
    const time = new TimeKeeper(timeline, journal);
    await time.load();
    const inbox = new Inbox(journal, new Duplicates(journal, new SeenInJournal(journal), RETENTION), {
      clock: timeline,
      waitMs: WAIT * 1000,
    });
    inbox.addTaker({ take: ({ text }) => this.#note(text) });
    await inbox.load();
    [this.#inbox, this.#journal, this.#time, this.#timeline] = [inbox, journal, time, timeline];
  }

  async stop(): Promise<void> {
    this.#time?.keep();
    this.#inbox?.close(true);
    const closing = this.#journal?.close();
    await this.#settle();
    await closing;
  }

  /** What was not flushed is gone. */
  async crash(): Promise<void> {
    await this.#disk.cut();
    this.#time = undefined;
  }

  /** As if version 1.0 had written the journal. */
  async forgetTime(): Promise<void> {
    await this.#disk.durable.write([del('time')]);
  }

  async receive(text: string | undefined): Promise<string> {
    assert.ok(text !== undefined && this.#inbox && this.#timeline);
    const accepted = Promise.resolve(
      this.#inbox.accept(sms({ text, recvid: text.slice(0, 20) }), this.#timeline.now()),
    );
    await this.#settle();
    const { verdict, deliver } = await accepted;
    deliver();
    return verdict;
  }

  /** Second by second, as the server looks at the clock. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      await this.clock.pass({ seconds: 1 });
      this.#time?.look();
      await this.#settle();
    }
  }

  async #settle(): Promise<void> {
    await settle();
    await this.clock.settle();
  }

  #note(text: string): void {
    const what = text === WHOLE ? 'whole' : `${text.length} characters`;
    this.diary.push(`${Math.round((this.clock.now() - START) / 1000)} ${what}`);
  }
}

type Phases = Readonly<Record<string, (scene: Scene) => Promise<unknown>>>;

const arriving: Phases = {
  'first part': async (scene) => {
    await scene.start();
    await scene.receive(PARTS[0]);
    await scene.pass(20);
  },
  'second part': async (scene) => {
    await scene.receive(PARTS[1]);
    await scene.pass(20);
  },
  'last part': (scene) => scene.receive(PARTS[2]),
};

const stories: Readonly<Record<string, Phases>> = {
  'of which all parts come': arriving,
  'of which a part does not come': { ...arriving, 'last part': (scene) => scene.pass(60) },
  'with a restart between its parts': {
    ...arriving,
    restart: async (scene) => {
      await scene.stop();
      await scene.start();
      await scene.pass(5);
    },
    'last part': (scene) => scene.receive(PARTS[2]),
  },
};

const STEPS = { hour: HOUR, 'hour back': -HOUR, day: DAY, 'day back': -DAY, 1970: TO_1970 } as const;

async function run(phases: Phases, after?: string, seconds = 0): Promise<string[]> {
  const scene = new Scene();
  // Phases keep the place of their first mention: the last part comes last.
  const { 'last part': last, ...others } = phases;
  for (const [name, phase] of [...Object.entries(others), ['last part', last] as const]) {
    await phase?.(scene);
    if (name !== after) continue;
    scene.clock.step({ seconds });
    await scene.pass(1);
    await scene.pass(1);
  }
  return scene.diary;
}

describe('inbox with a clock that is set', () => {
  for (const [what, phases] of Object.entries(stories)) {
    for (const phase of Object.keys(phases)) {
      it(`joins a long SMS ${what} as ever: after the phase "${phase}"`, async () => {
        const expected = await run(phases, phase);
        assert.equal(expected.length, 1, expected.join());
        for (const [step, seconds] of Object.entries(STEPS))
          assert.deepEqual(await run(phases, phase, seconds), expected, step);
      });
    }
  }

  for (const [what, first, second] of [
    ['is set back', 0, -DAY],
    ['begins in 1970', 0, TO_1970],
    ['is set for the first time', TO_1970, -TO_1970],
  ] as const) {
    it(`joins parts before and after a time in which the server was off, if the clock ${what} then`, async () => {
      const scene = new Scene();
      scene.clock.step({ seconds: first });
      await scene.start();
      await scene.receive(PARTS[0]);
      await scene.pass(5);
      await scene.stop();
      scene.clock.step({ seconds: second });
      await scene.start();
      for (const part of PARTS.slice(1)) await scene.receive(part);
      assert.deepEqual(scene.diary, ['5 whole']);
    });
  }

  it('knows the duplicates of version 1.0, which keeps no time, though the clock is not set', async () => {
    const scene = new Scene();
    await scene.start();
    assert.equal(await scene.receive('once'), 'accepted');
    await scene.pass(5);
    await scene.crash();
    await scene.forgetTime();
    scene.clock.step({ seconds: TO_1970 });
    await scene.start();
    assert.equal(await scene.receive('once'), 'duplicate');
    scene.clock.step({ seconds: -TO_1970 });
    await scene.pass(2);
    assert.equal(await scene.receive('once'), 'duplicate');
  });

  for (const [what, seconds] of Object.entries({ 'an hour': -HOUR, 'a day': -DAY, 'to 1970': TO_1970 })) {
    it(`knows a duplicate after a crash if the clock is set back then: ${what}`, async () => {
      const scene = new Scene();
      await scene.start();
      await scene.pass(20);
      assert.equal(await scene.receive('once'), 'accepted');
      await scene.crash();
      scene.clock.step({ seconds });
      await scene.start();
      assert.equal(await scene.receive('once'), 'duplicate');
    });
  }
});
