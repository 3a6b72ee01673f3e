import assert from 'node:assert/strict';
import type { LineError } from '../../src/lines/line-state.js';
import { Stage } from './stage.js';

describe('outbox: the last error of a line', () => {
  const shown = (stage: Stage, id = 'a'): LineError | null => stage.line(id).state(0, stage.clock.now()).lastError;

  it('is that of the number that failed last, and stays when the next one is sent', async () => {
    const stage = await Stage.online();
    await stage.accept({ to: '+1, +2' });
    const sendid = await stage.opens('a');
    assert.equal(shown(stage), null);
    await stage.say('a', `ERROR ${sendid} 1 errorstatus:500`);
    const at = new Date(stage.clock.now()).toISOString();
    const { code, reason, at: shownAt } = shown(stage) ?? assert.fail('no error');
    assert.deepEqual([code, shownAt], ['GOIP_SEND_FAILED', at]);
    assert.match(reason, /500/);
    await stage.pass({ seconds: 3 });
    await stage.say('a', `OK ${sendid} 2`);
    assert.equal(shown(stage)?.at, at);
  });

  it('is there, too, when the result of a number was never learnt', async () => {
    const stage = await Stage.online();
    await stage.accept({ to: '+1' });
    const sendid = await stage.opens('a');
    await stage.say('a', `ERROR ${sendid} SENDID`);
    assert.equal(shown(stage)?.code, 'GOIP_TIMEOUT');
  });

  it('is there, too, when no number came so far: the line will not do for the job', async () => {
    const stage = await Stage.online({ ids: ['a', 'b'] });
    await stage.accept({ to: '+1', device: 'b' });
    const sendid = stage.sendid('b');
    await stage.say('b', `PASSWORD ${sendid}`, `ERROR ${sendid} PASSWORD`, `DONE ${sendid}`);
    assert.equal(shown(stage, 'b')?.code, 'GOIP_AUTH');
    assert.equal(shown(stage, 'a'), null);
  });

  it('is not that the server was closed', async () => {
    const stage = await Stage.online();
    const { job } = await stage.accept({ to: '+1' });
    await stage.opens('a');
    const closed = stage.outbox.close(0);
    await stage.clock.pass({ seconds: 1 });
    await closed;
    assert.deepEqual((await job.result).results[0]?.code, 'GOIP_CLOSED');
    assert.equal(shown(stage), null);
  });
});
