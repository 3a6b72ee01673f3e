/** `npm run storm`: Node-RED is deployed for a long time. Ends with 1 if the books do not balance. */
import { parseArgs } from 'node:util';
import { run, say, wholeNumber } from '../program.js';
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

run(main);
