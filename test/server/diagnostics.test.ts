import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DEVICE, Stage } from './stage.js';

describe('server: diagnostics', () => {
  const stage = new Stage();
  afterEach(() => stage.close());

  const keepalive = (count: number, fields = ''): string =>
    `req:${count};id:${DEVICE.id};pass:${DEVICE.password};num:+8613800138000;imei:862913040000000;pro:TELCO;${fields}`;

  it('tell versions, settings, lines, jobs, storage, and who and what was not let in', async () => {
    const { server, address } = await stage.server({
      devices: [{ ...DEVICE, name: 'Jane Doe', group: 'Family Doe' }],
      allow: ['127.0.0.0/8'],
      routes: [{ prefix: '+86', device: DEVICE.id }],
      resendInterval: 0.5,
    });
    const device = await stage.device(address);
    await device.ask(keepalive(1, 'gsm_status:LOGOUT;13800138000:x;'));
    await server.send({ to: '+8613513415667', text: 'for your eyes only', id: 'invoice of Jane', context: 'Jane' });
    device.send('OK 17 1');
    device.send('USSD 17 hello');
    device.send(`req:1;id:stranger;pass:${DEVICE.password};`);
    device.send(`RECEIVE:1;id:${DEVICE.id};srcnum:+8613513415667;msg:for your eyes only`);
    await device.ask(keepalive(2));

    const diagnostics = server.diagnostics();
    const { version } = JSON.parse(readFileSync(path.join(__dirname, '../../package.json'), 'utf8')) as {
      version: string;
    };
    assert.deepEqual(diagnostics.versions, { package: version, node: process.version });
    assert.equal(diagnostics.platform, `${process.platform} ${process.arch}`);
    assert(diagnostics.listeningSince !== null && diagnostics.listeningSince <= diagnostics.at);
    const { settings } = diagnostics;
    assert.deepEqual([settings.allow, settings.routes, settings.session.resendMs], ['some', 1, 500]);
    assert.deepEqual([settings.expireMs, settings.isPersistent], [86_400_000, false]);

    const [line, ...others] = diagnostics.lines;
    assert(line && others.length === 0);
    assert.deepEqual([line.device, line.online, line.readiness, line.habit], [DEVICE.id, true, 'ready', 'unknown']);
    assert.deepEqual([line.number, line.imei, line.operator], ['+…000', '…000', 'TELCO']);
    assert.deepEqual([line.raw['num'], line.raw['req'], line.roundTripMs], ['+…000', '2', null]);

    const [job] = diagnostics.jobs.first;
    assert.deepEqual([diagnostics.jobs.total, job?.state, job?.total, job?.waiting], [1, 'running', 1, 1]);
    assert.deepEqual(diagnostics.storage, { isPersistent: false, failure: null });
    assert.deepEqual(diagnostics.dropped, {
      malformed: 1,
      unauthorized: 1,
      unexpected: 2,
      foreign: 0,
      unsaved: 0,
      held: 0,
    });
    assert.deepEqual(
      diagnostics.rejected.map(({ id, reason }) => [id, reason]),
      [['stranger', 'unknown id']],
    );
    assert.deepEqual(
      diagnostics.protocolErrors.map(({ kind, reason, text, port }) => [kind, reason, text, port]),
      [
        [
          ...['malformed', 'RECEIVE: missing password'],
          ...[`RECEIVE:1;id:${DEVICE.id};srcnum:+…667;msg:••••`, device.port],
        ],
        ['unexpected', 'no command is out', 'USSD 17 hello', device.port],
        ['unexpected', 'no session waits for it', 'OK 17 1', device.port],
      ],
    );
  });

  it('hold no password, no name, no text, no id of a job and no whole number', async () => {
    const { server, address } = await stage.server({
      devices: [{ ...DEVICE, name: 'Jane Doe', group: 'Family Doe' }],
      resendInterval: 0.03,
    });
    const device = await stage.device(address);
    await device.ask(keepalive(1, `13800138000:x;weird:${DEVICE.password};`));
    const job = await server.send({ to: '+8613513415667', text: 'for your eyes only', id: 'of Jane', context: 'Jane' });
    const sendid = /^MSG (\d+) /.exec(await device.nextNew())?.[1];
    assert.match(await device.askNew(`PASSWORD ${sendid}\n`), /^PASSWORD/);
    assert.match(await device.askNew(`SEND ${sendid}\n`), /^SEND/);
    device.send(`${DEVICE.password}:8613513415667;x`);
    device.send(`ERROR ${sendid} 1 not ${DEVICE.password}, for +8613513415667`);
    await job.result;
    const shown = JSON.stringify(server.diagnostics());
    assert.match(shown, /not ••••, for \+…667"/);
    assert.match(shown, /"text":"••••:…667;x"/);
    assert.doesNotMatch(shown, /password1|Jane|Doe|eyes|\+?86135|138001/);
  });

  it('tell what is wrong with the storage, and what a foreign reply was', async () => {
    const { server, address } = await stage.server();
    const device = await stage.registeredDevice(address);
    await server.send({ to: '+1', text: 'hello' });
    const sendid = /^MSG (\d+) /.exec(await device.nextNew())?.[1];
    const other = await stage.device(address);
    other.send(`PASSWORD ${sendid}\n`);
    await other.ask(`req:1;id:${DEVICE.id};pass:${DEVICE.password};`);
    assert.deepEqual(
      server.diagnostics().protocolErrors.map(({ kind, reason, port }) => [kind, reason, port]),
      [['foreign', `not from where ${DEVICE.id} is`, other.port]],
    );
    assert.equal(server.diagnostics().storage.failure, null);
  });
});
