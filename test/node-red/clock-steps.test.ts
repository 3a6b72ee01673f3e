/** A real Node-RED whose wall clock is set again and again, while a bit of everything is under way. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { JobSummary } from '../../src/index.js';
import { LATIN, partsOf, textOf } from '../inbox/long-sms.js';
import type { FlowNode } from '../packaging/node-red-process.js';
import { WireDevice } from '../server/wire-device.js';
import { makeFlow, PASSWORD } from '../soak/flow.js';
import { Life, makePlace, type Place } from '../soak/life.js';
import { Story, type StoryFact } from '../soak/story.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Clocks in Berlin are set back by an hour at this time. */
const WINTER_TIME = Date.UTC(2026, 9, 25, 1);
const BERLIN = { TZ: 'Europe/Berlin' };

/** Milliseconds by which the clock is ahead, one after the other. */
const OFFSETS: Readonly<Record<string, () => number>> = {
  'an hour forward': () => HOUR,
  'an hour back': () => 0,
  'a day forward': () => DAY,
  '2 days back': () => -DAY,
  'to 1970': () => -Date.now(),
  'to the true time': () => 0,
  'to the end of summer time': () => WINTER_TIME - 500 - Date.now(),
};

const PATIENCE = 20_000;
const IDS = ['waiting', 'reporting', 'limited', 'parts'] as const;
type Id = (typeof IDS)[number];
const DEVICES = IDS.map((id) => ({ key: id, id, name: '', ...(id === 'limited' ? { limits: { hourLimit: 1 } } : {}) }));

const WHOLE = textOf(LATIN, 400);
const PARTS = partsOf(WHOLE);

function flow(port: number, devices: readonly object[]): FlowNode[] {
  const times = { resendInterval: 5, queryInterval: 20, offlineAfter: 92, joinParts: 300, retryUnknown: true };
  const nodes = makeFlow(port, devices, times).map((node) =>
    node.type === 'goip in' ? { ...node, wires: [['tell-sms'], ['tell-event']] } : node,
  );
  const func = `global.get('tell')({ kind: 'error', message: msg.goip.event });`;
  return [...nodes, { id: 'tell-event', z: 'tab', type: 'function', func, outputs: 0, wires: [] }];
}

describe('node-red whose clock is set', function () {
  this.timeout(120_000);
  let scene: Scene | undefined;
  afterEach(() => scene?.close());

  it('goes on with all that is under way, also across restarts', async () => {
    scene = await Scene.create();
    await scene.start(0);
    await scene.receivePart(0);
    // A number on WAIT, a report that is expected, a limit that is reached, and a job that expires.
    const waiting = await scene.begin('waiting', { to: '+491' });
    scene.device('waiting').send(`WAIT ${waiting}\n`);
    const reported = await scene.begin('reporting', { to: '+492', waitForReport: 3000 });
    assert.match(await scene.ask('reporting', `OK ${reported} 7\n`), /^DONE /);
    scene.device('reporting').send(`DONE ${reported.split(' ')[0]}\n`);
    const counted = await scene.begin('limited', { to: ['+493', '+494'], expire: 1800 });
    scene.device('limited').send(`OK ${counted}\n`);
    await scene.untilStatus('+493', 'sent');
    const before = await scene.facts();

    for (const [step, offsetOf] of Object.entries(OFFSETS)) {
      await scene.setClock(offsetOf());
      assert.deepEqual(await scene.facts(), before, `nothing happens when the clock is set ${step}`);
    }

    await scene.crash(-Date.now());
    await scene.next('waiting', `SEND ${waiting} `);
    await scene.receivePart(1);
    // The clock is set for the first time: nobody knows how long Node-RED was off.
    await scene.crash(0);
    await scene.next('waiting', `SEND ${waiting} `);
    scene.device('waiting').send(`OK ${waiting}\n`);
    await scene.untilStatus('+491', 'sent');
    await scene.receivePart(2);
    await scene.notify('reporting', 'DELIVER', `sms_no:7;state:0;num:+492`);
    await scene.untilStatus('+492', 'delivered');
    await scene.until(({ sms }) => sms.length > 0);
    const after = await scene.facts();
    assert.deepEqual(after.sms, [WHOLE]);
    assert.deepEqual(after.results, { 'job-+491': ['sent'], 'job-+492': ['sent'] });
    assert.deepEqual(await scene.waiting(), ['job-+493 1'], 'the limit is not renewed, and nothing has expired');
    assert.deepEqual(after.onAir, before.onAir, 'nothing is sent twice');
  });
});

interface Facts {
  readonly sms: readonly string[];
  readonly results: Readonly<Record<string, readonly string[]>>;
  /** Events of lines that are no keepalives. */
  readonly events: readonly string[];
  /** Numbers that devices were given, each once. */
  readonly onAir: readonly string[];
}

class Scene {
  readonly #story: Story;
  readonly #devices = new Map<Id, WireDevice>();
  readonly #onAir = new Set<string>();
  #life: Life | undefined;
  #lives = 0;
  #recvid = 100;
  /** Of keepalives. */
  #count = 9;

  private constructor(
    private readonly directory: string,
    private readonly place: Place,
  ) {
    this.#story = new Story(place.story);
  }

  static async create(): Promise<Scene> {
    const directory = await mkdtemp(path.join(tmpdir(), 'goip-clock-'));
    const scene = new Scene(directory, await makePlace(directory, DEVICES, { flow }));
    const address = { address: '127.0.0.1', port: scene.place.udpPort };
    for (const id of IDS) scene.#devices.set(id, await WireDevice.open(address));
    return scene;
  }

  async close(): Promise<void> {
    this.#life?.kill();
    await this.#life?.ended;
    for (const device of this.#devices.values()) await device.close();
    this.#story.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  async start(offset: number): Promise<void> {
    this.#lives += 1;
    const life = new Life(this.place, this.#lives, offset, BERLIN);
    this.#life = life;
    await life.logged(/Started flows/, PATIENCE);
    for (const id of IDS) await this.#register(id);
  }

  /** Sends keepalives until the last one is answered: the port may be opened a moment later than the flows are started. */
  async #register(id: Id): Promise<void> {
    const device = this.device(id);
    for (;;) {
      this.#count += 1;
      device.send(`req:${this.#count};id:${id};pass:${PASSWORD};gsm_status:LOGIN`);
      await delay(20);
      while (device.waiting > 0) if ((await device.next()).startsWith(`reg:${this.#count};`)) return;
    }
  }

  /** Node-RED is killed, and started with another clock. */
  async crash(offset: number): Promise<void> {
    this.#life?.kill();
    await this.#life?.ended;
    await this.start(offset);
  }

  /** The next datagram that begins so; those of earlier sessions may come first. */
  async next(id: Id, beginning: string): Promise<string> {
    for (;;) {
      const text = await this.device(id).next();
      if (text.startsWith(beginning)) return text;
    }
  }

  device(id: Id): WireDevice {
    const device = this.#devices.get(id);
    assert.ok(device);
    return device;
  }

  /** Resolves when the server has noticed. */
  async setClock(offset: number): Promise<void> {
    const since = this.#life?.log.length;
    await this.#life?.setClock(offset);
    await this.#life?.logged(/clock of this machine was set/, PATIENCE, since);
  }

  /** Orders a job and takes its first number. Returns the ids of its session and number. */
  async begin(
    id: Id,
    order: { readonly to: string | readonly string[]; readonly [setting: string]: unknown },
  ): Promise<string> {
    const [first = ''] = [order.to].flat();
    const tag = `job-${first}`;
    this.#life?.order({ tag, payload: 'hello', goip: { jobId: tag }, device: id, ...order });
    const [, session = ''] = (await this.next(id, 'MSG ')).split(' ');
    assert.match(await this.ask(id, `PASSWORD ${session}\n`), /^PASSWORD /);
    const [verb, , telid = '', to = ''] = (await this.ask(id, `SEND ${session}\n`)).trim().split(' ');
    assert.deepEqual([verb, to], ['SEND', first]);
    this.#onAir.add(to);
    return `${session} ${telid}`;
  }

  /** Sends, and returns what comes next. Acks of keepalives that a slow machine repeated may come before it. */
  async ask(id: Id, datagram: string): Promise<string> {
    const device = this.device(id);
    device.send(datagram);
    for (;;) {
      const text = await device.nextNew();
      if (!text.startsWith('reg:')) return text;
    }
  }

  async receivePart(index: number): Promise<void> {
    await this.notify('parts', 'RECEIVE', `srcnum:+495;msg:${PARTS[index] ?? ''}`);
  }

  /** Resolves when it is acked. */
  async notify(id: Id, verb: 'RECEIVE' | 'DELIVER', content: string): Promise<void> {
    this.#recvid += 1;
    const ack = await this.ask(id, `${verb}:${this.#recvid};id:${id};password:${PASSWORD};${content}`);
    assert.equal(ack, `${verb} ${this.#recvid} OK\n`);
  }

  async until(isSo: (facts: Facts) => boolean): Promise<void> {
    const end = performance.now() + PATIENCE;
    while (!isSo(await this.facts())) {
      assert.ok(performance.now() < end, JSON.stringify(this.#story.facts));
      await delay(10);
    }
  }

  async untilStatus(to: string, state: string): Promise<void> {
    await this.until(() =>
      this.#story.facts.some((fact) => fact.kind === 'status' && fact.to === to && fact.state === state),
    );
  }

  /** What the flow saw; the answer to the question has gone through it behind everything else. */
  async facts(): Promise<Facts> {
    await this.waiting();
    this.#story.read();
    const { facts } = this.#story;
    return {
      sms: of(facts, 'sms').map(({ text }) => text),
      results: Object.fromEntries(
        of(facts, 'result').map(({ tag, result }) => [tag, result.results.map(({ state }) => state)]),
      ),
      events: of(facts, 'error')
        .map(({ message }) => message)
        .filter((event) => !['keepalive', 'online', 'deliver'].includes(event)),
      onAir: [...this.#onAir, ...(await this.#sessionsAboveLimit())],
    };
  }

  /** Jobs with numbers that wait. */
  async waiting(): Promise<string[]> {
    const jobs = (await this.#life?.jobs()) as readonly JobSummary[] | undefined;
    return (jobs ?? []).filter(({ waiting }) => waiting > 0).map(({ id, waiting }) => `${id} ${waiting}`);
  }

  async #sessionsAboveLimit(): Promise<string[]> {
    const limited = this.device('limited');
    const texts: string[] = [];
    while (limited.waiting > 0) texts.push(await limited.next());
    return texts.filter((text) => text.startsWith('MSG '));
  }
}

const of = <K extends StoryFact['kind']>(facts: readonly StoryFact[], kind: K): Extract<StoryFact, { kind: K }>[] =>
  facts.filter((fact): fact is Extract<StoryFact, { kind: K }> => fact.kind === kind);
