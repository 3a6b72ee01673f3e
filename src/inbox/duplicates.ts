/**
 * Knows the duplicates of what devices send: an SMS or a report comes again if its ack was lost. SMS are remembered across
 * restarts if the journal is on disk, reports as long as the process runs.
 */
import { hash } from 'node:crypto';
import type { Journal } from '../journal/journal.js';
import { put, type Change } from '../journal/store.js';
import { DUPLICATE_WINDOW, REPORT_LIMIT } from '../parameters.js';
import { keyOf } from './keys.js';
import type { Seen } from './seen.js';
import { SeenInMemory } from './seen-in-memory.js';
import type { Sms } from './sms.js';

/** What all duplicates of a message have in common, and no other message has. */
export interface MessageKey {
  readonly kind: 'sms' | 'report';
  readonly device: string;
  readonly text: string;
}

/** Journal keys: `restart/` and the id of the device. */
const RESTART = 'restart/';

/** Messages of one kind. */
interface Shelf {
  readonly seen: Pick<Seen, 'timeOf' | 'changesFor' | 'saved' | 'prune'>;
  /** Messages that are being saved. */
  readonly saving: Map<string, Promise<void>>;
}

export class Duplicates {
  readonly #sms: Seen;
  /** For the server that replaces this one. */
  readonly reports: SeenInMemory;
  readonly #shelves: Readonly<Record<MessageKey['kind'], Shelf>>;
  /** When devices restarted, as far as this run knows. */
  readonly #restarts = new Map<string, number>();

  /**
   * @param sms remembers SMS
   * @param reports remembers reports: those of the server that this one replaces
   */
  constructor(
    private readonly journal: Journal,
    sms: Seen,
    private readonly retentionMs: number,
    reports = new SeenInMemory(REPORT_LIMIT),
  ) {
    this.#sms = sms;
    this.reports = reports;
    this.#shelves = { sms: { seen: sms, saving: new Map() }, report: { seen: reports, saving: new Map() } };
  }

  keyOfSms(sms: Sms): MessageKey {
    return { kind: 'sms', device: sms.device, text: this.#sms.keyOf(sms) };
  }

  /** @param payload what the report says, with its recvid */
  keyOfReport(device: string, verb: string, payload: object): MessageKey {
    // A digest: twenty thousand reports of 64 KB each would be a gigabyte.
    const text = hash('sha256', keyOf(device, verb, JSON.stringify(payload)), 'base64url');
    return { kind: 'report', device, text };
  }

  /**
   * Returns `saved` for a duplicate of a message that is saved, and of one that is being saved the promise of that. Undefined
   * for a message that is new.
   */
  find(key: MessageKey, now: number): 'saved' | Promise<void> | undefined {
    const { seen, saving } = this.#shelves[key.kind];
    const underWay = saving.get(key.text);
    if (underWay) return underWay;
    const seenAt = seen.timeOf(key.text);
    if (seenAt === undefined || !this.#isRecent(key, seenAt, now)) return undefined;
    // A device that repeats a report for longer than the window still repeats it.
    if (key.kind === 'report') this.reports.renew(key.text, now);
    return 'saved';
  }

  /** What has to be saved with a message, so that its duplicates are known. */
  changesFor({ kind, text }: MessageKey, now: number): readonly Change[] {
    return this.#shelves[kind].seen.changesFor(text, now);
  }

  /** A message is saved. */
  saved({ kind, text }: MessageKey, now: number): void {
    this.#shelves[kind].seen.saved(text, now);
  }

  /** A message is being saved. Resolves when it is; rejects, and knows nothing of the message, if that fails. */
  async saving({ kind, text }: MessageKey, now: number, saving: Promise<unknown>): Promise<void> {
    const shelf = this.#shelves[kind];
    const saved = saving.then(() => shelf.seen.saved(text, now));
    shelf.saving.set(text, saved);
    try {
      await saved;
    } finally {
      shelf.saving.delete(text);
    }
  }

  /** SMS that are being saved. */
  get smsBeingSaved(): number {
    return this.#shelves.sms.saving.size;
  }

  /** A device restarted and counts its recvids from the start: from now on, an equal SMS may be another one. */
  deviceRestarted(device: string, now: number): void {
    this.#restarts.set(device, now);
    this.journal.later([put(RESTART + device, now)]);
  }

  /** A device was heard of for the first time in this run: it may have restarted while nobody listened. */
  deviceUpSince(device: string, upSince: number): void {
    this.#restarts.set(device, upSince);
  }

  /** Forgets what is older than the retention, and the oldest if there is too much. */
  async prune(now: number): Promise<void> {
    const { sms, report } = this.#shelves;
    await report.seen.prune(now, DUPLICATE_WINDOW * 1000, (text) => report.saving.has(text));
    await sms.seen.prune(now, this.retentionMs, (text) => sms.saving.has(text));
  }

  #isRecent({ kind, device }: MessageKey, seenAt: number, now: number): boolean {
    const age = now - seenAt;
    // A recvid can come again for another report.
    if (kind === 'report') return age < DUPLICATE_WINDOW * 1000;
    // Known by a clock that was fast: nobody knows how long ago that was, and no SMS may be lost for it.
    if (age < 0) return false;
    if (age < DUPLICATE_WINDOW * 1000) return true;
    const restartedAt = Math.max(Number(this.journal.get(RESTART + device) ?? 0), this.#restarts.get(device) ?? 0);
    return age < this.retentionMs && restartedAt < seenAt;
  }
}
