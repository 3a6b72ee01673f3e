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
    const deploys = async (count: number, type: DeployType): Promise<Record<string, number>> => {
      for (let made = 0; made < count; made += 1) {
        round += 1;
        const changed = flow.map((node) =>
          ['in', 'send', 'status'].includes(node.id) ? { ...node, name: `round ${round}` } : node,
        );
        await nodeRed.deploy(changed, type);
      }
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
    for (const type of ['nodes', 'flows', 'full'] as const) await deploys(2, type);
    const before = await deploys(2, 'full');
    // What the test itself has recorded, and timers that are about to ring.
    const most = { sockets: 0, timers: 2, listeners: 5, entries: 60 };
    for (const type of ['nodes', 'flows', 'full'] as const) {
      const after = await deploys(10, type);
      for (const [what, count] of Object.entries(before)) {
        const more = (after[what] ?? 0) - count;
        assert(more <= most[what as keyof typeof most], `${type}: ${more} ${what} more`);
      }
    }
    assert.equal(gateway.onAir.length, 7);
  });
});
