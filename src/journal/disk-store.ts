/** A journal on disk that is open: LevelDB, with a high-water mark that shows when the end of LevelDB's log is missing. */
import path from 'node:path';
import { access } from 'node:fs/promises';
import { damageFrom, type JournalDamage } from './damage.js';
import { IDENTITY_FILE, type Identity } from './identity.js';
import { LevelStore } from './level-store.js';
import type { LiveKeys } from './live-keys.js';
import { MARK_FILE, Mark, type Progress } from './mark.js';
import { anchorOf, deviceOf, PrivateFiles, type Anchor } from './places.js';
import { asidePlace, dropRescue, finishRescue, writeRescue } from './rescue.js';
import { StoreFiles, type FileProblem } from './store-files.js';
import { DAMAGE, put, StoreCorruptError, StoreDisplacedError, type Change, type Store } from './store.js';

/** Key of the entry that each batch writes: its number. */
export const SEQUENCE = '!sequence';

export interface DiskStoreParts {
  readonly directory: string;
  readonly identity: Identity;
  readonly level: LevelStore;
  readonly mark: Mark;
  readonly sequence: number;
  readonly keys: LiveKeys;
  /** A key of each table. */
  readonly tableKeys: readonly string[];
  readonly damage: JournalDamage | undefined;
  /** The folder was deleted or replaced; the files that were found in its place are in `aside`, if there were any. */
  rewritten(error: Error): void;
}

export class DiskStore implements Store {
  /** Batches were written since it was opened. */
  hasWritten = false;
  #level: LevelStore;
  #mark: Mark;
  #sequence: number;
  #damage: JournalDamage | undefined;
  #private: PrivateFiles;
  #files: StoreFiles;
  /** The files that must stay where they are. */
  #anchors: readonly [identity: Anchor, mark: Anchor] | undefined;

  private constructor(private readonly parts: DiskStoreParts) {
    this.#level = parts.level;
    this.#mark = parts.mark;
    this.#sequence = parts.sequence;
    this.#damage = parts.damage;
    this.#private = new PrivateFiles(parts.directory);
    this.#files = new StoreFiles(parts.directory);
  }

  static async from(parts: DiskStoreParts): Promise<DiskStore> {
    const store = new DiskStore(parts);
    await parts.level.openTables(parts.tableKeys);
    await store.#settle();
    return store;
  }

  get damage(): JournalDamage | undefined {
    return this.#damage;
  }

  get identity(): Identity {
    return this.parts.identity;
  }

  async write(changes: readonly Change[]): Promise<void> {
    const sequence = this.#sequence + 1;
    await this.#level.write(changes, [put(SEQUENCE, sequence)]);
    this.#sequence = sequence;
    this.hasWritten = true;
    for (const change of changes) this.#note(change);
    // Before anybody is told that the batch is safe: a batch that is missing later must be missed.
    await this.#mark.write(this.#progress());
  }

  get(key: string): unknown {
    return this.#level.get(key);
  }

  entries(prefix: string): AsyncIterable<readonly [string, unknown]> {
    return this.#level.entries(prefix);
  }

  async check(): Promise<boolean> {
    const problem = await this.#findProblem();
    const { directory } = this.parts;
    if (problem === undefined) {
      await this.#private.protect();
      return false;
    }
    const { what, isReadable } = problem;
    if (!isReadable)
      throw new StoreCorruptError(`the journal in ${directory} was damaged while it was in use: ${what}`);
    await this.#rewrite();
    this.parts.rewritten(
      new Error(
        `the journal in ${directory} was deleted or replaced while it was in use` +
          `${what === '' ? '' : ` (${what})`}: all of it is written again`,
      ),
    );
    return true;
  }

  /** Rejects if the disk of the files is not mounted. */
  async #findProblem(): Promise<FileProblem | undefined> {
    if ((await this.#whereabouts()) === 'deleted') return ALL_GONE;
    const problem = await this.#files.problem().catch((error: unknown) => error as Error);
    if (problem === undefined) return undefined;
    // The disk may have been unmounted while its files were looked at.
    if ((await this.#whereabouts()) === 'deleted') return ALL_GONE;
    if (problem instanceof Error) throw problem;
    return problem;
  }

  async close(): Promise<void> {
    try {
      await this.#mark.flush();
    } finally {
      await this.#mark.close();
      await this.#level.close();
    }
  }

  #progress(): Progress {
    return { sequence: this.#sequence, keys: this.parts.keys.summaries };
  }

  #note(change: Change): void {
    this.parts.keys.note(change);
    if (change.key === DAMAGE) this.#damage = change.type === 'put' ? damageFrom(change.value) : undefined;
  }

  /** Brings everything beside LevelDB's files up to date with them. */
  async #settle(): Promise<void> {
    const { directory } = this.parts;
    await this.#mark.write(this.#progress());
    await this.#mark.flush();
    await this.#private.protect();
    const [identity, mark] = await Promise.all(
      [IDENTITY_FILE, MARK_FILE].map((name) => anchorOf(path.join(directory, name))),
    );
    this.#anchors = identity && mark && [identity, mark];
    // Notes how the files are now.
    await this.#files.problem();
  }

  /** Rejects if the files are on a disk that is not mounted. */
  async #whereabouts(): Promise<'in place' | 'deleted'> {
    const { directory } = this.parts;
    const found = await Promise.all([IDENTITY_FILE, MARK_FILE].map((name) => anchorOf(path.join(directory, name))));
    const isSame = this.#anchors?.every(
      ({ device, inode }, index) => found[index]?.device === device && found[index].inode === inode,
    );
    if (isSame && (await exists(path.join(directory, 'CURRENT')))) return 'in place';
    await this.#checkDisk();
    return 'deleted';
  }

  /** Rejects if another disk than that of the files is at the folder: no second journal may be written there. */
  async #checkDisk(): Promise<void> {
    const { directory } = this.parts;
    if ((await deviceOf(directory)) === this.#anchors?.[0].device) return;
    throw new Error(`the journal in ${directory} is on a disk that is not mounted there any more`);
  }

  /** Copies everything into a new journal. LevelDB can still read its files, which it has open. */
  async #rewrite(): Promise<void> {
    const { directory, identity } = this.parts;
    try {
      await writeRescue(directory, this.#level.encodedEntries(), { identity, progress: this.#progress() });
      await this.#checkDisk();
    } catch (cause) {
      await dropRescue(directory);
      await this.#checkDisk();
      const { message } = cause as Error;
      const what = `the journal in ${directory} was deleted or replaced, and cannot be written again: ${message}`;
      throw new StoreDisplacedError(what, { cause });
    }
    // LevelDB deletes by name what it does not need any more: not before it is closed may new files have these names.
    await this.#level.close();
    await this.#mark.close();
    await finishRescue(directory, await asidePlace(directory, Date.now()));
    this.#level = await LevelStore.open(directory);
    this.#mark = await Mark.open(directory);
    this.#private = new PrivateFiles(directory);
    this.#files = new StoreFiles(directory);
    await this.#settle();
  }
}

const ALL_GONE: FileProblem = { what: '', isReadable: true };

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
