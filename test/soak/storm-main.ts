/** `npm run storm`: Node-RED is deployed for a long time. Ends with 1 if the books do not balance. */
import { parseArgs } from 'node:util';
import { printedStorm, storm } from './storm.js';

const HELP = `Usage: npm run storm [-- --deploys n] [-- --seed n]

  --deploys n  how often Node-RED is deployed (120)
  --seed n     of all random decisions (another one each time)
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { deploys: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    say(HELP);
    return;
  }
  const deploys = wholeNumber('deploys', values.deploys ?? '120');
  const seed = wholeNumber('seed', values.seed ?? String(Date.now() % 1_000_000));
  say(`storm: ${deploys} deploys, seed ${seed}`);
  const report = await storm({ deploys, seed, say });
  say(printedStorm(report));
  process.exitCode = report.complaints.length === 0 ? 0 : 1;
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number >= 2 ** 32) throw new RangeError(`${name} must be a whole number, not "${text}"`);
  return number;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

// Without this the processes would outlive a Ctrl-C or a job that is taken down.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
