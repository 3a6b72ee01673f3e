/** Opens the journal of a server on disk, whatever state it is in. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { addDamage, concernsNumbers, noteDamage, JOBS, SMS, type JournalDamage } from './damage.js';
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
import { inspect, readEntries, type Damage, type Inspection } from './level-files/inspect.js';
import { LevelStore } from './level-store.js';
import { Mark, MARK_FILE, readMark, type Progress } from './mark.js';
import { findForbidden, readIfReadable, SINCE_FILE } from './places.js';
import { asidePlace, findRescue, finishRescue, moveUnreadable, writeRescue } from './rescue.js';
import { DAMAGE, put, StoreCorruptError, type OpenStore } from './store.js';
import { decodeValue, encodeValue, ValueError } from './value.js';

/** What happened to the folder of a journal. */
export type FolderNews =
  /** It could not be used, and an empty journal takes its place. */
  | { readonly state: 'moved aside'; readonly error: Error; readonly place: string }
  /** It was deleted or replaced while it was in use. */
  | { readonly state: 'rewritten'; readonly error: Error }
  /** Another storage is used now, and the entries of this one could not be moved there. */
  | { readonly state: 'left behind'; readonly error: Error; readonly place: string };

/** Key of the entry that says who the journal is. */
const IDENTITY = '!journal';

/**
 * @param directory made if need be, but only the first time: a journal that is missing later is on a disk that is not there
 * @param report hears of what happened to the folder
 */
export function storeOnDisk(directory: string, report: (news: FolderNews) => void): OpenStore {
  let known: Identity | undefined;
  let last: DiskStore | undefined;
  let replaced: Error | undefined;
  return async (unreadable) => {
    if (known) await checkIdentity(directory, known);
    else await prepareFolder(directory, report);
    const opening = new Opening(directory, known, (error) => report({ state: 'rewritten', error }));
    const suspicion = unreadable === replaced ? undefined : unreadable;
    // A disk that fails is asked every second: it is not read as a whole each time.
    const store = await opening.open(suspicion, last === undefined || last.hasWritten);
    if (!known) await rm(path.join(directory, SINCE_FILE), { force: true });
    known = store.identity;
    last = store;
    replaced = unreadable;
    return store;
  };
}

/** Rejects if another journal than that of this run is in the folder, or none. */
async function checkIdentity(directory: string, { id }: Identity): Promise<void> {
  const identity = await readIdentity((await findRescue(directory)) ?? directory);
  if (identity?.id === id) return;
  const what = identity ? 'another journal' : 'no journal';
  throw new Error(`${what} is in ${directory} now: this server waits for its own one to come back`);
}

/** Makes the folder, and moves one aside that may not be used. */
async function prepareFolder(directory: string, report: (news: FolderNews) => void): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const forbidden = await findForbidden(directory);
  if (forbidden === undefined) return;
  const place = await asidePlace(directory, Date.now());
  const error = new Error(`the journal in ${directory} cannot be used: ${forbidden}`);
  try {
    await rename(directory, place);
  } catch (cause) {
    throw new Error(`${error.message}, and it cannot be moved aside: ${(cause as Error).message}`, { cause });
  }
  await mkdir(directory, { mode: 0o700 });
  report({ state: 'moved aside', error, place });
}

/** One opening of a journal, step by step. */
class Opening {
  #identity: Identity | undefined;
  #mark: Progress | undefined;
  /** Damage that was found by an earlier run, which did not get to settle it. */
  #earlier: JournalDamage | undefined;
  /** Damage that this opening has found. */
  #found: JournalDamage | undefined;

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
    const aside = await asidePlace(directory, Date.now());
    const unreadable = await moveUnreadable(directory, aside);
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

  async #openLevel(tableKeys: readonly string[]): Promise<DiskStore> {
    const level = await LevelStore.open(this.directory);
    try {
      return await this.#finish(level, tableKeys);
    } catch (error) {
      await level.close();
      throw error;
    }
  }

  async #repairCurrent(manifest: string): Promise<void> {
    await writeFile(path.join(this.directory, 'CURRENT'), `${manifest}\n`, { mode: 0o600 });
    this.#note({ problems: ['CURRENT: it did not name the list of tables, and does again'] });
  }

  #note(found: Partial<JournalDamage>): void {
    this.#found = noteDamage(this.#found, found);
  }

  get #damage(): JournalDamage | undefined {
    return addDamage(this.#earlier, this.#found);
  }

  /** Makes a sound journal of what can be read, and moves the damaged files aside. */
  async #rescue(damages: readonly Damage[]): Promise<void> {
    const { directory } = this;
    // Nobody else may have opened it since: what looks like damage could be the work of another process.
    await LevelStore.checkLock(directory);
    const problems = damages.map(({ file, problem }) => `${file}: ${problem}`);
    const entries = new Map<string, string>();
    let unreadable = 0;
    for (const [key, { value }] of await readEntries(directory, { leaveOut: true })) {
      const encoded = value?.toString();
      if (encoded === undefined) continue;
      if (isReadable(key, encoded)) entries.set(key, encoded);
      else unreadable += 1;
    }
    const identity = entries.get(IDENTITY);
    // Rejects a journal of a newer version, before anything is moved.
    if (identity !== undefined) identityFrom(decodeValue(IDENTITY, identity), directory);
    const earlier = entries.get(DAMAGE);
    if (earlier !== undefined) this.#earlier ??= decodeValue(DAMAGE, earlier) as JournalDamage;
    const keys = [...entries.keys()];
    const place = await asidePlace(directory, Date.now());
    this.#note({
      problems,
      place,
      sms: this.#missing(keys, SMS, this.#mark?.sms),
      jobs: this.#missing(keys, JOBS, this.#mark?.jobs),
      entries: unreadable,
      doubtful: concernsNumbers(damages) ? keys.filter((key) => key.startsWith(JOBS)) : [],
    });
    entries.set(DAMAGE, encodeValue(DAMAGE, this.#damage));
    await writeRescue(directory, entries, this.#identity);
    await finishRescue(directory, place);
  }

  #missing(keys: readonly string[], prefix: string, before: number | undefined): number | null {
    if (before === undefined) return null;
    const found = keys.filter((key) => key.startsWith(prefix)).length;
    return Math.max(0, before - found);
  }

  async #finish(level: LevelStore, tableKeys: readonly string[]): Promise<DiskStore> {
    const { directory } = this;
    const own = identityFrom(level.get(IDENTITY), directory);
    const identity = this.known ?? own ?? this.#identity ?? newIdentity();
    // A rescue of this opening has written its own.
    if (!this.#found?.place) this.#earlier = level.get(DAMAGE) as JournalDamage | undefined;
    const found = Number(level.get(SEQUENCE) ?? 0);
    await this.#checkProgress(level, found, own !== undefined);
    if ((await readIdentity(directory))?.id !== identity.id) {
      if (own && !this.#found?.place) this.#note({ problems: [`${IDENTITY_FILE}: it was missing or damaged`] });
    }
    // Those of before have no checksum.
    if ((await readIfReadable(path.join(directory, IDENTITY_FILE))) !== encodeIdentity(identity))
      await writeIdentity(directory, identity);
    const sequence = Math.max(found, this.#mark?.sequence ?? 0);
    const mark = await Mark.open(directory);
    try {
      // Before the journal says that it has a mark.
      await mark.write({ sms: 0, jobs: 0, ...this.#mark, sequence });
      await mark.flush();
      const damage = this.#damage;
      const changes = [
        ...(own?.id === identity.id ? [] : [put(IDENTITY, identity)]),
        ...(damage ? [put(DAMAGE, damage)] : []),
      ];
      if (changes.length > 0) await level.write(changes);
      const { rewritten } = this;
      return await DiskStore.from({ directory, identity, level, mark, sequence, tableKeys, damage, rewritten });
    } catch (error) {
      await mark.close();
      throw error;
    }
  }

  /** Compares the end of the journal with the mark. Only journals of version 1.0 have neither identity nor mark. */
  async #checkProgress(level: LevelStore, sequence: number, hasIdentity: boolean): Promise<void> {
    const writes = this.#mark ? Math.max(0, this.#mark.sequence - sequence) : hasIdentity ? null : 0;
    if (writes === 0) return;
    const [sms, jobs] = await Promise.all([level.keys(SMS), level.keys(JOBS)]);
    const problem =
      writes === null ? `${MARK_FILE}: it is missing or damaged, so the end cannot be checked` : 'its end is missing';
    this.#note({
      problems: [problem],
      writes,
      sms: this.#missing(sms, SMS, this.#mark?.sms),
      jobs: this.#missing(jobs, JOBS, this.#mark?.jobs),
      doubtful: jobs,
    });
  }
}

function suspected(error: Error | undefined): Damage[] {
  return error ? [{ file: 'an entry', problem: error.message, from: undefined, to: undefined }] : [];
}

function isReadable(key: string, encoded: string): boolean {
  try {
    decodeValue(key, encoded);
    return true;
  } catch (error) {
    if (error instanceof ValueError) return false;
    throw error;
  }
}
