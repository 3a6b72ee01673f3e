import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { GoipServer, Sms, StorageEvent } from '../../src/index.js';
import { put } from '../../src/journal/store.js';
import { problemOfRecord } from '../../src/records/records.js';
import { Disk } from '../journal/disk.js';
import { hurried } from './hurried.js';
import { DEVICE, Stage } from './stage.js';

const SMS = {
  ...{ event: 'sms', device: 'goipid1', name: 'goipid1', from: '+1', text: 'kept', recvid: '1' },
  ...{ receivedAt: '2026-11-22T10:00:00.000Z', remote: { address: '127.0.0.1', port: 1 } },
};
const JOB = {
  ...{ id: 'kept', text: 'x', to: ['+491', '+492'], devices: null, priority: 'normal', reportMs: 0 },
  ...{ acceptedAt: 1, expiresAt: null, paused: true, origin: 'node', context: null },
};
const RESULT = {
  ...{ to: '+491', state: 'sent', device: 'goipid1', code: null, reason: null, smsNo: null, errorstatus: null },
  ...{ attempts: 1, tried: [], parts: 1, encoding: 'GSM-7', delivery: null, at: '2026-11-22T10:00:00.000Z' },
};
const USAGE = { hour: 1, hourCount: 1, day: 1, dayCount: 1 };

/** Records that do not fit, by their keys. */
const ODD: Readonly<Record<string, unknown>> = {
  'in/00000000002': { ...SMS, text: null },
  'in/00000000003': null,
  'job/00000000002': { ...JOB, id: 'urgent', priority: 'urgent' },
  'job/00000000003': null,
  'job/00000000004': { ...JOB, id: 'no numbers', to: [49151] },
  'usage/goipid1': null,
  'condition/goipid1': { failures: 'many' },
  'pin/goipid1': 7,
  'home/goipid1': { address: '127.0.0.1', port: null },
  sendid: 'seven',
  'session/7': null,
  'restart/goipid1': 'yesterday',
  'number/00000000001/9': { ...RESULT, state: 'sent by pigeon' },
  'refused/00000000001/8': { attempts: 1, tried: null },
  'report/goipid1;1': { job: 'a', index: 0, origin: 'node', result: null, at: 1 },
  'late/a/0': null,
  'untold/a': null,
  'ended/a': { result: null },
  'sticky/+491701234567': null,
  'seen/x': 'long ago',
};

describe('server: records of the journal that do not look as they should', () => {
  const stage = new Stage();
  afterEach(() => stage.close());

  async function startWith(entries: Readonly<Record<string, unknown>>) {
    const disk = new Disk();
    await disk.durable.write(Object.entries(entries).map(([key, value]) => put(key, value)));
    const server = stage.unstarted({ pinAddress: true, sticky: true }, { openStore: disk.open, clock: hurried });
    const told: StorageEvent[] = [];
    server.on('storage', (event) => told.push(event));
    const address = await server.start();
    return { disk, server, told, address };
  }

  const jobsOf = (server: GoipServer): string[] => server.jobs().map(({ id }) => id);

  for (const [key, value] of Object.entries(ODD)) {
    it(`sets ${key} aside, and goes on with everything else`, async () => {
      const { server, disk, address } = await startWith({
        'in/00000000001': SMS,
        'job/00000000001': JOB,
        [key]: value,
      });
      const taken: Sms[] = [];
      server.takeSms({ take: (sms) => taken.push(sms) });
      assert.deepEqual(
        taken.map(({ text }) => text),
        ['kept'],
      );
      assert.deepEqual(
        (await server.adopt('node')).map(({ id }) => id),
        ['kept'],
      );
      const device = await stage.registeredDevice(address);
      const answer = once(server, 'sms');
      assert.equal(await device.ask('RECEIVE:9;id:goipid1;password:password1;srcnum:+1;msg:new'), 'RECEIVE 9 OK\n');
      await answer;
      if (/^(in|job)/.test(key)) assert.deepEqual(disk.durable.get(key), value, 'it is left as it is');
    });
  }

  it('reports all of them once, by name, and without what is in them', async () => {
    const { server, told } = await startWith(ODD);
    // The jobs are read after the start.
    await server.adopt('node');
    const [event, ...more] = told.filter(({ state }) => state === 'set aside');
    assert.ok(event?.state === 'set aside' && more.length === 0);
    // What is only read when it is asked for is found then.
    const later = ['ended/a', 'sticky/+491701234567', 'seen/x', 'restart/goipid1'];
    assert.deepEqual(
      event.records.map(({ key }) => key).sort(),
      Object.keys(ODD)
        .filter((key) => !later.includes(key))
        .sort(),
    );
    assert.match(event.error.message, /job\/00000000002 \(priority: "urgent" instead of high, normal, low\)/);
    assert.equal(problemOfRecord('in/1', { ...SMS, text: 7 }), 'text: a value of type number instead of a text');
  });

  it('does not use the keys of records that were set aside for new ones', async () => {
    // Keys follow the time: only one ahead of it could be used again.
    const [ahead, next] = [4e12, 4e12 + 1].map((key) => key.toString(36).padStart(11, '0'));
    const { server, disk, address } = await startWith({
      [`job/${ahead}`]: { ...JOB, priority: 'urgent' },
      [`in/${ahead}`]: null,
    });
    const device = await stage.registeredDevice(address);
    assert.equal(await device.ask('RECEIVE:9;id:goipid1;password:password1;srcnum:+1;msg:new'), 'RECEIVE 9 OK\n');
    await server.send({ to: '1', text: 'x', id: 'new' });
    assert.deepEqual(jobsOf(server), ['new']);
    const keys = await disk.keys();
    for (const key of [`job/${ahead}`, `job/${next}`, `in/${ahead}`, `in/${next}`]) assert.ok(keys.includes(key), key);
  });

  it('sends no number of a job again of which a record was set aside', async () => {
    const { server } = await startWith({
      'job/00000000001': { ...JOB, paused: false },
      'number/00000000001/0': { ...RESULT, state: 'sent by pigeon' },
    });
    const [job] = await server.adopt('node');
    const result = await job?.result;
    assert.deepEqual(
      result?.results.map(({ state }) => state),
      ['unknown', 'unknown'],
    );
  });

  it('takes all that version 1.0 has written', () => {
    const written = { 'in/1': SMS, 'job/1': JOB, 'number/1/0': RESULT, [`usage/${DEVICE.id}`]: USAGE };
    for (const [key, value] of Object.entries(written)) assert.equal(problemOfRecord(key, value), undefined);
    assert.equal(problemOfRecord('job/2', { ...JOB, priority: undefined, reportMs: undefined }), undefined);
    assert.equal(problemOfRecord('untold/a', 'node'), undefined);
  });
});
