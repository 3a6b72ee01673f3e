/** How many messages a flow with the nodes of the package answers, against one that was built by hand from udp nodes. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PRUNE_DELAY } from '../../src/parameters.js';
import { freeUdpPort } from '../node-red/free-port.js';
import { compete, type Contestant } from './contest.js';
import { ratiosOf, spread, times, whole, type Row } from './figures.js';
import { handBuiltFlow, packageFlow } from './flows.js';
import { NodeRed } from './node-red-process.js';
import { linesOf, SMS_EVERY, Traffic } from './traffic.js';

const LINE_COUNT = 16;

/** Longer than the journal takes its time for what is not urgent. */
const SETTLE_MS = 300;

export const nodeRed: Row = async ({ count, rounds, directory }) => {
  const messages = count(30_000);
  const enter = async (name: string, flow: ReturnType<typeof handBuiltFlow>): Promise<Contestant> => {
    const server = await NodeRed.start(path.join(directory, name), flow);
    await server.answers();
    return { server, traffic: new Traffic(linesOf(LINE_COUNT), SMS_EVERY.mix) };
  };
  const contestants = {
    memory: await enter('memory', packageFlow(await freeUdpPort(), LINE_COUNT, 'memory')),
    disk: await enter('disk', packageFlow(await freeUdpPort(), LINE_COUNT, 'disk')),
    handBuilt: await enter('hand-built', handBuiltFlow(await freeUdpPort(), LINE_COUNT)),
  };
  // As they are after their first minute, when it is known what the journal has (but with `--quick`).
  await sleep(count(1000 * (PRUNE_DELAY + 5)));
  const scores = await compete(contestants, { messages, warmUp: 2 * messages, rounds, settleMs: SETTLE_MS });
  const { handBuilt } = scores;
  return (['memory', 'disk'] as const).map((storage) => ({
    what: `mix: acks per CPU second, goip nodes (${storage}) : udp and function nodes`,
    measured: spread(scores[storage].perCpuSecond, whole),
    baseline: spread(handBuilt.perCpuSecond, whole),
    ratio: spread(ratiosOf(scores[storage].perCpuSecond, handBuilt.perCpuSecond), times),
    goal: '≥ 2.0',
    size: `${messages} × ${rounds}, ${LINE_COUNT} lines; dropped ${scores[storage].resent} : ${handBuilt.resent}`,
  }));
};
