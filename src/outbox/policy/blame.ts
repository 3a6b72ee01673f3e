/**
 * Whose fault a failed number is. What two lines refuse is the number's fault, and counts against neither; what one line refuses
 * and another one sends is the fault of the first.
 */
import type { EventKind } from '../../events/events.js';
import type { Line } from '../../lines/line.js';
import type { LineRegistry } from '../../lines/registry.js';
import { isUnknownNumber } from '../../gsm/causes.js';
import type { NumberResult } from '../../sessions/machine.js';
import type { Recipient } from '../numbers/recipient.js';

interface BlamePorts {
  readonly lines: LineRegistry;
  tell(kind: EventKind, line: Line): void;
  /** A line has failed, or works again. */
  changed(line: Line): void;
  /** A line cannot send for a while. */
  troubled(line: Line): void;
}

export class Blame {
  constructor(private readonly ports: BlamePorts) {}

  /** @param isTriedElsewhere another line is to try the number */
  judge(line: Line, recipient: Recipient, result: NumberResult, isTriedElsewhere: boolean, now: number): void {
    if (result.state !== 'sent') line.recordError(result, now);
    const before = this.#linesThatRefused(recipient, line);
    this.#judge(line, before, recipient, result, isTriedElsewhere, now);
    for (const one of [line, ...before]) this.ports.changed(one);
  }

  /** @param before other lines that refused the number */
  #judge(
    line: Line,
    before: readonly Line[],
    recipient: Recipient,
    result: NumberResult,
    isTriedElsewhere: boolean,
    now: number,
  ): void {
    switch (result.state) {
      case 'sent':
        if (line.succeeded(now)) this.ports.tell('line-recovered', line);
        for (const other of before) this.#convict(other, recipient, now);
        return;
      case 'unknown':
        for (const other of before) other.acquit(recipient);
        return;
      case 'failed':
        // The pause between two numbers begins whoever's fault it was.
        line.answered(now);
        for (const other of before) other.acquit(recipient);
        if (result.code !== 'GOIP_SEND_FAILED') this.#failed(line, now);
        else if (before.length > 0 || isUnknownNumber(result.errorstatus)) return;
        else if (isTriedElsewhere) line.suspect(recipient, now);
        else this.#failed(line, now);
    }
  }

  /** A session failed, and it was the line's fault. */
  sessionFailed(line: Line, now: number): void {
    if (line.sessionFailed(now)) this.#beginsToFail(line);
    this.ports.changed(line);
  }

  #failed(line: Line, now: number): void {
    if (line.failed(now)) this.#beginsToFail(line);
  }

  #convict(line: Line, recipient: Recipient, now: number): void {
    if (line.convict(recipient, now)) this.#beginsToFail(line);
  }

  #beginsToFail(line: Line): void {
    this.ports.tell('line-failing', line);
    this.ports.troubled(line);
  }

  #linesThatRefused({ tried }: Recipient, line: Line): Line[] {
    const ids = tried.filter(({ state, code }) => state === 'failed' && code === 'GOIP_SEND_FAILED');
    const lines = ids.map(({ device }) => (device === line.id ? undefined : this.ports.lines.get(device)));
    return lines.filter((other) => other !== undefined);
  }
}
