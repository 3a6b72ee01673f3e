/** `npm run fuzz`: strangers fire at a server. Ends with 1 if an invariant breaks. */
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.js';
import { run, say, wholeNumber } from '../program.js';
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

run(main);
