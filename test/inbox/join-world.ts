/** Devices that hand on SMS part by part, a server that dies now and then, and a reader who keeps the books. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { Sms } from '../../src/inbox/sms.js';
import { Disk } from '../journal/disk.js';
import { Life, sms } from './stage.js';

/** Who sends, through which line, and the texts that come out of it one by one. */
export interface Sender {
  readonly device: string;
  readonly from: string;
  readonly texts: readonly string[];
}

export type Step =
  /** The next text of a sender, or a copy of the last one. */
  | { readonly kind: 'part' | 'copy'; readonly sender: number }
  | { readonly kind: 'time'; readonly seconds: number }
  /** Somebody takes SMS, or nobody. */
  | { readonly kind: 'taker'; readonly present: boolean }
  /** `turns` turns of the event loop after a text began to be saved; what is being written gets to the disk with luck. */
  | {
      readonly kind: 'crash';
      readonly sender: number;
      readonly turns: number;
      readonly luck: boolean;
      readonly down: number;
    }
  | { readonly kind: 'stop'; readonly down: number };

/** @param joinSeconds of each life in turn; the last one goes on for all that follow */
export async function runJoining(
  senders: readonly Sender[],
  steps: readonly Step[],
  joinSeconds: readonly [number, ...number[]],
): Promise<Sms[]> {
  const world = new World(senders, joinSeconds, await Life.begin(new Disk(), joinSeconds[0]));
  world.setTaker(true);
  for (const step of steps) await world.take(step);
  await world.finish();
  world.audit();
  return world.taken;
}

class World {
  readonly taken: Sms[] = [];
  /** The recvids of the texts that were accepted, by sender. */
  readonly #sent: string[][];
  /** What had been delivered when the server died, and not been marked: each may come once more. */
  readonly #mayRepeat: string[] = [];
  #lives = 1;
  /** Messages that earlier lives delivered. */
  #takenBefore = 0;
  #leave: (() => void) | undefined;

  constructor(
    private readonly senders: readonly Sender[],
    private readonly joinSeconds: readonly [number, ...number[]],
    private life: Life,
  ) {
    this.#sent = senders.map(() => []);
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'part':
        return this.#part(step.sender);
      case 'copy':
        return this.#copy(step.sender);
      case 'time':
        this.life.clock.pass(step.seconds);
        return;
      case 'taker':
        this.setTaker(step.present);
        return;
      case 'stop':
        assert.deepEqual(await this.#restart(() => this.life.afterStop(step.down, this.#joinSecondsNow)), []);
        return;
      case 'crash':
        return this.#crash(step);
    }
  }

  /** All that is left is sent and taken. */
  async finish(): Promise<void> {
    for (const [index, { texts }] of this.senders.entries()) {
      while ((this.#sent[index] ?? []).length < texts.length) await this.#part(index);
    }
    this.setTaker(true);
    this.life.clock.pass(Math.max(...this.joinSeconds));
    await this.life.idle();
    assert.deepEqual([this.life.inbox.held, await this.life.disk.keys('in/')], [0, []]);
  }

  /** Every text once, in its order, and nothing else. */
  audit(): void {
    const seen = this.senders.map((): string[] => []);
    for (const message of this.taken) {
      const index = this.#senderOf(message);
      const recvids = message.parts ?? [message.recvid];
      const texts = recvids.map((recvid) => this.senders[index]?.texts[this.#sent[index]?.indexOf(recvid) ?? -1]);
      assert.equal(message.text, texts.join(''));
      assert.equal(message.recvid, recvids[0]);
      assert.notEqual(message.parts?.length, 1);
      for (const recvid of recvids) {
        if (!seen[index]?.includes(recvid)) seen[index]?.push(recvid);
        else assert.ok(message.redelivered && this.#takeRepeat(`${index}/${recvid}`), `${recvid} came twice`);
      }
    }
    assert.deepEqual(seen, this.#sent);
    assert.ok(this.#sent.every((sent, index) => sent.length === this.senders[index]?.texts.length));
  }

  setTaker(present: boolean): void {
    this.#leave?.();
    const { life } = this;
    // What a server does after its death nobody sees.
    const take = (message: Sms): void => {
      if (this.life === life) this.taken.push(message);
    };
    this.#leave = present ? life.inbox.addTaker({ take }) : undefined;
  }

  get #joinSecondsNow(): number {
    return this.joinSeconds[Math.min(this.#lives, this.joinSeconds.length - 1)] ?? this.joinSeconds[0];
  }

  async #part(index: number): Promise<void> {
    const next = this.#sms(index, this.#sent[index]?.length ?? 0);
    // Known already where it was saved and the ack did not get out.
    if (next && (await this.life.receive(next)) !== 'refused') this.#sent[index]?.push(next.recvid);
  }

  async #copy(index: number): Promise<void> {
    const last = this.#sms(index, (this.#sent[index]?.length ?? 0) - 1);
    if (last) assert.equal(await this.life.receive(last), 'duplicate');
  }

  async #crash({ sender, turns, luck, down }: Extract<Step, { kind: 'crash' }>): Promise<void> {
    const part = this.#part(sender);
    for (let count = 0; count < turns; count += 1) await turn();
    this.life.disk.luck = () => luck;
    await this.#restart(async () => {
      const next = await this.life.afterCrash(down, this.#joinSecondsNow);
      await part;
      return next;
    });
  }

  /** Returns what the life that ended had delivered and not marked. */
  async #restart(begin: () => Promise<Life>): Promise<string[]> {
    const isTaken = this.#leave !== undefined;
    this.life = await begin();
    const delivered = this.taken.slice(this.#takenBefore);
    this.#takenBefore = this.taken.length;
    this.#lives += 1;
    this.#leave = undefined;
    const repeatable: string[] = [];
    const taken = new Set(
      delivered.flatMap((message) =>
        (message.parts ?? [message.recvid]).map((recvid) => `${this.#senderOf(message)}/${recvid}`),
      ),
    );
    for await (const [, value] of this.life.disk.durable.entries('in/')) {
      const kept = value as Sms;
      const name = `${this.#senderOf(kept)}/${kept.recvid}`;
      if (taken.has(name)) repeatable.push(name);
    }
    this.#mayRepeat.push(...repeatable);
    this.setTaker(isTaken);
    return repeatable;
  }

  #senderOf(message: Sms): number {
    return this.senders.findIndex(({ device, from }) => message.device === device && message.from === from);
  }

  #takeRepeat(name: string): boolean {
    const place = this.#mayRepeat.indexOf(name);
    if (place >= 0) this.#mayRepeat.splice(place, 1);
    return place >= 0;
  }

  #sms(index: number, number: number): Sms | undefined {
    const sender = this.senders[index];
    const text = sender?.texts[number];
    if (!sender || text === undefined) return undefined;
    const { device, from } = sender;
    // They tell nothing about the order: they fall with one sender and rise with another.
    const recvid = String(index % 2 === 0 ? -number : number);
    return sms({ device, from, text, recvid, receivedAt: new Date(this.life.clock.now()).toISOString() });
  }
}
