/** A server in a process of its own. */
import type { ChildProcess } from 'node:child_process';
import type { Address } from '../../src/index.js';
import { endChild, messageOf, startChild } from './child.js';
import type { ServerReport } from './reporting.js';

/** What can be measured of a server. */
export interface Server {
  readonly address: Address;
  report(): Promise<ServerReport>;
  stop(): Promise<void>;
}

export class ServerProcess implements Server {
  private constructor(
    private readonly child: ChildProcess,
    readonly address: Address,
  ) {}

  /** Starts a script of this directory, which says where it listens, and reports when it is told to. */
  static async start(script: string, ...args: readonly string[]): Promise<ServerProcess> {
    const child = startChild(script, ...args);
    return new ServerProcess(child, await messageOf<Address>(child));
  }

  /** The core, see `core-child.ts`. */
  static core(
    storage: string,
    lines: number,
    ...changes: readonly ('event' | 'no-short-cut')[]
  ): Promise<ServerProcess> {
    return ServerProcess.start('core-child.ts', storage, String(lines), ...changes);
  }

  async report(): Promise<ServerReport> {
    const report = messageOf<ServerReport>(this.child);
    this.child.send('report');
    return report;
  }

  /** The same when all garbage is gone. */
  async settledReport(): Promise<ServerReport> {
    const report = messageOf<ServerReport>(this.child);
    this.child.send('settled report');
    return report;
  }

  /** Tells it something else; nothing is answered. */
  tell(message: object): void {
    this.child.send(message);
  }

  stop(): Promise<void> {
    return endChild(this.child);
  }
}
