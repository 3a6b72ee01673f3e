/** Node-RED is killed again and again while SMS come and go, and after each start the books must balance. */
import { setTimeout as delay } from 'node:timers/promises';
import { between, mulberry32, seedOf, type Random } from '../../src/simulator/random.js';
import { balance, nameOf, RULES, unseen, type Facts, type Figures, type Violation } from './books.js';
import { damagesIn, isAboutDamage, type DamageReport } from './damage-books.js';
import { Life } from './life.js';
import { Moments } from './moments.js';
import type { Radio } from './radio.js';
import type { Story } from './story.js';
import type { Traffic } from './traffic.js';
import { Weather } from './weather.js';
import { inWorld, type World } from './world.js';

export interface SoakOptions {
  readonly kills: number;
  readonly seed: number;
  /** Gets a line now and then. */
  readonly say?: (line: string) => void;
}

export interface SoakReport {
  readonly seed: number;
  readonly figures: Figures & SoakFigures;
  /** With the story of the first ones. */
  readonly complaints: readonly string[];
}

interface SoakFigures {
  readonly kills: number;
  /** Kills by what they waited for. */
  readonly moments: Readonly<Record<string, number>>;
  readonly deviceRestarts: number;
  readonly whileDown: number;
  readonly askedLater: number;
  /** Bulk sessions that devices opened, and refused because those of lives before were still open. */
  readonly sessionsOpened: number;
  readonly sessionsRefused: number;
  readonly repeats: number;
  readonly cancels: number;
  readonly torn: number;
  /** Clock steps, and those of them while Node-RED was off; standstills. */
  readonly clockSteps: number;
  readonly clockStepsWhileOff: number;
  readonly blocked: number;
  readonly suspended: number;
  /** Files that were damaged, and what the log said of them. */
  readonly wounds: number;
  readonly damages: readonly DamageReport[];
  readonly seconds: number;
  readonly drainSeconds: number;
}

/** Milliseconds for a start of Node-RED, and for all to be done in the end. */
const PATIENCE = 30_000;
const DRAIN_PATIENCE = 200_000;

/** Milliseconds from an SMS to its last delivery report. */
const LAST_REPORT = 4000;

/** Milliseconds in which a server that has started reads its journal. */
const REPORTED_BY = 1000;

/** Violations that are told with their story. */
const TOLD = 3;

export function soak(options: SoakOptions): Promise<SoakReport> {
  return inWorld('soak', options, (world) => new Soak(world, options).run());
}

class Soak {
  readonly #random: Random;
  readonly #killMoments: Moments;
  readonly #weather: Weather;
  readonly #damages: DamageReport[] = [];
  /** Times at which lives ended. */
  readonly #ends: number[] = [];
  /** The journal is damaged, and no life has said yet what that means. */
  #isWounded = false;
  #recoveredAt = Infinity;
  readonly #moments: Record<string, number> = {};
  readonly #complaints: string[] = [];
  readonly #kills: string[] = [];
  readonly #wounds: string[] = [];
  readonly #begin = Date.now();
  #lives = 0;

  constructor(
    private readonly world: World,
    private readonly options: SoakOptions,
  ) {
    const { seed } = options;
    this.#random = mulberry32(seedOf(seed, 'kills'));
    this.#killMoments = new Moments(world.radio.gateway, this.#random);
    this.#weather = new Weather(mulberry32(seedOf(seed, 'weather')), world.place.journal);
  }

  get #radio(): Radio {
    return this.world.radio;
  }

  get #story(): Story {
    return this.world.story;
  }

  get #traffic(): Traffic {
    return this.world.traffic;
  }

  async run(): Promise<SoakReport> {
    const { kills } = this.options;
    await this.#radio.gateway.start();
    this.world.beginTraffic();
    for (let kill = 1; kill <= kills && this.#complaints.length === 0; kill += 1) {
      await this.#liveAndDie();
      if (kill % 10 === 0) this.#tellProgress();
    }
    await this.world.endTraffic();
    const drainBegin = this.#seconds;
    if (this.#complaints.length === 0) await this.#drain();
    if (this.#complaints.length === 0) await this.#sleepInPeace();
    return this.#report(this.#seconds - drainBegin);
  }

  async #liveAndDie(): Promise<void> {
    const life = this.#start();
    const recovered = this.#recovered(life);
    recovered.then(() => this.#weather.pass(life)).catch(() => undefined);
    const { name, come } = this.#killMoments.next(life, recovered);
    this.#moments[name] = (this.#moments[name] ?? 0) + 1;
    // Where it ends by itself, that is to be seen by how it ended.
    const outcome = Promise.race([come, life.ended]).catch(() => undefined);
    const isLate = await Promise.race([outcome.then(() => false), delay(PATIENCE, true, { ref: false })]);
    if (isLate) this.#complaints.push(`life ${life.number} did not get to: ${name}\n${life.log.join('\n')}`);
    await this.#endOf(life, 'SIGKILL', () => life.kill());
    await this.#rage(life);
    this.#kills.push(`${Date.now()} life ${life.number} killed: ${name}`);
    this.#complain(balance(this.#facts, false).violations);
    if (this.#random() < 0.35) this.#restartDevices();
    if (this.#random() < 0.2) await delay(between(this.#random, [0, 600]));
  }

  #start(): Life {
    this.#lives += 1;
    this.#recoveredAt = Infinity;
    const life = new Life(this.world.place, this.#lives, this.#weather.offset);
    this.world.life = life;
    this.#radio.life = life.number;
    return life;
  }

  /** What happens to the machine while Node-RED is off. */
  async #rage({ number }: Life): Promise<void> {
    if (!(await this.#weather.rage())) return;
    this.#isWounded = true;
    this.#traffic.repeatNoMore(number);
    this.#wounds.push(`${Date.now()} ${this.#weather.wounds.at(-1) ?? ''}`);
  }

  /** Anything but the expected end is a crash. */
  async #endOf(life: Life, expected: string | number, bring: () => void): Promise<void> {
    this.#traffic.life = undefined;
    bring();
    const end = await life.ended;
    this.#radio.isServed = false;
    this.#traffic.learn();
    this.#story.cut();
    this.#ends.push(Date.now());
    this.#learnOfDamage(life);
    if (end !== expected) this.#complaints.push(`life ${life.number} ended with ${end}:\n${life.log.join('\n')}`);
    const problems = life.log.filter((line) => /corrupt|ncaught|nhandled/.test(line) && !isAboutDamage(line));
    if (problems.length > 0) this.#complaints.push(`life ${life.number} printed:\n${problems.join('\n')}`);
  }

  #learnOfDamage({ log, number }: Life): void {
    const news = damagesIn(log, number, Date.now(), this.#damages);
    this.#damages.push(...news);
    // By then a damage of any consequence would have been reported.
    if (news.length > 0 || Date.now() - this.#recoveredAt > REPORTED_BY) this.#isWounded = false;
  }

  /**
   * The flows have started, and the server answers: then it has handed over what it had kept. Of two answers, the second
   * one left it when the flow had had its turn.
   */
  async #recovered(life: Life): Promise<void> {
    await life.started;
    await this.#killMoments.answer(life);
    await this.#killMoments.answer(life);
    this.#radio.isServed = true;
    this.#traffic.learn();
    // What a damage has lost is reported when all is read.
    if (!this.#isWounded) this.#complain(unseen(this.#facts, life.number));
    this.#traffic.life = life;
    this.#recoveredAt = Date.now();
    this.#traffic.repeatUncertain();
  }

  /** Some or all of them, while Node-RED is down: at once, or when what they had in hand is on air. */
  #restartDevices(): void {
    const share = this.#random();
    for (const line of this.#radio.gateway.lines) {
      const ms = between(this.#random, [0, 500]);
      if (this.#random() < share) void delay(ms).then(() => line.restart());
    }
  }

  /** Good weather and no further traffic: all that is under way comes to its end, in a life that lasts. */
  async #drain(): Promise<void> {
    this.#radio.gateway.setFaults({});
    const life = this.#start();
    if (!(await this.#recoversInTime(life))) return;
    const deadline = Date.now() + DRAIN_PATIENCE;
    for (let round = 1; !(await this.#isDone(life)) && Date.now() < deadline; round += 1) {
      await delay(100);
      if (round % 20 === 0) this.#traffic.repeatUncertain();
    }
    const jobs = await life.jobs();
    if (jobs.length > 0) this.#complaints.push(`jobs in hand that do not end: ${JSON.stringify(jobs)}`);
    this.#complain(balance(this.#facts, true).violations);
    await this.#endOf(life, 0, () => life.stop());
  }

  async #isDone(life: Life): Promise<boolean> {
    this.#traffic.learn();
    this.#learnOfDamage(life);
    const { waiting, load, lastOnAir } = this.#radio;
    if (waiting > 0 || load > 0 || this.#traffic.unfinished.length > 0) return false;
    if (Date.now() - lastOnAir < LAST_REPORT) return false;
    return unseen(this.#facts, Infinity).length === 0 && (await life.jobs()).length === 0;
  }

  /** One more start after all is done: nothing comes again. */
  async #sleepInPeace(): Promise<void> {
    const onAir = this.#radio.onAir.length;
    const life = this.#start();
    if (!(await this.#recoversInTime(life))) return;
    // It has gone through the flow behind everything else.
    await life.jobs();
    await this.#endOf(life, 0, () => life.stop());
    const told = this.#story.facts.filter((fact) => fact.life === life.number);
    if (told.length > 0) this.#complaints.push(`told again after a quiet end: ${JSON.stringify(told)}`);
    if (this.#radio.onAir.length !== onAir) this.#complaints.push('on air after a quiet end');
    this.#complain(balance(this.#facts, true).violations);
  }

  async #recoversInTime(life: Life): Promise<boolean> {
    const recovered = this.#recovered(life).then(
      () => true,
      () => false,
    );
    const isRecovered = await Promise.race([recovered, delay(PATIENCE, false, { ref: false })]);
    if (!isRecovered) this.#complaints.push(`life ${life.number} does not get on:\n${life.log.join('\n')}`);
    return isRecovered;
  }

  #tellProgress(): void {
    const { inbound, onAir, restarts } = this.#radio;
    const counts = `${inbound.length} SMS in, ${onAir.length} on air, ${restarts.length} device restarts`;
    this.options.say?.(`${this.#kills.length} kills after ${Math.round(this.#seconds)} s: ${counts}`);
  }

  get #facts(): Facts {
    return this.world.factsIn({ periods: this.#weather.periods, ends: this.#ends, damages: this.#damages });
  }

  get #seconds(): number {
    return (Date.now() - this.#begin) / 1000;
  }

  #complain(violations: readonly Violation[]): void {
    for (const { rule, about } of violations) {
      const isTold = this.#complaints.length < TOLD;
      this.#complaints.push(`${RULES[rule]}: ${about}${isTold ? `\n${this.#storyOf(about).join('\n')}` : ''}`);
    }
  }

  /** All that is known about a number, an SMS or a job, in the order in which it happened. */
  #storyOf(about: string): string[] {
    const { gateway } = this.#radio;
    const facts = this.#story.facts
      .filter((fact) => (fact.kind === 'sms' ? nameOf(fact) === about : JSON.stringify(fact).includes(`"${about}"`)))
      .map((fact) => `${fact.at} life ${fact.life} the flow saw ${JSON.stringify(fact)}`);
    const restarts = this.#radio.restarts.map(({ at, line }) => `${at} ${line} restarted`);
    const air = gateway.onAir.filter(({ to }) => to === about).map((sms) => `${sms.at} ON AIR ${JSON.stringify(sms)}`);
    const told = [...facts, ...air, ...this.#radio.datagramsAbout(about)].sort();
    const [first = '', last = ''] = [told[0], told.at(-1)];
    const meanwhile = [...restarts, ...this.#kills, ...this.#wounds].filter((line) => line > first && line < last);
    return [...told, ...meanwhile].sort().map((line) => `    ${line}`);
  }

  #report(drainSeconds: number): SoakReport {
    const { restarts, askedLater } = this.#radio;
    const { sessionsOpened, sessionsRefused } = this.#radio.gateway.counters;
    const { repeats, cancels } = this.#traffic;
    const { periods, wounds, blocked, suspended } = this.#weather;
    const { figures } = balance(this.#facts, true);
    return {
      seed: this.options.seed,
      complaints: this.#complaints,
      figures: {
        ...figures,
        kills: this.#kills.length,
        moments: this.#moments,
        deviceRestarts: restarts.length,
        whileDown: restarts.filter(({ whileDown }) => whileDown).length,
        askedLater,
        sessionsOpened,
        sessionsRefused,
        repeats,
        cancels,
        torn: this.#story.torn,
        clockSteps: periods.length - 1,
        clockStepsWhileOff: periods.slice(1).filter(({ whileOff }) => whileOff).length,
        blocked,
        suspended,
        wounds: wounds.length,
        damages: this.#damages,
        seconds: this.#seconds,
        drainSeconds,
      },
    };
  }
}
