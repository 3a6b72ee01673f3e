/** Node-RED is deployed again and again, in all three ways, on a bad network; afterwards the books must balance. */
import { setTimeout as delay } from 'node:timers/promises';
import { between, mulberry32, pick, seedOf, type Random } from '../../src/simulator/random.js';
import { balance, CALM, RULES, unseen, type Facts, type Figures } from './books.js';
import { makeFlow, type SoakFlow } from './flow.js';
import { Life } from './life.js';
import { DEVICES } from './lines.js';
import type { Radio } from './radio.js';
import type { Traffic } from './traffic.js';
import { inWorld, type World } from './world.js';

export interface StormOptions {
  readonly deploys: number;
  readonly seed: number;
  /** Gets a line now and then. */
  readonly say?: (line: string) => void;
}

export interface StormReport {
  readonly seed: number;
  readonly figures: Figures;
  /** Deploys by their type. */
  readonly deploys: Readonly<Record<DeployType, number>>;
  readonly complaints: readonly string[];
}

type DeployType = 'full' | 'flows' | 'nodes';

/** Of ten datagrams three are lost and three come twice, in both directions. */
const WEATHER = { loss: 0.3, duplicate: 0.3, reorder: 0.12, delay: [0, 4], holdBack: [5, 50] } as const;

/** Milliseconds for a deploy, and for all to be done in the end. */
const PATIENCE = 30_000;
const DRAIN_PATIENCE = 200_000;

/** Milliseconds from an SMS to its last delivery report. */
const LAST_REPORT = 4000;

/** Nodes that a deploy may replace: each in the way of an order, a result, a status, or an SMS. */
const REPLACED = ['server', 'in', 'send', 'send', 'tell-sms', 'take-order', 'tell-result', 'tell-status'] as const;

export function storm(options: StormOptions): Promise<StormReport> {
  const { seed } = options;
  return inWorld('storm', { seed, faults: WEATHER, hasAdminApi: true }, (world) => new Storm(world, options).run());
}

class Storm {
  readonly #random: Random;
  readonly #life: Life;
  readonly #complaints: string[] = [];
  readonly #deploys = { full: 0, flows: 0, nodes: 0 };
  #flow: SoakFlow;

  constructor(
    private readonly world: World,
    private readonly options: StormOptions,
  ) {
    const { place } = world;
    this.#random = mulberry32(seedOf(options.seed, 'deploys'));
    this.#flow = makeFlow(place.udpPort, DEVICES);
    this.#life = new Life(place, 1);
    world.life = this.#life;
    world.radio.life = 1;
  }

  get #radio(): Radio {
    return this.world.radio;
  }

  get #traffic(): Traffic {
    return this.world.traffic;
  }

  async run(): Promise<StormReport> {
    const { deploys, say } = this.options;
    await this.#radio.gateway.start();
    await this.#life.logged(/Started flows/, PATIENCE);
    this.#radio.isServed = true;
    this.#traffic.life = this.#life;
    this.world.beginTraffic();
    for (let count = 1; count <= deploys; count += 1) {
      await delay(between(this.#random, [0, 700]));
      await this.#deploy();
      // Orders that were lost in a flow that was stopped are given again, if they have a job id.
      this.#traffic.learn();
      this.#traffic.repeatUncertain();
      if (count % 10 === 0) say?.(`${count} deploys, ${this.#radio.onAir.length} SMS on air`);
    }
    await this.world.endTraffic();
    await this.#drain();
    return this.#report();
  }

  async #deploy(): Promise<void> {
    const type = pick(this.#random, 'full', 'flows', 'nodes', 'nodes');
    this.#deploys[type] += 1;
    const replaced = pick(this.#random, ...REPLACED);
    const name = `deploy ${this.#deploys.full + this.#deploys.flows + this.#deploys.nodes}`;
    this.#flow = this.#flow.map((node) => (node.id === replaced ? { ...node, name } : node));
    const since = this.#life.log.length;
    await this.#life.deploy(this.#flow, type);
    await this.#life.logged(/Started (modified )?(flows|nodes)/, PATIENCE, since);
  }

  /** Good weather, no more orders, no more deploys: all that is under way comes to its end. */
  async #drain(): Promise<void> {
    this.#radio.gateway.setFaults({});
    const deadline = Date.now() + DRAIN_PATIENCE;
    for (let round = 1; !(await this.#isDone()) && Date.now() < deadline; round += 1) {
      await delay(100);
      if (round % 20 === 0) this.#traffic.repeatUncertain();
    }
    const jobs = await this.#life.jobs();
    if (jobs.length > 0) this.#complaints.push(`jobs in hand that do not end: ${JSON.stringify(jobs)}`);
    const problems = this.#life.log.filter((line) =>
      /corrupt|ncaught|nhandled|did not close|close timed out/.test(line),
    );
    this.#complaints.push(...problems);
    for (const { rule, about } of balance(this.#facts, true).violations)
      this.#complaints.push(`${RULES[rule]}: ${about}`);
  }

  async #isDone(): Promise<boolean> {
    this.#traffic.learn();
    const { waiting, load, lastOnAir } = this.#radio;
    if (waiting > 0 || load > 0 || this.#traffic.unfinished.length > 0) return false;
    if (Date.now() - lastOnAir < LAST_REPORT) return false;
    return unseen(this.#facts, Infinity).length === 0 && (await this.#life.jobs()).length === 0;
  }

  get #facts(): Facts {
    return this.world.factsIn(CALM);
  }

  #report(): StormReport {
    const { figures } = balance(this.#facts, true);
    return { seed: this.options.seed, figures, deploys: this.#deploys, complaints: this.#complaints };
  }
}

/** The books of a storm, for people. */
export function printedStorm({ seed, figures: f, deploys, complaints }: StormReport): string {
  const states = Object.entries(f.states).map(([state, count]) => `${state} ${count}`);
  return [
    `  seed                ${seed}`,
    `  deploys             full ${deploys.full}, flows ${deploys.flows}, nodes ${deploys.nodes}`,
    `  SMS in              ${f.inbound}, acked ${f.acked}, the flow saw ${f.seen}, again and flagged ${f.seenAgain}`,
    `  jobs                ${f.jobs}, never accepted ${f.neverAccepted}, results told again ${f.resultsAgain}`,
    `  numbers             ${f.numbers}, on air ${f.onAir}; ${states.join(', ')}`,
    ...(complaints.length === 0
      ? Object.values(RULES).map((rule) => `  ${rule}: 0`)
      : [`  THE BOOKS DO NOT BALANCE (${complaints.length}):`, ...complaints.slice(0, 20)]),
  ].join('\n');
}
