/** Does a server with many lines answer as fast as one with few? */
import { compete, type Contestant } from './contest.js';
import { ratiosOf, spread, times, whole, type Figure, type Row } from './figures.js';
import { ServerProcess } from './server-process.js';
import { linesOf, SMS_EVERY, Traffic } from './traffic.js';

const MANY = 10_000;
const FEW = 10;

export const lines: Row = async ({ count, rounds }) => {
  const messages = count(10_000);
  // Every line has come online before.
  const warmUp = Math.max(messages, 1.2 * MANY);
  const figures: Figure[] = [];
  for (const listeners of [[], ['event']] as const) {
    const serverOf = async (lineCount: number): Promise<Contestant> => {
      const server = await ServerProcess.core('memory', lineCount, ...listeners);
      return { server, traffic: new Traffic(linesOf(lineCount), SMS_EVERY.mix) };
    };
    const { many, few } = await compete(
      { many: await serverOf(MANY), few: await serverOf(FEW) },
      { messages, warmUp, rounds },
    );
    const compare = (what: string, of: 'perSecond' | 'perCpuSecond'): Figure => ({
      what: `${what}, ${MANY} lines : ${FEW}${listeners.length > 0 ? ', with a listener for events' : ''}`,
      measured: spread(many[of], whole),
      baseline: spread(few[of], whole),
      ratio: spread(ratiosOf(many[of], few[of]), times),
      goal: '≥ 0.9',
      size: `${messages} × ${rounds}, mix; dropped ${many.resent} : ${few.resent}`,
    });
    figures.push(compare('acks/s', 'perSecond'), compare('acks per CPU second', 'perCpuSecond'));
  }
  return figures;
};
