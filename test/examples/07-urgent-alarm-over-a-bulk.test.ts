import assert from 'node:assert/strict';
import type { JobResult } from '../../src/index.js';
import type { SimulatorOptions } from '../../src/simulator/index.js';
import { useNodeRed } from '../node-red/harness.js';
import { LINES, startExample } from './stage.js';

const id = (name: string): string => `goip-urgent-${name}`;

/** A network that reports on each SMS soon, and a telephone that is switched off. */
const REPORTS: Partial<SimulatorOptions> = {
  lineTime: 0.05,
  smsNo: true,
  deliveryReports: true,
  deliveryDelay: 0.02,
  deliveryState: (to) => (to === '+12025550199' ? 70 : 0),
};

describe('the example 07-urgent-alarm-over-a-bulk', () => {
  const nodeRed = useNodeRed();

  it('sends the alarm before the rest of the bulk, and tells who has got it', async () => {
    const { startGateway } = await startExample(nodeRed, '07-urgent-alarm-over-a-bulk');
    const gateway = await startGateway({ ...REPORTS, lineTime: 0.3 });
    nodeRed.inject(id('bulk'));
    await nodeRed.nextMessage(id('sent-by'));
    nodeRed.inject(id('alarm'));

    assert.deepEqual(
      [...((await nodeRed.nextMessage(id('call'))).payload as string[])],
      ['+12025550199: validity period expired'],
    );
    await nodeRed.whenStatus(id('call'), '1 to call');
    const bulk = (await nodeRed.nextMessage(id('bulk-result'))).payload as JobResult;
    assert.deepEqual([bulk.ok, bulk.total], [true, 12]);
    await nodeRed.whenStatus(id('bulk-result'), '12 of 12 sent');
    const texts = gateway.onAir.map(({ text }) => text);
    assert.equal(texts.at(-1), 'We are closed on Monday.', 'the alarm came last');
    assert.equal(texts.filter((text) => text === 'Pump 2 has stopped.').length, 2);

    const reports = await nodeRed.nextMessages(id('reports'), 12);
    assert(reports.every(({ payload }) => /^\+120255501\d\d: delivered, received by the rec/.test(String(payload))));
    const used = new Set(gateway.onAir.map(({ device }) => device));
    assert.deepEqual([...used].sort(), LINES);
    assert.deepEqual(nodeRed.logged('error'), []);
  });

  it('tells that all have the alarm', async () => {
    const { startGateway } = await startExample(nodeRed, '07-urgent-alarm-over-a-bulk');
    await startGateway({ ...REPORTS, deliveryState: 0 });
    nodeRed.inject(id('alarm'));
    await nodeRed.whenStatus(id('all'), '2 have it');
    assert.deepEqual(nodeRed.messages(id('call')), []);
  });

  it('lists all of them if the gateway knows nothing of reports', async () => {
    const { startGateway } = await startExample(nodeRed, '07-urgent-alarm-over-a-bulk');
    await startGateway();
    nodeRed.inject(id('alarm'));
    assert.deepEqual(
      [...((await nodeRed.nextMessage(id('call'))).payload as string[])],
      ['+12025550198: no report', '+12025550199: no report'],
    );
  });

  it('sends from the lines of a group only', async () => {
    const { startGateway } = await startExample(nodeRed, '07-urgent-alarm-over-a-bulk');
    const gateway = await startGateway(REPORTS);
    nodeRed.inject(id('south'));
    const { payload } = await nodeRed.nextMessage(id('bulk-result'));
    assert.equal((payload as JobResult).sent, 3);
    const used = new Set(gateway.onAir.map(({ device }) => device));
    assert.deepEqual([...used].sort(), ['goip-03', 'goip-04']);
  });
});
