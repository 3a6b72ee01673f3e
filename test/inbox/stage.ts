/** An inbox on a disk, and its lives between two crashes. */
import { Duplicates } from '../../src/inbox/duplicates.js';
import { Inbox, type SmsTaker } from '../../src/inbox/inbox.js';
import type { Sms } from '../../src/inbox/sms.js';
import { SeenInJournal } from '../../src/inbox/seen-in-journal.js';
import { Journal } from '../../src/journal/journal.js';
import { JOURNAL_LAZY, RETENTION_DAYS } from '../../src/parameters.js';
import { Disk, settle } from '../journal/disk.js';
import { Later } from '../journal/later.js';

export const DAY = 86_400_000;
export const RETENTION = RETENTION_DAYS * DAY;

/** When lives begin: long after 1970, or what never happened would be as long ago as they are. */
const BEGIN = Date.UTC(2026, 10, 22, 10);

/** A time of a life, by milliseconds from its begin. */
export const later = (ms: number): number => BEGIN + ms;

export function sms(changes: Partial<Sms> = {}): Sms {
  return {
    event: 'sms',
    device: 'a',
    name: 'a',
    from: '+86138',
    text: 'hello',
    recvid: '1',
    receivedAt: '2026-11-22T10:00:00.000Z',
    remote: { address: '192.0.2.7', port: 9991 },
    ...changes,
  };
}

export class Life {
  private constructor(
    readonly disk: Disk,
    readonly journal: Journal,
    readonly clock: Later,
    readonly duplicates: Duplicates,
    readonly inbox: Inbox,
    private readonly joinSeconds: number,
    private readonly settleSeconds: number,
  ) {}

  /**
   * @param joinSeconds how long parts of long SMS wait to be joined; 0: not at all
   * @param settleSeconds how long a delivery can be taken back; 0: not at all
   */
  static async begin(disk = new Disk(), joinSeconds = 0, clock = new Later(BEGIN), settleSeconds = 0): Promise<Life> {
    const journal = new Journal(disk.open, clock);
    await journal.open();
    const joining = { clock, waitMs: joinSeconds * 1000, settleMs: settleSeconds * 1000 };
    const duplicates = new Duplicates(journal, new SeenInJournal(journal), RETENTION);
    const inbox = new Inbox(journal, duplicates, joining);
    return new Life(disk, journal, clock, duplicates, inbox, joinSeconds, settleSeconds);
  }

  /** As after a restart on the same disk, `down` seconds later: what was not flushed is gone. */
  async afterCrash(down = 0, joinSeconds = this.joinSeconds): Promise<Life> {
    await this.disk.cut();
    return this.#next(down, joinSeconds);
  }

  async afterStop(down = 0, joinSeconds = this.joinSeconds): Promise<Life> {
    this.inbox.close(true);
    await this.journal.close();
    return this.#next(down, joinSeconds);
  }

  async #next(down: number, joinSeconds: number): Promise<Life> {
    const life = await Life.begin(
      this.disk,
      joinSeconds,
      new Later(this.clock.now() + down * 1000),
      this.settleSeconds,
    );
    await life.inbox.load();
    return life;
  }

  /** Accepts, acks and delivers, as the server does. `refused` is not acked. */
  async receive(message: Sms, now = this.clock.now()): Promise<'accepted' | 'duplicate' | 'refused'> {
    try {
      const { verdict, deliver } = await this.inbox.accept(message, now);
      deliver();
      return verdict;
    } catch (error) {
      if ((error as { code?: string }).code === 'GOIP_STORAGE') return 'refused';
      throw error;
    }
  }

  /** Lets changes without hurry get to the disk. */
  async idle(): Promise<void> {
    await settle();
    this.clock.pass(JOURNAL_LAZY);
    await settle();
  }
}

/** Writes down what it takes. */
export function takerOf(...devices: string[]): SmsTaker & { readonly texts: string[]; readonly all: Sms[] } {
  const texts: string[] = [];
  const all: Sms[] = [];
  const take = (message: Sms): void => {
    texts.push(message.text);
    all.push(message);
  };
  return devices.length === 0 ? { texts, all, take } : { texts, all, take, devices: new Set(devices) };
}
