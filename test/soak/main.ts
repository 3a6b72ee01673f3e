/** `npm run soak`: Node-RED is killed for a long time. Ends with 1 if the books do not balance. */
import { parseArgs } from 'node:util';
import { printed } from './report.js';
import { run, say, wholeNumber } from '../program.js';
import { soak } from './soak.js';

const HELP = `Usage: npm run soak [-- --kills n] [-- --seed n]

  --kills n    how often Node-RED is killed (200); environment variable SOAK_KILLS
  --seed n     of all random decisions (another one each time); environment variable SOAK_SEED
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { kills: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    say(HELP);
    return;
  }
  const kills = wholeNumber('kills', values.kills ?? process.env.SOAK_KILLS ?? '200');
  const seed = wholeNumber('seed', values.seed ?? process.env.SOAK_SEED ?? String(Date.now() % 1_000_000));
  say(`soak: ${kills} kills, seed ${seed}`);
  const report = await soak({ kills, seed, say });
  say(printed(report));
  process.exitCode = report.complaints.length === 0 ? 0 : 1;
}

run(main);
