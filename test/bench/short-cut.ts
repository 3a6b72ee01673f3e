/** What the short cut for repeated keepalives saves: the same core with it and without it. */
import { compete, type Contestant } from './contest.js';
import { ratiosOf, spread, times, whole, type Row } from './figures.js';
import { ServerProcess } from './server-process.js';
import { linesOf, SMS_EVERY, Traffic } from './traffic.js';

const LINE_COUNT = 100;

export const shortCut: Row = async ({ count, rounds }) => {
  const messages = count(30_000);
  const enter = async (...changes: readonly 'no-short-cut'[]): Promise<Contestant> => ({
    server: await ServerProcess.core('memory', LINE_COUNT, ...changes),
    traffic: new Traffic(linesOf(LINE_COUNT), SMS_EVERY.keepalives),
  });
  const { short, whole: read } = await compete(
    { short: await enter(), whole: await enter('no-short-cut') },
    { messages, warmUp: 2 * messages, rounds },
  );
  return [
    {
      what: 'keepalives: acks per CPU second, with : without',
      measured: spread(short.perCpuSecond, whole),
      baseline: spread(read.perCpuSecond, whole),
      ratio: spread(ratiosOf(short.perCpuSecond, read.perCpuSecond), times),
      size: `${messages} × ${rounds}, ${LINE_COUNT} lines; dropped ${short.resent} : ${read.resent}`,
    },
  ];
};
