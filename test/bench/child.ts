/** Processes of their own, so that neither the heap nor the processor time of the benchmark counts. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const running = new Set<ChildProcess>();

/** Starts a script of this directory, which talks by `process.send`. */
export function startChild(script: string, ...args: readonly string[]): ChildProcess {
  const execArgv = ['--require', require.resolve('tsx/cjs'), '--expose-gc'];
  return keepTrackOf(fork(path.join(__dirname, script), args, { execArgv }));
}

/** A process that must not outlive the benchmark, however that ends. */
export function keepTrackOf(child: ChildProcess): ChildProcess {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** The next message of a child. */
export async function messageOf<T>(child: ChildProcess): Promise<T> {
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]) => message as T),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`${child.spawnargs.slice(-2).join(' ')} ended with ${String(code)} and said nothing`);
      }),
    ]);
  } finally {
    waiting.abort();
  }
}

/** The one message of a script that says what it measured and ends. */
export async function resultOf<T>(script: string, ...args: readonly string[]): Promise<T> {
  const child = startChild(script, ...args);
  const ended = once(child, 'exit');
  const result = await messageOf<T>(child);
  await ended;
  return result;
}

/** Lets go of a child, which ends with that. */
export async function endChild(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
}

/** Ends what a row that failed has left behind. */
export async function killChildren(): Promise<void> {
  await Promise.all(
    [...running].map(async (child) => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }),
  );
}
