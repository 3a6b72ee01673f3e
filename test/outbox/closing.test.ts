import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { resultsOf, Stage } from './stage.js';

/** Has the promise settled? */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open');
  return (await Promise.race([promise, turn(open)])) !== open;
}

async function close(stage: Stage, graceMs: number): Promise<void> {
  const closed = stage.outbox.close(graceMs);
  await stage.clock.settle();
  await closed;
}

describe('outbox: closing', () => {
  it('is done at once where nothing is on its way', async () => {
    const stage = await Stage.online();
    await close(stage, 5000);
  });

  it('fails what waits, and ends a session that only opens with a DONE, without waiting for an answer', async () => {
    const stage = await Stage.online();
    const first = await stage.accept({ to: '+1, +2' });
    const second = await stage.accept({ to: '+3' });
    const closed = stage.outbox.close(5000);
    await stage.clock.settle();
    assert.deepEqual(stage.sent('a'), ['MSG 1 5 hello', 'DONE 1']);
    await closed;
    assert.deepEqual(resultsOf(await first.result()), ['+1 failed GOIP_CLOSED', '+2 failed GOIP_CLOSED']);
    assert.deepEqual(resultsOf(await second.result()), ['+3 failed GOIP_CLOSED']);
    await stage.assertQuiet();
  });

  it('fails a job that was accepted and had not begun', async () => {
    const stage = await Stage.online();
    const accepting = stage.acceptNow({ to: '+1' });
    await close(stage, 0);
    const { result, news } = await accepting;
    assert.deepEqual(resultsOf(await result()), ['+1 failed GOIP_CLOSED']);
    assert.deepEqual(news(), ['+1 queued', '+1 failed']);
    assert.deepEqual(stage.sent(), []);
  });

  it('waits for the result of what a device has in hand, then for its DONE', async () => {
    const stage = await Stage.online();
    const { result } = await stage.accept({ to: '+1, +2' });
    const sendid = await stage.opens('a');
    const closed = stage.outbox.close(10_000);
    await stage.clock.settle();
    await stage.pass({ seconds: 4 });
    await stage.say('a', `OK ${sendid} 1`);
    assert.deepEqual(stage.sent('a').slice(-1), [`DONE ${sendid}`]);
    assert.equal(await isSettled(closed), false);
    await stage.say('a', `DONE ${sendid}`);
    await closed;
    assert.deepEqual(resultsOf(await result()), ['+1 sent a', '+2 failed GOIP_CLOSED']);
    await stage.assertQuiet();
  });

  it('waits no longer than the grace: then the number is unknown, and the DONE goes out all the same', async () => {
    const stage = await Stage.online();
    const { result } = await stage.accept({ to: '+1' });
    const sendid = await stage.opens('a');
    await stage.say('a', `WAIT ${sendid} 1`);
    stage.sent('a');
    const closed = stage.outbox.close(10_000);
    await stage.clock.settle();
    await stage.pass({ seconds: 9 });
    assert.deepEqual(stage.sent('a'), []);
    assert.equal(await isSettled(closed), false);
    await stage.pass({ seconds: 1 });
    await closed;
    assert.deepEqual(stage.sent('a'), [`DONE ${sendid}`]);
    assert.deepEqual(resultsOf(await result()), ['+1 unknown GOIP_CLOSED a']);
    await stage.assertQuiet();
  });

  it('ends every session on every line', async () => {
    const stage = await Stage.online({ ids: ['a', 'b', 'c'], sessionsPerLine: 2 });
    await stage.accept({ to: '+1, +2, +3, +4, +5, +6' });
    stage.sent();
    await stage.say('b', 'PASSWORD 3', 'SEND 3');
    stage.sent();
    const closed = stage.outbox.close(0);
    await stage.clock.settle();
    await stage.pass({ seconds: 0.1 });
    await closed;
    const released = stage.sent().map((request) => request.replace('DONE', '').replace(/\s+/, ' '));
    assert.deepEqual(released.toSorted(), ['a: 1', 'a: 2', 'b: 3', 'b: 4', 'c: 5', 'c: 6']);
  });

  it('can be asked for twice', async () => {
    const stage = await Stage.online();
    await stage.accept({ to: '+1' });
    const sendid = await stage.opens('a');
    const twice = [stage.outbox.close(10_000), stage.outbox.close(10_000)];
    await stage.clock.settle();
    await stage.say('a', `OK ${sendid} 1`, `DONE ${sendid}`);
    await Promise.all(twice);
    await close(stage, 0);
    await stage.assertQuiet();
  });

  it('wakes up no line that rests', async () => {
    const stage = await Stage.online();
    const { result } = await stage.accept({ to: '+1' });
    await stage.say('a', `ERROR ${stage.sendid('a')} busy`);
    stage.sent();
    await close(stage, 0);
    await stage.assertQuiet();
    await stage.pass({ seconds: 200 });
    assert.deepEqual(stage.sent(), []);
    assert.deepEqual(resultsOf(await result()), ['+1 failed GOIP_CLOSED']);
  });

  it('opens no session for a number that another line gives back', async () => {
    const stage = await Stage.online({ ids: ['a', 'b'] });
    const { result } = await stage.accept({ to: '+1, +2', device: ['a', 'b'] });
    stage.sent();
    await stage.say('a', 'PASSWORD 1', 'SEND 1');
    const closed = stage.outbox.close(5000);
    await stage.clock.settle();
    await stage.say('a', 'ERROR 1 SENDID');
    await closed;
    assert.deepEqual(
      stage.sent().filter((request) => request.includes('MSG')),
      [],
    );
    assert.deepEqual(resultsOf(await result()), ['+1 unknown GOIP_TIMEOUT a', '+2 failed GOIP_CLOSED']);
  });
});
