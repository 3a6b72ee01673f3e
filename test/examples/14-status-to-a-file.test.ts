import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { useNodeRed } from '../node-red/harness.js';
import { temporaryDirectory } from '../packaging/pack.js';
import { LINES, startExample, type Stage } from './stage.js';

const id = (name: string): string => `goip-log-${name}`;

/** The file node writes in its own time, and tells by `complete`, which the example has no need of. */
const WRITTEN = { id: 'written', type: 'recorder', z: 'goip-log', wires: [] };

describe('the example 14-status-to-a-file', () => {
  const nodeRed = useNodeRed();
  const directory = temporaryDirectory();
  let count = 0;
  let folder = '';

  function startLog(to?: string): Promise<Stage> {
    count += 1;
    folder = to ?? path.join(directory.path, `log-${count}`);
    const env = [{ name: 'FOLDER', value: folder, type: 'str' }];
    return startExample(
      nodeRed,
      '14-status-to-a-file',
      // Not by itself: when the test clicks.
      { 'goip-log': { env }, [id('hour')]: { once: false, repeat: '' }, [id('write')]: { wires: [[WRITTEN.id]] } },
      {},
      [WRITTEN],
    );
  }

  it('writes each line when it changes, and all at a click', async () => {
    const { startGateway } = await startLog();
    const gateway = await startGateway({ keepaliveValues: { signal: '17', pro: 'T-Mobile' } });
    await nodeRed.nextMessages(WRITTEN.id, 4);
    gateway.line('goip-04').configure({ keepaliveValues: { signal: '3' } });
    gateway.line('goip-04').keepalive();
    await nodeRed.nextMessage(WRITTEN.id);
    nodeRed.inject(id('hour'));
    await nodeRed.nextMessages(WRITTEN.id, 4);
    const rows = written('lines');
    assert.deepEqual(
      rows.map(({ device, online, signal }) => `${String(device)} ${String(online)} ${String(signal)}`),
      [
        ...LINES.map((line) => `${line} true 17`),
        'goip-04 true 3',
        ...LINES.map((line, index) => `${line} true ${index === 3 ? 3 : 17}`),
      ],
    );
    const { at, ...row } = rows[0] ?? {};
    assert.match(String(at), /^20\d\d-.*Z$/);
    assert.deepEqual(row, {
      ...{ device: 'goip-01', online: true, signal: 17, operator: 'T-Mobile', gsmStatus: 'LOGIN', failing: false },
      ...{ hold: null, hour: 0, day: 0, received: 0, sent: 0, failed: 0, unknown: 0 },
    });
    assert.deepEqual(nodeRed.logged('error'), []);
  });

  it('writes what became of each number, and its delivery report, without the text', async () => {
    const { startGateway } = await startLog();
    await startGateway({ smsNo: true, deliveryReports: true, deliveryDelay: 2, failNumbers: { '+12025550102': 38 } });
    nodeRed.receive(id('send'), { payload: 'a private text', to: ['+12025550102', '+12025550101'] });
    const isResult = ({ topic }: object & { topic?: unknown }): boolean => topic === 'results';
    for (let count = 0; count < 3; count += 1) await nodeRed.nextMessage(WRITTEN.id, isResult);
    const rows = written('results');
    assert.deepEqual(
      rows.map(({ to, state, code, delivery }) => [to, state, code, delivery]),
      [
        ['+12025550102', 'failed', 'GOIP_SEND_FAILED', null],
        ['+12025550101', 'sent', null, null],
        ['+12025550101', 'delivered', null, 'delivered'],
      ],
    );
    assert.equal(new Set(rows.map(({ job }) => job)).size, 1);
    assert.doesNotMatch(JSON.stringify(rows), /private/);
  });

  it('shows what cannot be written, and what cannot be sent', async () => {
    await startLog(path.join(__filename, 'is no folder'));
    nodeRed.inject(id('hour'));
    await nodeRed.whenStatus(id('failed'), ({ text = '' }) => text !== '');
    nodeRed.receive(id('send'), { payload: 'Hello', to: 'nobody' });
    await nodeRed.whenStatus(id('refused'), 'GOIP_BAD_NUMBER');
  });

  function written(name: string): Record<string, unknown>[] {
    // By the clock in UTC, which goes on while the test runs.
    const [now, before] = [Date.now(), Date.now() - 60_000].map((at) => new Date(at).toISOString().slice(0, 10));
    const files = [...new Set([before, now])].map((day) => path.join(folder, `${name}-${day}.jsonl`));
    const lines = files.filter((file) => existsSync(file)).flatMap((file) => readFileSync(file, 'utf8').split('\n'));
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
  }
});
