/** What the programs among the tests share: their arguments, their output and their end. */

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
