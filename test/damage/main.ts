/** `npm run damage`: journals are damaged at random. Ends with 1 if anything was lost in silence, altered or sent twice. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
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
  const trials = Number(values.trials ?? 330);
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  if (![trials, seed].every((value) => Number.isInteger(value) && value >= 0))
    throw new RangeError('--trials and --seed must be whole numbers');
  say(`damage: ${trials} trials, seeds ${seed} to ${seed + trials - 1}`);
  const all: Trial[] = [];
  for (let trial = 0; trial < trials; trial += 1) {
    const one = await runTrial(seed + trial, await mkdtemp(path.join(tmpdir(), 'goip-damage-')));
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

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
