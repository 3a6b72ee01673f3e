/** `npm run damage`: journals are damaged at random. Ends with 1 if anything was lost in silence, altered or sent twice. */
import { parseArgs } from 'node:util';
import { run, say, wholeNumber, withFolder } from '../program.js';
import { runTrial, type Trial } from './trial.js';

const HELP = `Usage: npm run damage [-- --trials n] [-- --seed n]

  --trials n   how many journals are damaged (330)
  --seed n     of the first trial; the next one has the next seed (another one each time)
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { trials: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    say(HELP);
    return;
  }
  const trials = wholeNumber('trials', values.trials ?? '330');
  const seed = wholeNumber('seed', values.seed ?? String(Date.now() % 1_000_000));
  say(`damage: ${trials} trials, seeds ${seed} to ${seed + trials - 1}`);
  const all: Trial[] = [];
  for (let trial = 0; trial < trials; trial += 1) {
    const one = await withFolder('goip-damage-', (directory) => runTrial(seed + trial, directory));
    all.push(one);
    for (const complaint of one.complaints)
      say(`seed ${seed + trial}: ${one.wound}: ${complaint} (reported: ${one.reported.join(' | ') || 'nothing'})`);
  }
  const count = (about: string): number =>
    all.filter(({ complaints }) => complaints.some((complaint) => complaint.startsWith(about))).length;
  const kinds = ['lost in silence', 'altered', 'twice', 'refused start', 'misreported'];
  say(kinds.map((about) => `${count(about)} ${about}`).join(', '));
  say(`${all.filter(({ reported }) => reported.length > 0).length} of ${trials} damages were reported`);
  process.exitCode = all.every(({ complaints }) => complaints.length === 0) ? 0 : 1;
}

run(main);
