/**
 * What deploys leave in the process. Not part of the serial run: to look at all objects of a process that has run all tests
 * takes a minute.
 */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { JobResult } from '../../src/index.js';
import { entriesInUse, listenersInUse } from '../memory-of-process.js';
import { useNodeRed, type DeployType } from './harness.js';
import { flowNode, startFlow } from './stage.js';

const TYPES = ['nodes', 'flows', 'full'] as const satisfies readonly DeployType[];
const EACH = 10;
/** What the test itself has recorded, and timers that are about to ring. */
const MOST = { sockets: 0, timers: 2, listeners: 5, entries: 100 };

describe('thirty deploys', () => {
  const nodeRed = useNodeRed();

  it('leave nothing behind: no listeners, timers, sockets, and no entries of maps', async () => {
    const nodes = [
      ...flowNode('goip in', 'in', ['sms', 'event'], { events: ['state'] }),
      ...flowNode('goip send', 'send', ['result', 'step']),
      ...flowNode('goip status', 'status', ['line']),
    ];
    const { flow, gateway } = await startFlow(nodeRed, nodes);
    let round = 0;
    const deploy = async (type: DeployType): Promise<void> => {
      round += 1;
      const changed = flow.map((node) =>
        ['in', 'send', 'status'].includes(node.id) ? { ...node, name: `round ${round}` } : node,
      );
      await nodeRed.deploy(changed, type);
    };
    const whatIsLeft = async (): Promise<Record<keyof typeof MOST, number>> => {
      await nodeRed.whenStatus('in', '2/2');
      nodeRed.receive('send', { payload: 'hello', to: '1', goip: { jobId: `after ${round}` } });
      // The result of the job before may come again.
      await nodeRed.nextMessage('result', ({ payload }) => (payload as JobResult).id === `after ${round}`);
      nodeRed.forgetCalls();
      // Handles that were closed are gone some turns later.
      for (let turns = 0; turns < 100; turns += 1) await turn();
      const resources = process.getActiveResourcesInfo();
      return {
        sockets: resources.filter((name) => name === 'UDPWrap').length,
        timers: resources.filter((name) => name === 'Timeout').length,
        listeners: listenersInUse(),
        entries: entriesInUse(),
      };
    };
    for (const type of TYPES) await deploy(type);
    const before = await whatIsLeft();
    for (let count = 0; count < EACH; count += 1) for (const type of TYPES) await deploy(type);
    const after = await whatIsLeft();
    for (const what of ['sockets', 'timers', 'listeners', 'entries'] as const) {
      const more = after[what] - before[what];
      assert(more <= MOST[what], `${more} ${what} more`);
    }
    assert.equal(gateway.onAir.length, 2);
  });
});
