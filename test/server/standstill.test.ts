import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { ServerOptions } from '../../src/index.js';
import { GoipSimulator } from '../../src/simulator/index.js';
import type { FromChild, ToChild } from './standstill-child.js';

const LINES = Array.from({ length: 24 }, (_, n) => ({ id: `line${n}`, password: `secret${n}` }));
const NUMBERS = LINES.map((_, n) => `+49151000${100 + n}`);

/** Longer than the time until the server repeats a datagram, both in seconds. */
const LINE_TIME = 2.5;
const RESEND_INTERVAL = 2;

describe('server after a standstill of its process', () => {
  let child: ChildProcess;
  let gateway: GoipSimulator | undefined;
  afterEach(async () => {
    child.kill('SIGKILL');
    await gateway?.stop();
  });

  async function begin(options: ServerOptions): Promise<GoipSimulator> {
    const settings: ServerOptions = {
      ...{ host: '127.0.0.1', port: 0, devices: LINES, resendInterval: RESEND_INTERVAL, statusQuery: 'never' },
      ...options,
    };
    const execArgv = ['--require', require.resolve('tsx/cjs')];
    child = fork(path.join(__dirname, 'standstill-child.ts'), [JSON.stringify(settings)], { execArgv });
    const [message] = (await once(child, 'message')) as [FromChild];
    assert.ok('port' in message);
    gateway = new GoipSimulator({
      server: { host: '127.0.0.1', port: message.port },
      lines: LINES,
      firmware: 'direct',
      lineTime: LINE_TIME,
    });
    await gateway.start();
    return gateway;
  }

  /** Resolves when so many events have come. */
  function counted(emitter: GoipSimulator, event: 'air' | 'registered', count: number): Promise<void> {
    return new Promise((resolve) => {
      emitter.on(event, () => {
        count -= 1;
        if (count === 0) resolve();
      });
    });
  }

  for (const [what, options] of [
    ['repeats no SEND that was answered meanwhile', {}],
    ['does not give up a number that was answered meanwhile', { resendCount: 0 }],
  ] as const) {
    it(what, async () => {
      const devices = await begin(options);
      const sends: string[] = [];
      const areOut = new Promise<void>((resolve) => {
        devices.on('datagram', ({ direction, text }) => {
          if (direction !== 'toDevice' || !text.startsWith('SEND ')) return;
          sends.push(text);
          if (sends.length === LINES.length) resolve();
        });
      });
      const answered = counted(devices, 'air', LINES.length);
      child.send({ to: NUMBERS } satisfies ToChild);
      await areOut;
      child.kill('SIGSTOP');
      await answered;
      child.kill('SIGCONT');
      const [message] = (await once(child, 'message')) as [FromChild];
      assert.ok('result' in message);
      const { sent, unknown, failed } = message.result;
      assert.deepEqual({ sent, unknown, failed }, { sent: LINES.length, unknown: 0, failed: 0 });
      assert.equal(sends.length, LINES.length, 'each SEND once');
      assert.equal(devices.onAir.length, LINES.length);
    });
  }
});
