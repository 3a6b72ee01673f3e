/** How many messages the core answers per second of processor time, against the least that a UDP server can do. */
import { compete } from './contest.js';
import { ratiosOf, spread, times, whole, type Figure, type Row } from './figures.js';
import { ServerProcess } from './server-process.js';
import { linesOf, SMS_EVERY, Traffic, type Dialect } from './traffic.js';

const LINE_COUNT = 100;

export const echo: Row = againstBaseline('echo-child.ts', ({ datagram }) => datagram, '≥ 0.95');

/** The npm package `goip` answers keepalives with `req` and 200 instead of `reg`, and checks neither id nor password. */
export const peer: Row = againstBaseline(
  'peer-child.ts',
  ({ verb, number }) => (verb === 'req' ? `req:${number};status:200;` : `RECEIVE ${number} OK`),
  '≥ 1.4',
);

function againstBaseline(script: string, answer: Dialect, goal: string): Row {
  return async ({ count, rounds }) => {
    const messages = count(30_000);
    const figures: Figure[] = [];
    for (const load of Object.keys(SMS_EVERY) as (keyof typeof SMS_EVERY)[]) {
      const traffic = (): Traffic => new Traffic(linesOf(LINE_COUNT), SMS_EVERY[load]);
      const { core, baseline } = await compete(
        {
          core: { server: await ServerProcess.core('memory', LINE_COUNT), traffic: traffic() },
          baseline: { server: await ServerProcess.start(script), traffic: traffic(), answer },
        },
        { messages, warmUp: 2 * messages, rounds },
      );
      figures.push({
        what: `${load}: acks per CPU second`,
        measured: spread(core.perCpuSecond, whole),
        baseline: spread(baseline.perCpuSecond, whole),
        ratio: spread(ratiosOf(core.perCpuSecond, baseline.perCpuSecond), times),
        goal,
        size: `${messages} × ${rounds}, ${LINE_COUNT} lines; dropped ${core.resent} : ${baseline.resent}`,
      });
    }
    return figures;
  };
}
