/** `npm run fuzz`: strangers fire at a server. Ends with 1 if an invariant breaks. */
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.js';
import { printed } from './report.js';

const HELP = `Usage: npm run fuzz [-- --count n] [-- --seconds n] [-- --seed n]

  --count n    datagrams of strangers (1000000)
  --seconds n  end earlier, after so long (3600)
  --seed n     of all random decisions (another one each time)
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '1000000' },
      seconds: { type: 'string', default: '3600' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    say(HELP);
    return;
  }
  const count = wholeNumber('count', values.count);
  const seconds = wholeNumber('seconds', values.seconds);
  const seed = wholeNumber('seed', values.seed);
  say(`fuzz: ${count} datagrams, seed ${seed}`);
  const report = await fuzz({ count, seconds, seed, say });
  say(printed(report));
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

// Without this the server would outlive a Ctrl-C or a job that is taken down.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
