/** Reports what is wrong with the journal to the listeners of the server. */
import {
  describeDamage,
  describeSetAside,
  reportedDamage,
  type DamagedJobs,
  type JournalDamage,
  type SetAsideRecord,
} from '../journal/damage.js';
import type { Journal } from '../journal/journal.js';
import type { StorageDamage, StorageEvent } from '../events/server-events.js';

export interface StorageReportPorts {
  readonly journal: Journal;
  /** The directory, or `memory`. */
  readonly place: string;
  /** True while the journal is read: what is found meanwhile is reported when all is read. */
  readonly isLoading: () => boolean;
  /** Returns what damage has done to the jobs. Called when all is read. */
  readonly damagedJobs: () => DamagedJobs;
  /** Resolves to whether all that follows from the damage is saved. */
  readonly damageSaved: () => Promise<boolean>;
  /** The journal can be written again. */
  readonly healed: () => void;
  readonly emit: (event: StorageEvent) => void;
}

export class StorageReports {
  #damage: StorageDamage | undefined;
  /** Records that were set aside and are not reported yet. */
  #setAside: SetAsideRecord[] = [];
  /** The listeners know that the jobs cannot be read. */
  #hasReportedFailure = false;

  constructor(private readonly ports: StorageReportPorts) {
    const { journal, emit } = ports;
    journal.on('failing', (error) => emit({ state: 'failing', error }));
    journal.on('healed', () => {
      ports.healed();
      emit({ state: 'healed' });
    });
    journal.on('damaged', (damage) => ports.isLoading() || this.#reportDamage(damage, { unknown: 0, results: 0 }));
    journal.on('setAside', (key, problem) => {
      this.#setAside.push({ key, problem });
      if (!ports.isLoading()) this.#reportSetAside();
    });
  }

  /** What the journal was found to have lost in this run; undefined if nothing. */
  get damage(): StorageDamage | undefined {
    return this.#damage;
  }

  /** The jobs cannot be read. */
  notLoaded(error: Error): void {
    if (!this.#hasReportedFailure) this.ports.emit({ state: 'failing', error });
    this.#hasReportedFailure = true;
  }

  /** All is read. */
  loaded(): void {
    const { journal, emit, damagedJobs, damageSaved } = this.ports;
    this.#reportSetAside();
    if (journal.damage) this.#reportDamage(journal.damage, damagedJobs());
    void damageSaved().then((isSaved) => isSaved && journal.settleDamage());
    if (this.#hasReportedFailure) emit({ state: 'healed' });
    this.#hasReportedFailure = false;
  }

  #reportSetAside(): void {
    const records = this.#setAside;
    this.#setAside = [];
    if (records.length === 0) return;
    const error = new Error(describeSetAside(this.ports.place, records));
    this.ports.emit({ state: 'set aside', error, records });
  }

  #reportDamage(found: JournalDamage, jobs: DamagedJobs): void {
    const damage = reportedDamage(found, jobs);
    this.#damage = { state: 'damaged', error: new Error(describeDamage(this.ports.place, damage)), ...damage };
    this.ports.emit(this.#damage);
  }
}
