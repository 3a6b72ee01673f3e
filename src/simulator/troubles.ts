/** What goes wrong with a line by itself, counted in the SMS that it has sent. A restart changes nothing of it. */
import type { LineSettings } from './options.js';

export interface TroublesParts {
  readonly settings: () => LineSettings;
  readonly block: () => void;
  readonly logout: () => void;
  readonly powerOff: () => void;
}

const COUNTED = ['blockAfter', 'failAfter', 'logoutAfter', 'offlineAfter'] as const;

export class Troubles {
  readonly #parts: TroublesParts;
  /** SMS that went out since the habit was set, or has come over the line last. */
  readonly #sent = { blockAfter: 0, failAfter: 0, logoutAfter: 0, offlineAfter: 0 };
  /** SMS that the network refused because of `failAfter`. */
  #refused = 0;

  constructor(parts: TroublesParts) {
    this.#parts = parts;
  }

  /** A habit that is set anew counts anew. */
  onChange(changes: Partial<LineSettings>): void {
    for (const habit of COUNTED) if (habit in changes) this.#sent[habit] = 0;
    if ('failAfter' in changes) this.#refused = 0;
  }

  /** The `errorstatus` with which the network refuses an SMS; null if it takes it. To be asked once for each. */
  refusal(to: string): number | null {
    const { blocked, blockedErrorstatus, failErrorstatus } = this.#parts.settings();
    if (blocked) return blockedErrorstatus;
    const refusal = this.#refusalOf(to);
    if (refusal !== null || !this.#isFailing()) return refusal;
    this.#refused += 1;
    return failErrorstatus;
  }

  /** An SMS has gone out. */
  onAir(): void {
    const { block, logout, powerOff } = this.#parts;
    for (const habit of COUNTED) this.#sent[habit] += 1;
    if (this.#isDue('blockAfter')) block();
    if (this.#isDue('logoutAfter')) logout();
    if (this.#isDue('offlineAfter')) powerOff();
  }

  #refusalOf(to: string): number | null {
    const { failNumbers } = this.#parts.settings();
    if (typeof failNumbers === 'function') return failNumbers(to) ?? null;
    return Object.hasOwn(failNumbers, to) ? (failNumbers[to] ?? null) : null;
  }

  #isFailing(): boolean {
    const { failAfter, recoverAfter } = this.#parts.settings();
    if (failAfter === null || this.#sent.failAfter < failAfter) return false;
    return recoverAfter === null || this.#refused < recoverAfter;
  }

  #isDue(habit: 'blockAfter' | 'logoutAfter' | 'offlineAfter'): boolean {
    const limit = this.#parts.settings()[habit];
    if (limit === null || this.#sent[habit] < limit) return false;
    this.#sent[habit] = 0;
    return true;
  }
}
