import assert from 'node:assert/strict';
import { useNodeRed } from '../node-red/harness.js';
import { errorIn } from '../node-red/stage.js';
import { startExample } from './stage.js';

const id = (name: string): string => `goip-personal-${name}`;

describe('the example 08-personal-texts-from-csv', () => {
  const nodeRed = useNodeRed();

  it('sends to each row of a table a text of its own, and makes a table of what became of them', async () => {
    const { startGateway } = await startExample(nodeRed, '08-personal-texts-from-csv');
    const gateway = await startGateway({
      smsNo: true,
      deliveryReports: true,
      deliveryDelay: 0.02,
      failNumbers: { '+12025550102': 38 },
    });
    nodeRed.inject(id('start'));
    const { payload } = await nodeRed.nextMessage(id('report'));
    const [header, ...rows] = String(payload).trim().split('\n');
    assert.equal(header, 'number,name,state,line,attempts,parts,delivery,reason');
    assert.deepEqual(
      rows.map((row) => row.replace(/goip-0\d/, 'line')),
      [
        '+12025550101,Ann,sent,line,1,1,delivered,received by the recipient',
        '+12025550102,Bob,failed,line,2,1,,network out of order (errorstatus 38)',
        '+12025550103,Zoë,sent,line,1,2,delivered,received by the recipient',
      ],
    );
    assert.deepEqual(gateway.onAir.map(({ to, text }) => `${to}: ${text}`).sort(), [
      '+12025550101: Dear Ann, we expect you on 3 May at 9:00. Please call us if you cannot come.',
      '+12025550103: Dear Zoë, we expect you on 4 May at 8:15. Please call us if you cannot come.',
    ]);
    assert.deepEqual(nodeRed.messages(id('refused')), []);
    await nodeRed.whenStatus(id('send'), '4/4');
  });

  it('takes the mark off that a spreadsheet puts before the first column', async () => {
    const { startGateway } = await startExample(nodeRed, '08-personal-texts-from-csv');
    const gateway = await startGateway();
    nodeRed.receive(id('table'), { payload: '\uFEFFnumber,name,date\n+12025550101,Ann,3 May' });
    await nodeRed.nextMessage(id('report'));
    assert.deepEqual(
      gateway.onAir.map(({ to }) => to),
      ['+12025550101'],
    );
  });

  it('names the row and its fields if there is no number', async () => {
    const { startGateway } = await startExample(nodeRed, '08-personal-texts-from-csv');
    const gateway = await startGateway();
    nodeRed.receive(id('table'), { payload: 'phone,name,date\n+12025550101,Ann,3 May\n+12025550102,Bob,4 May' });
    const { code, message } = errorIn(await nodeRed.nextMessage(id('refused')));
    assert.equal(code, 'GOIP_BAD_NUMBER');
    assert.equal(message, 'GoipError: row 1: there is no field "number"; the fields are "phone", "name", "date"');
    assert.deepEqual(gateway.onAir, []);
  });

  it('sends nothing to anybody if a field is missing', async () => {
    const { startGateway } = await startExample(nodeRed, '08-personal-texts-from-csv');
    const gateway = await startGateway();
    nodeRed.inject(id('wrong'));
    const { code, message } = errorIn(await nodeRed.nextMessage(id('refused')));
    assert.equal(code, 'GOIP_TEXT_INVALID');
    assert.match(message, /^GoipError: row 2: the text needs the field "name"; the fields are "number", "date"$/);
    assert.deepEqual(gateway.onAir, []);
  });
});
