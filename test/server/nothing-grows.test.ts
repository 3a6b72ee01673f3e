/** A server that has dealt with thousands of jobs, reports and SMS holds no more than one that has dealt with a few. */
import assert from 'node:assert/strict';
import { MemoryStore, type GoipServer, type Job } from '../../src/index.js';
import type { GoipSimulator } from '../../src/simulator/index.js';
import { entriesInUse } from '../memory-of-process.js';
import { VirtualClock } from '../sessions/virtual-clock.js';
import { DEVICE, Stage } from './stage.js';

const COUNT = 1000;
/** Days. Three hours later all that is kept for a while is gone. */
const RETENTION = 1 / 24;
const PASSED = { seconds: 3 * 3600 };

describe('nothing grows', () => {
  const stage = new Stage();
  const clock = new VirtualClock();
  afterEach(async () => {
    let isClosed = false;
    void stage.close().finally(() => (isClosed = true));
    await until(() => isClosed);
  });
  const store = new MemoryStore();
  let taken = { jobs: 0, statuses: 0, reports: 0, sms: 0, events: 0 };

  async function until(isOver: () => boolean): Promise<void> {
    while (!isOver()) await clock.settle();
  }

  function takeAll(server: GoipServer): void {
    server.takeSms({ take: () => (taken.sms += 1) });
    server.takeEvents({ id: 'flow', wants: () => true, take: () => (taken.events += 1) });
    server.takeStatuses('flow', () => (taken.statuses += 1));
    server.takeReports('flow', () => (taken.reports += 1));
    server.takeJobs('flow', () => (taken.jobs += 1));
  }

  async function deal(server: GoipServer, gateway: GoipSimulator): Promise<void> {
    taken = { jobs: 0, statuses: 0, reports: 0, sms: 0, events: 0 };
    const line = gateway.line(DEVICE.id);
    let ended = 0;
    const end = async (job: Job): Promise<void> => {
      await job.result;
      server.told(job.id);
      ended += 1;
    };
    for (let number = 0; number < COUNT; number += 1) {
      const sending = server.send({ to: `+${number}`, text: 'hello', origin: 'flow', context: { number } });
      void sending.then(end);
      await line.receiveSms({ from: '+1', text: 'hello' });
      await clock.settle();
    }
    await until(() => ended === COUNT && taken.reports === COUNT);
    assert.deepEqual([taken.sms, taken.statuses], [COUNT, 4 * COUNT]);
    await clock.pass(PASSED);
  }

  async function keysIn(): Promise<string[]> {
    const keys: string[] = [];
    for await (const [key] of store.entries('')) keys.push(key);
    return keys;
  }

  it(`after ${COUNT} jobs, reports and SMS more`, async () => {
    const parts = { clock, openStore: () => Promise.resolve(store), settleMs: 100 };
    const { server, address } = await stage.server({ retention: RETENTION, offlineAfter: 86_400 }, parts);
    takeAll(server);
    const gateway = await stage.gateway(address, {
      lines: [{ id: DEVICE.id, password: DEVICE.password }],
      ...{ lineTime: 0, smsNo: true, deliveryReports: true, deliveryDelay: 0 },
    });
    await deal(server, gateway);
    const [keys, timers, entries] = [await keysIn(), clock.pending, entriesInUse()];
    await deal(server, gateway);
    assert.deepEqual(await keysIn(), keys);
    assert.equal(clock.pending, timers);
    const more = entriesInUse() - entries;
    assert(more < COUNT / 10, `${more} entries more in maps and sets`);
  });
});
