/** What the programs among the tests share: their arguments, their output, their folders and their end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** @throws RangeError if the text is not a whole number below 2³² */
export function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number >= 2 ** 32) throw new RangeError(`${name} must be a whole number, not "${text}"`);
  return number;
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Runs a program. A signal ends it with its child processes, which would outlive it otherwise. */
export function run(main: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  });
}

/** Runs with a folder of its own, which is removed afterwards, also if a signal ends the process. */
export async function withFolder<T>(prefix: string, run: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(path.join(tmpdir(), prefix));
  const remove = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', remove);
  try {
    return await run(directory);
  } finally {
    process.off('exit', remove);
    remove();
  }
}
