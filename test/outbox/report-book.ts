/** Delivery reports of devices, told until they are acked, and a book of who was told of them. */
import assert from 'node:assert/strict';
import type { Random } from '../sessions/weather.js';
import type { Stage } from './stage.js';

/** Seconds: the network takes up to this long, and the device tells it so often, at such intervals. */
const LATEST = 30;
const INTERVAL = 3;
const TIMES = 4;

export class Reports {
  /** Numbers that were told to be sent. */
  readonly sent = new Set<string>();
  /** Numbers whose report was told. */
  readonly told = new Set<string>();
  /** Numbers whose report was acked when it was known already that they were sent, by line and number of the SMS. */
  readonly #acked = new Map<string, string>();
  readonly #begun = new Set<string>();
  /** Numbers whose report may come too late for the server. */
  readonly #excused = new Set<string>();
  /** Reports that are being saved: a server takes a copy for what it is. */
  #underway = new Map<string, Promise<void>>();

  constructor(
    private readonly stage: Stage,
    private readonly random: Random,
  ) {}

  /** A new life: takes the reports of jobs that have ended. */
  listen(): void {
    const { outbox } = this.stage;
    this.#underway = new Map();
    outbox.takeReports('node 1', ({ to, state }) => {
      assert.equal(state, 'delivered');
      if (this.stage.isAlive && this.stage.outbox === outbox) this.told.add(to);
    });
  }

  /** An OK leaves a device: its SMS will be reported, perhaps before the OK arrives. */
  deviceSays(id: string, text: string, onAir: readonly string[]): void {
    const [verb, , , smsNo = ''] = text.trimEnd().split(' ');
    const key = `${id};${smsNo}`;
    if (verb !== 'OK' || this.#begun.has(key)) return;
    this.#begun.add(key);
    const number = onAir[Number(smsNo) - 1] ?? '';
    this.stage.clock.after(this.random() * LATEST * 1000, () => this.#tell(key, id, Number(smsNo), number, TIMES));
  }

  #tell(key: string, id: string, smsNo: number, number: string, times: number): void {
    const { stage } = this;
    if (times === 0) return;
    let isAcked = false;
    const cancel = stage.clock.after(INTERVAL * 1000, () => {
      if (!isAcked) this.#tell(key, id, smsNo, number, times - 1);
    });
    if (!stage.isAlive) return;
    const { outbox } = stage;
    const wasSent = this.sent.has(number);
    const saving = this.#underway.get(key) ?? outbox.delivered(stage.line(id), smsNo, 0, number);
    this.#underway.set(key, saving);
    saving.then(
      () => {
        if (!stage.isAlive || stage.outbox !== outbox) return;
        isAcked = true;
        cancel();
        if (wasSent) this.#acked.set(key, number);
      },
      () => this.#underway.delete(key),
    );
  }

  /** The server takes the SMS of these numbers for older than they are. */
  excuse(numbers: Iterable<string>): void {
    for (const number of numbers) this.#excused.add(number);
  }

  /** Nothing that was acked is lost. */
  check(): void {
    for (const [key, number] of this.#acked)
      if (!this.#excused.has(number)) assert.ok(this.told.has(number), `the report of ${number} (${key}) is lost`);
  }
}
