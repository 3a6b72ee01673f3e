/** Node-RED with little memory must survive whatever is queued. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { killChildren } from '../bench/child.js';
import { numbersFlow } from '../bench/flows.js';
import { NodeRed } from '../bench/node-red-process.js';
import type { Load, LoadKind } from '../bench/numbers-probe.cjs';
import { freeUdpPort } from './free-port.js';

describe('Node-RED with 256 MB of heap', function () {
  this.timeout(120_000);
  let directory = '';
  beforeEach(async () => (directory = await mkdtemp(path.join(os.tmpdir(), 'goip-small-heap-'))));
  afterEach(async () => {
    await killChildren();
    await rm(directory, { recursive: true, force: true });
  });

  async function start(): Promise<NodeRed> {
    const flow = numbersFlow(await freeUdpPort(), 2, true);
    const nodeRed = await NodeRed.start(directory, flow, ['--max-old-space-size=256']);
    await nodeRed.answers();
    return nodeRed;
  }

  for (const [name, first, second] of [
    ['100 000 numbers of one message, and more after it', load('strings', 100_000), load('singles', 1000)],
    ['20 000 messages, and a long list after them', load('singles', 20_000), load('strings', 100_000)],
  ] as const) {
    it(`accepts or rejects ${name}, and starts again`, async () => {
      const nodeRed = await start();
      for (const one of [first, second]) {
        const { queued, refused, codes } = await nodeRed.queue(one);
        assert.equal(queued + refused, one.numbers);
        assert.deepEqual(codes, refused === 0 ? [] : ['GOIP_QUEUE_FULL']);
      }
      await nodeRed.stop();
      const again = await start();
      // Answered when the jobs of the previous run are read.
      await again.queue(load('singles', 1));
      await again.stop();
    });
  }

  for (const [kind, numbers] of [
    ['tables', 5000],
    ['properties', 1],
  ] as const) {
    it(`rejects with their size messages that it cannot hold: ${kind}`, async () => {
      const nodeRed = await start();
      const codes = new Set<string>();
      for (let message = 0; message < 25; message += 1) {
        const outcome = await nodeRed.queue(load(kind, numbers));
        for (const code of outcome.codes) codes.add(code);
      }
      assert.deepEqual([...codes], ['GOIP_QUEUE_FULL']);
      await nodeRed.stop();
    });
  }
});

function load(kind: LoadKind, numbers: number): Pick<Load, 'kind' | 'numbers'> {
  return { kind, numbers };
}
