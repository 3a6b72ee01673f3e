/** What soak and storm share: the gateway, the traffic, the process of Node-RED, and how all of it ends. */
import { mulberry32, seedOf } from '../../src/simulator/random.js';
import type { Faults } from '../../src/simulator/index.js';
import { withFolder } from '../program.js';
import type { Facts, WeatherFacts } from './books.js';
import { makePlace, type Life, type Place } from './life.js';
import { DEVICES } from './lines.js';
import { Radio } from './radio.js';
import { Story } from './story.js';
import { Traffic } from './traffic.js';

export interface WorldOptions {
  readonly seed: number;
  /** What happens to datagrams; by default the weather of a soak. */
  readonly faults?: Faults;
  readonly hasAdminApi?: boolean;
}

/** Runs in a world of its own. It leaves nothing behind: no process, no port and no file, also if a signal ends it. */
export function inWorld<T>(name: string, options: WorldOptions, run: (world: World) => Promise<T>): Promise<T> {
  return withFolder(`goip-${name}-`, async (directory) => {
    const { hasAdminApi = false } = options;
    const world = new World(await makePlace(directory, DEVICES, { hasAdminApi }), options);
    try {
      return await run(world);
    } finally {
      await world.end();
    }
  });
}

export class World {
  readonly radio: Radio;
  readonly story: Story;
  readonly traffic: Traffic;
  /** The process of Node-RED that runs, or ran last. */
  life: Life | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(
    readonly place: Place,
    { seed, faults }: WorldOptions,
  ) {
    this.radio = new Radio(place.udpPort, seed, faults);
    this.story = new Story(place.story);
    this.traffic = new Traffic(this.radio, this.story, mulberry32(seedOf(seed, 'traffic')));
  }

  /** SMS come and go from now on, until {@link endTraffic}. */
  beginTraffic(): void {
    this.#running = this.traffic.run();
  }

  async endTraffic(): Promise<void> {
    this.traffic.end();
    await this.#running;
  }

  async end(): Promise<void> {
    this.traffic.end();
    this.life?.kill();
    await this.life?.ended;
    await this.#running;
    await this.radio.gateway.stop();
    this.story.close();
  }

  factsIn(weather: WeatherFacts): Facts {
    const { inbound, onAir, refused, submissions, reports } = this.radio;
    const { jobs } = this.traffic;
    return { inbound, onAir, refused, submissions, reports, jobs, story: this.story.facts, weather };
  }
}
