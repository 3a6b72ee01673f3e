import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { useNodeRed } from '../node-red/harness.js';
import { temporaryDirectory } from '../packaging/pack.js';
import { startExample, type Stage } from './stage.js';

const id = (name: string): string => `goip-nightly-${name}`;

const LIST = [
  'number,name,date',
  '+12025550101,Ann,3 May at 9:00',
  '+12025550102,Bob,3 May at 10:30',
  'tomorrow,Cid,3 May at 11:00',
  '+1 202 555 0104,,3 May at 12:00',
  '(+1) 202-555-0101,Ann again,3 May at 12:30',
  '+12025550105,"Zoë, the second",4 May at 8:15',
].join('\n');

describe('the example 12-nightly-bulk-from-csv', () => {
  const nodeRed = useNodeRed();
  const directory = temporaryDirectory();
  let folder = '';
  /** As the local clock has it. */
  let today = '';

  const timeZone = process.env.TZ;
  before(() => {
    // It is noon: the day that the files are named after does not end meanwhile.
    const hoursAhead = 12 - new Date().getUTCHours();
    process.env.TZ = `Etc/GMT${hoursAhead > 0 ? '-' : '+'}${Math.abs(hoursAhead)}`;
    today = new Intl.DateTimeFormat('sv-SE').format(new Date());
  });
  after(() => {
    if (timeZone === undefined) delete process.env.TZ;
    else process.env.TZ = timeZone;
  });

  function startBulk(list: string | undefined): Promise<Stage> {
    folder = path.join(directory.path, `bulk-${readdirSync(directory.path).length}`);
    mkdirSync(folder);
    if (list !== undefined) writeFileSync(path.join(folder, 'recipients.csv'), list);
    const env = [{ name: 'FOLDER', value: folder, type: 'str' }];
    return startExample(nodeRed, '12-nightly-bulk-from-csv', { 'goip-nightly': { env } });
  }

  it('sends each row its text, and writes what became of it and which rows were broken', async () => {
    const { startGateway } = await startBulk(`\uFEFF${LIST}\n`);
    const gateway = await startGateway({ failNumbers: { '+12025550102': 38 } });
    nodeRed.inject(id('now'));
    await nodeRed.whenStatus(id('check'), '3 to send, 3 broken');
    await nodeRed.nextMessages(id('written'), 2);
    assert.deepEqual(gateway.onAir.map(({ to, text }) => `${to}: ${text}`).sort(), [
      '+12025550101: Dear Ann, we expect you on 3 May at 9:00. Please call us if you cannot come.',
      '+12025550105: Dear Zoë, the second, we expect you on 4 May at 8:15. Please call us if you cannot come.',
    ]);
    assert.deepEqual(linesOf(`broken-nightly-${today}.csv`), [
      'row,number,name,date,reason',
      '3,tomorrow,Cid,3 May at 11:00,no usable number',
      '4,+1 202 555 0104,,3 May at 12:00,no name',
      '5,(+1) 202-555-0101,Ann again,3 May at 12:30,this number for the second time',
    ]);
    const [header, ...rows] = linesOf(`report-nightly-${today}.csv`);
    assert.equal(header, 'number,state,line,attempts,parts,delivery,reason,at');
    assert.deepEqual(
      rows.map((row) => row.replace(/goip-0\d/, 'line').replace(/20\d\d-[^,]+Z$/, 'time')),
      [
        '+12025550101,sent,line,1,1,,,time',
        '+12025550102,failed,line,2,1,,network out of order (errorstatus 38),time',
        '+12025550105,sent,line,1,2,,,time',
      ],
    );
    assert.deepEqual(nodeRed.logged('error'), []);
  });

  it('sends nothing again in the same night', async () => {
    const { startGateway } = await startBulk(`${LIST}\n`);
    const gateway = await startGateway();
    const isReport = ({ filename }: object & { filename?: unknown }): boolean => String(filename).includes('report-');
    nodeRed.inject(id('night'));
    await nodeRed.nextMessage(id('written'), isReport);
    const report = linesOf(`report-nightly-${today}.csv`);
    nodeRed.inject(id('now'));
    await nodeRed.nextMessage(id('written'), isReport);
    assert.equal(gateway.onAir.length, 3);
    assert.deepEqual(linesOf(`report-nightly-${today}.csv`), report);
  });

  it('sends nothing if no row is usable, or if there is no list', async () => {
    await startBulk('number,name,date\nnobody,Ann,today\n');
    nodeRed.inject(id('now'));
    await nodeRed.nextMessage(id('written'));
    assert.deepEqual(readdirSync(folder).sort(), [`broken-nightly-${today}.csv`, 'recipients.csv']);
    await nodeRed.unload();
    await startBulk(undefined);
    nodeRed.inject(id('now'));
    await nodeRed.whenStatus(id('no-list'), 'ENOENT');
  });

  it('names the columns of a list with another header', async () => {
    await startBulk('\uFEFFphone;name\n+12025550101;Ann\n');
    nodeRed.inject(id('now'));
    await nodeRed.nextMessage(id('written'));
    assert.deepEqual(linesOf(`broken-nightly-${today}.csv`), [
      'row,phone;name,reason',
      '1,+12025550101;Ann,"no column ""number"", only: phone;name"',
    ]);
  });

  it('shows what the server refuses', async () => {
    const { startGateway } = await startBulk(`number,name,date\n+12025550101,${'Ann'.repeat(100)},today\n`);
    await startGateway();
    nodeRed.inject(id('now'));
    await nodeRed.whenStatus(id('reason'), 'GOIP_TOO_MANY_PARTS');
  });

  it('is started by the clock', async () => {
    await startBulk(undefined);
    const night = nodeRed.node(id('night')) as unknown as { crontab: string };
    assert.equal(night.crontab, '00 02 * * *');
  });

  function linesOf(file: string): string[] {
    return readFileSync(path.join(folder, file), 'utf8').trim().split('\n');
  }
});
