import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Temporary } from '../journal/temporary.js';
import { DEVICE, Stage } from './stage.js';

describe('server: what holds a line, with a journal on disk', () => {
  const stage = new Stage();
  const temporary = new Temporary();
  afterEach(async () => {
    await stage.close();
    await temporary.remove();
  });

  it('goes on after a restart: its cooldown, and that it is failing', async () => {
    const options = {
      ...{ storage: await temporary.directory(), attempts: 1 },
      ...{ cooldownAfter: 3, cooldown: 3600 },
    };
    const first = await stage.server(options);
    const lines = [{ ...DEVICE, failNumbers: { '+1': 50, '+2': 50, '+3': 50 } }];
    const gateway = await stage.gateway(first.address, { lines, lineTime: 0.005 });
    await gateway.whenRegistered();
    const job = await first.server.send({ to: '+1, +2, +3', text: 'hello', id: randomUUID() });
    assert.equal((await job.result).failed, 3);
    const before = first.server.lines()[0];
    assert.deepEqual([before?.failing, before?.hold?.reason], [true, 'cooldown']);
    await first.server.stop();

    const { server } = await stage.server(options);
    await server.adopt('nobody');
    const after = server.lines()[0];
    assert.deepEqual([after?.failing, after?.hold?.reason], [true, 'cooldown']);
    const shift = Date.parse(after?.hold?.until ?? '') - Date.parse(before?.hold?.until ?? '');
    assert.ok(Math.abs(shift) <= 1000, `${shift} ms`);
  });
});
