/** Opens a journal on disk in whatever state it is: what can be read is rescued, and what is lost is counted. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  addDamage,
  concernsNumbers,
  damageFrom,
  lossesOf,
  noteDamage,
  type JournalDamage,
  type Remains,
} from './damage.js';
import { DiskStore, SEQUENCE } from './disk-store.js';
import {
  encodeIdentity,
  IDENTITY_FILE,
  identityFrom,
  newIdentity,
  readIdentity,
  writeIdentity,
  type Identity,
} from './identity.js';
import { JOBS } from './keys.js';
import { inspect, readEntries, type Damage, type Inspection } from './level-files/inspect.js';
import { LevelStore } from './level-store.js';
import { COUNTED, LiveKeys, PREFIX_OF } from './live-keys.js';
import { Mark, MARK_FILE, readMark, type Progress } from './mark.js';
import { readIfReadable } from './places.js';
import { asidePlace, findRescue, finishRescue, moveUnreadable, writeRescue } from './rescue.js';
import { DAMAGE, put, StoreCorruptError } from './store.js';
import { decodeValue, encodeValue, ValueError } from './value.js';

/** Key of the entry with the identity of the journal. */
const IDENTITY = '!journal';

/** One opening, step by step. A kill between two steps loses no report, and counts nothing twice. */
export class Opening {
  #identity: Identity | undefined;
  #mark: Progress | undefined;
  #kept: Kept | undefined;
  /** Damage that this opening has found. */
  #found: JournalDamage | undefined;
  #isRescued = false;

  constructor(
    private readonly directory: string,
    private readonly known: Identity | undefined,
    private readonly rewritten: (error: Error) => void,
  ) {}

  /**
   * @param suspicion what was found unreadable in the open store
   * @param isInspected the files are read before LevelDB opens them
   */
  async open(suspicion: Error | undefined, isInspected: boolean): Promise<DiskStore> {
    const { directory } = this;
    await LevelStore.checkLock(directory);
    if (await findRescue(directory)) await finishRescue(directory, await asidePlace(directory, Date.now()));
    const unreadable = await moveUnreadable(directory, Date.now());
    this.#identity = this.known ?? (await readIdentity(directory));
    this.#mark = await readMark(directory);
    const inspection = isInspected || suspicion ? await inspect(directory) : undefined;
    const damages = [...(inspection?.damages ?? []), ...this.#missingStore(inspection), ...suspected(suspicion)];
    if (unreadable.length > 0) this.#note({ problems: unreadable });
    if (damages.length > 0) await this.#rescue(damages);
    else if (inspection?.current !== undefined) await this.#repairCurrent(inspection.current);
    try {
      return await this.#openLevel(inspection?.tableKeys ?? []);
    } catch (error) {
      if (!(error instanceof StoreCorruptError)) throw error;
      await this.#rescue(suspected(error));
      return this.#openLevel([]);
    }
  }

  /** Files beside LevelDB's say that there was a journal, but there is none. */
  #missingStore(inspection: Inspection | undefined): Damage[] {
    const wasWritten = this.#identity !== undefined || (this.#mark?.sequence ?? 0) > 0;
    if (!inspection || inspection.exists || !wasWritten) return [];
    return [{ file: 'all files', problem: 'they are missing', from: undefined, to: undefined }];
  }

  async #repairCurrent(manifest: string): Promise<void> {
    await writeFile(path.join(this.directory, 'CURRENT'), `${manifest}\n`, { mode: 0o600 });
    this.#note({ problems: ['CURRENT: it did not name the list of tables, and does again'] });
  }

  #note(found: Partial<JournalDamage>): void {
    this.#found = noteDamage(this.#found, found);
  }

  get #damage(): JournalDamage | undefined {
    return addDamage(this.#kept?.damage, this.#found);
  }

  /** Makes a sound journal of what can be read, and moves the damaged files aside. */
  async #rescue(damages: readonly Damage[]): Promise<void> {
    const { directory } = this;
    // No other process may have opened it since: what looks like damage could be its work.
    await LevelStore.checkLock(directory);
    const { entries, values, deleted, unreadable } = await readFiles(directory);
    // Rejects a journal of a newer version, before anything is moved.
    const identity = identityFrom(values.get(IDENTITY), directory);
    const kept = (this.#kept ??= keptIn((key) => values.get(key)));
    const keys = [...entries.keys()];
    const remains = { keys, deleted, jobIds: jobIdsOf(values) };
    const writes = this.#missingWrites(identity !== undefined || this.#identity !== undefined);
    const isInDoubt = writes !== 0 || concernsNumbers(damages);
    const place = await asidePlace(directory, Date.now());
    this.#note({
      problems: [...damages.map(({ file, problem }) => `${file}: ${problem}`), ...problemsOf(writes)],
      place,
      writes,
      ...lossesOf(remains, this.#mark, kept.sequence),
      entries: unreadable,
      doubtful: isInDoubt ? keys.filter((key) => key.startsWith(JOBS)) : [],
    });
    const sequence = this.#lastSequence;
    entries.set(SEQUENCE, encodeValue(SEQUENCE, sequence));
    entries.set(DAMAGE, encodeValue(DAMAGE, this.#damage));
    // The mark goes with them: what it misses in the rescued journal would count as lost a second time.
    const progress = { sequence, keys: new LiveKeys(keys).summaries };
    await writeRescue(directory, entries, { identity: this.#identity, progress });
    await finishRescue(directory, place);
    this.#isRescued = true;
  }

  /** Batches at the end that are missing; null if the number cannot be known. */
  #missingWrites(hasIdentity: boolean): number | null {
    if (this.#mark) return Math.max(0, this.#mark.sequence - (this.#kept?.sequence ?? 0));
    // Only journals of version 1.0 have neither identity nor mark.
    return hasIdentity ? null : 0;
  }

  get #lastSequence(): number {
    return Math.max(this.#kept?.sequence ?? 0, this.#mark?.sequence ?? 0);
  }

  async #openLevel(tableKeys: readonly string[]): Promise<DiskStore> {
    const level = await LevelStore.open(this.directory);
    try {
      return await this.#finish(level, tableKeys);
    } catch (error) {
      await level.close();
      throw error;
    }
  }

  async #finish(level: LevelStore, tableKeys: readonly string[]): Promise<DiskStore> {
    const { directory } = this;
    const own = identityFrom(level.get(IDENTITY), directory);
    const identity = this.known ?? own ?? this.#identity ?? newIdentity();
    const allKeys = await Promise.all(COUNTED.map((kind) => level.keys(PREFIX_OF[kind])));
    if (!this.#isRescued) await this.#compareWithMark(level, allKeys.flat(), own !== undefined);
    if (own && !this.#isRescued && (await readIdentity(directory))?.id !== identity.id)
      this.#note({ problems: [`${IDENTITY_FILE}: it was missing or damaged`] });
    // Those of earlier versions have no checksum.
    if ((await readIfReadable(path.join(directory, IDENTITY_FILE))) !== encodeIdentity(identity))
      await writeIdentity(directory, identity);
    const [sequence, damage, keys] = [this.#lastSequence, this.#damage, new LiveKeys(allKeys.flat())];
    // Before the mark: from then on, what is lost does not show there any more.
    if (this.#found) await level.write([put(DAMAGE, damage)], [put(SEQUENCE, sequence)]);
    const mark = await Mark.open(directory);
    try {
      await mark.write({ sequence, keys: keys.summaries });
      await mark.flush();
      // After the mark: a journal with an identity must have one.
      if (own?.id !== identity.id) await level.write([put(IDENTITY, identity)]);
      const { rewritten } = this;
      return await DiskStore.from({ directory, identity, level, mark, sequence, keys, tableKeys, damage, rewritten });
    } catch (error) {
      await mark.close();
      throw error;
    }
  }

  /** Compares what LevelDB gives with the mark. */
  async #compareWithMark(level: LevelStore, keys: readonly string[], hasIdentity: boolean): Promise<void> {
    const kept = (this.#kept ??= keptIn((key) => level.get(key)));
    const writes = this.#missingWrites(hasIdentity);
    if (writes === 0) return;
    const values = new Map<string, unknown>();
    for await (const [key, value] of level.entries(JOBS)) values.set(key, value);
    const remains: Remains = { keys, deleted: [], jobIds: jobIdsOf(values) };
    this.#note({
      problems: problemsOf(writes),
      writes,
      ...lossesOf(remains, this.#mark, kept.sequence),
      doubtful: [...values.keys()],
    });
  }
}

/** What the journal keeps of itself, as it was found first: what the opening writes there is not among it. */
interface Kept {
  /** Damage that an earlier run has found and did not get to settle. */
  readonly damage: JournalDamage | undefined;
  /** Number of the last batch. */
  readonly sequence: number;
}

function keptIn(get: (key: string) => unknown): Kept {
  return { damage: damageFrom(get(DAMAGE)), sequence: Number(get(SEQUENCE) ?? 0) };
}

interface ReadableFiles {
  /** By key, as they are on the disk, and decoded. */
  readonly entries: Map<string, string>;
  readonly values: ReadonlyMap<string, unknown>;
  readonly deleted: readonly string[];
  /** Entries that are there, and whose value is damaged. */
  readonly unreadable: number;
}

async function readFiles(directory: string): Promise<ReadableFiles> {
  const entries = new Map<string, string>();
  const values = new Map<string, unknown>();
  const deleted: string[] = [];
  let unreadable = 0;
  for (const [key, { value }] of await readEntries(directory, { leaveOut: true })) {
    if (value === undefined) {
      deleted.push(key);
      continue;
    }
    const encoded = value.toString();
    try {
      values.set(key, decodeValue(key, encoded));
      entries.set(key, encoded);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      unreadable += 1;
    }
  }
  return { entries, values, deleted, unreadable };
}

function jobIdsOf(values: ReadonlyMap<string, unknown>): string[] {
  return [...values].flatMap(([key, value]) => {
    const { id } = (value ?? {}) as { readonly id?: unknown };
    return key.startsWith(JOBS) && typeof id === 'string' ? [id] : [];
  });
}

function problemsOf(missingWrites: number | null): string[] {
  if (missingWrites === 0) return [];
  if (missingWrites !== null) return ['its end is missing'];
  return [`${MARK_FILE}: it is missing or damaged, so the end cannot be checked`];
}

function suspected(error: Error | undefined): Damage[] {
  return error ? [{ file: 'an entry', problem: error.message, from: undefined, to: undefined }] : [];
}
