#!/usr/bin/env node
/** `goip-simulator`: a GoIP gateway on the command line. Ends at SIGINT or SIGTERM. */
import { HELP, readCliOptions, UsageError, type CliOptions } from './cli-options.js';
import { GoipSimulator } from './gateway.js';
import { describeEvents } from './report.js';
import { startTraffic } from './traffic.js';

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`goip-simulator: ${message}\n`);
  if (error instanceof UsageError) process.stderr.write('Try goip-simulator --help\n');
  process.exitCode = error instanceof UsageError ? 2 : 1;
});

async function main(): Promise<void> {
  const options = readCliOptions(process.argv.slice(2), process.env);
  if (options === 'help') process.stdout.write(HELP);
  else await run(options);
}

async function run({ simulator, inbound, seed, quiet }: CliOptions): Promise<void> {
  const gateway = new GoipSimulator(simulator);
  const ended = untilAskedToStop();
  const write = (line: string) => void process.stdout.write(`${line}\n`);
  if (!quiet) {
    describeEvents(gateway, write);
    const { host, port } = simulator.server;
    write(`lines ${idRange(simulator.lines)}, SMS server ${host} port ${port}`);
  }
  await gateway.start();
  const stopTraffic = inbound === null ? () => undefined : startTraffic(gateway, { interval: inbound, seed });
  await ended;
  stopTraffic();
  await gateway.stop();
  if (!quiet) write('stopped');
}

function idRange(lines: readonly { readonly id: string }[]): string {
  const [first, last] = [lines.at(0)?.id ?? '', lines.at(-1)?.id ?? ''];
  return first === last ? first : `${first} … ${last}`;
}

function untilAskedToStop(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
    // The reader of our reports has gone, as in `goip-simulator | head`.
    process.stdout.on('error', () => resolve());
  });
}
