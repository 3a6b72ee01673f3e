/** A server in a process of its own. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Address } from '../../src/index.js';
import { messageOf, startChild } from './child.js';
import type { ServerReport } from './server-child.js';

export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly address: Address,
  ) {}

  /** @param storage a directory, or `memory` */
  static async start(storage: string): Promise<ServerProcess> {
    const child = startChild('server-child.ts', storage);
    return new ServerProcess(child, await messageOf<Address>(child));
  }

  report(): Promise<ServerReport> {
    const report = messageOf<ServerReport>(this.child);
    this.child.send('report');
    return report;
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }
}
