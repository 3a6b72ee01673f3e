/** A stage whose lines have devices that answer by themselves: all that is left to say is who sends what, and when. */
import { ReferenceDevice, type DeviceTraits, type Fate } from '../sessions/reference-device.js';
import { Channel, randomFrom, type Weather } from '../sessions/weather.js';
import { Stage, type StageOptions, type WatchedJob } from './stage.js';

export interface Habits extends Partial<Omit<DeviceTraits, 'fateOf' | 'airMs'>> {
  /** How long an SMS takes. */
  readonly seconds?: number;
  readonly fateOf?: (number: string) => Fate;
}

/** A network in a house: some milliseconds, and nothing gets lost. */
const CALM: Weather = { loss: 0, duplication: 0, delay: 0.005 };

export const LINE_TIME = 3;

export class Site {
  readonly devices = new Map<string, ReferenceDevice>();
  readonly #random = randomFrom(1);
  readonly #jobs: WatchedJob[] = [];

  private constructor(readonly stage: Stage) {}

  /** @param habits of devices that have some, by id */
  static async open(options: StageOptions, habits: Readonly<Record<string, Habits>> = {}): Promise<Site> {
    const site = new Site(await Stage.create(options));
    for (const { id } of site.stage.lines) site.#connect(id, habits[id] ?? {});
    for (const { id } of site.stage.lines) await site.stage.keepalive(id);
    return site;
  }

  #connect(id: string, { seconds = LINE_TIME, ...habits }: Habits): void {
    const { stage } = this;
    const toServer = new Channel(
      stage.clock,
      CALM,
      this.#random,
      (text) => void stage.hears(text, stage.addressOf(id)),
    );
    const traits: DeviceTraits = {
      firmware: 'push',
      password: 'password1',
      fateOf: () => 'sent',
      onAirAt: 'start',
      sendsAfterRelease: true,
      ...habits,
      airMs: { least: seconds * 1000, spread: 0 },
    };
    const device = new ReferenceDevice(traits, stage.clock, this.#random, (text) => toServer.send(text));
    const toDevice = new Channel(stage.clock, CALM, this.#random, (text) => device.receive(text));
    stage.devices.set(id, (text) => toDevice.send(text));
    this.devices.set(id, device);
  }

  /** What a device has sent. */
  onAir(id: string): readonly string[] {
    return this.devices.get(id)?.onAir ?? [];
  }

  /** How many SMS each line has sent. */
  get shares(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.devices].map(([id, { onAir }]) => [id, onAir.length]));
  }

  async accept(request: Parameters<Stage['accept']>[0]): Promise<WatchedJob> {
    const job = await this.stage.accept(request);
    this.#jobs.push(job);
    return job;
  }

  /** Lets time pass until all jobs have ended. Returns the seconds until the last number had. */
  async end(most = 3600): Promise<number> {
    const began = this.stage.clock.now();
    while (this.#jobs.some(({ job, statuses }) => statuses.filter(isFinal).length < job.total)) {
      if (this.stage.clock.now() - began > most * 1000) throw new Error(`jobs have not ended after ${most} s`);
      await this.stage.pass({ seconds: 1 });
    }
    const ends = this.#jobs.flatMap(({ statuses }) => statuses.filter(isFinal).map(({ at }) => Date.parse(at)));
    return (Math.max(...ends) - began) / 1000;
  }
}

const FINAL = ['sent', 'failed', 'unknown', 'expired', 'cancelled'];
const isFinal = ({ state }: { readonly state: string }): boolean => FINAL.includes(state);

/** `+1001`, `+1002`, … */
export function numbers(count: number, first = 1001): string[] {
  return Array.from({ length: count }, (_, index) => `+${first + index}`);
}

/** `a01`, `a02`, … */
export function ids(count: number, prefix = 'a'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index + 1).padStart(2, '0')}`);
}
