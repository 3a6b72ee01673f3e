/** Run by ./many-deploys.test.ts, in a process of its own. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { JobResult } from '../../src/index.js';
import type { GoipSimulator } from '../../src/simulator/index.js';
import { objectsInUse } from '../memory-of-process.js';
import { useNodeRed, type DeployType, type FlowNode } from './harness.js';
import { flowNode, startFlow } from './stage.js';

const DEPLOYS = 100;
/** What is left must be less than one thing for each third deploy. */
const MOST = DEPLOYS / 3;
const ROUNDS = 3;

describe(`${DEPLOYS} deploys`, () => {
  const nodeRed = useNodeRed();
  let flow: FlowNode[];
  let gateway: GoipSimulator;
  let round = 0;
  let sent = 0;

  beforeEach(async () => {
    const nodes = [
      ...flowNode('goip in', 'in', ['sms', 'event'], { events: ['state'] }),
      ...flowNode('goip send', 'send', ['result', 'step']),
      ...flowNode('goip status', 'status', ['line']),
    ];
    sent = 0;
    ({ flow, gateway } = await startFlow(nodeRed, nodes));
  });

  async function deploy(type: DeployType, count: number): Promise<void> {
    for (const last = round + count; round < last;) {
      round += 1;
      const changed = flow.map((node) =>
        ['in', 'send', 'status'].includes(node.id) ? { ...node, name: `round ${round}` } : node,
      );
      await nodeRed.deploy(changed, type);
    }
  }

  async function countAll(): Promise<Readonly<Record<string, number>>> {
    // Handles that were closed are gone some turns later.
    for (let turns = 0; turns < 100; turns += 1) await turn();
    const resources = process.getActiveResourcesInfo();
    const count = (kind: string): number => resources.filter((name) => name === kind).length;
    return { ...objectsInUse(), sockets: count('UDPWrap'), timers: count('Timeout') };
  }

  /** Sends an SMS, and forgets what was recorded: the same is left each time. */
  async function settle(): Promise<void> {
    await nodeRed.whenStatus('in', '2/2');
    sent += 1;
    const jobId = `after ${round}`;
    nodeRed.receive('send', { payload: 'hello', to: '1', goip: { jobId } });
    // The result of the job before may come again.
    await nodeRed.nextMessage('result', ({ payload }) => (payload as JobResult).id === jobId);
    nodeRed.forget();
  }

  for (const type of ['nodes', 'flows', 'full'] as const) {
    it(`of ${type} leave no object, listener, timer or socket behind, and no entry of a map or list`, async () => {
      await deploy(type, 5);
      await settle();
      let before = await countAll();
      /** How much more there was after each round, of what has grown in all rounds so far. */
      let growth = Object.keys(before).map((what) => [what] as readonly [string, ...number[]]);
      // What is made once, or is on its way out, grows in one round; what leaks grows in all.
      for (let rounds = 0; growth.length > 0 && rounds < ROUNDS; rounds += 1) {
        await deploy(type, DEPLOYS);
        await settle();
        const after = await countAll();
        const more = (what: string): number => (after[what] ?? 0) - (before[what] ?? 0);
        growth = growth.filter(([what]) => more(what) > MOST).map((known) => [...known, more(known[0])]);
        before = after;
      }
      assert.deepEqual(growth, []);
      assert.equal(gateway.onAir.length, sent);
    });
  }
});
