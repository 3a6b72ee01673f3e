import assert from 'node:assert/strict';
import type { GoipErrorCode } from '../../src/errors.js';
import type { SendRequest } from '../../src/outbox/accepting/request.js';
import { Stage } from './stage.js';

describe('outbox: acceptance', () => {
  async function refuses(stage: Stage, code: GoipErrorCode, request: Partial<SendRequest>, message?: RegExp) {
    await assert.rejects(
      stage.outbox.accept({ to: '+1', text: 'hello', ...request }),
      message ? { code, message } : { code },
    );
  }

  it('of what is not right is an error with a code, and nothing goes out', async () => {
    const stage = await Stage.online();
    await refuses(stage, 'GOIP_NO_RECIPIENT', { to: '' });
    await refuses(stage, 'GOIP_BAD_NUMBER', { to: '+1, nobody' });
    await refuses(stage, 'GOIP_TEXT_EMPTY', { text: '' });
    await refuses(stage, 'GOIP_TEXT_TOO_LONG', { text: 'a'.repeat(3001) });
    await refuses(stage, 'GOIP_UNKNOWN_DEVICE', { device: 'b' });
    await stage.pass({ seconds: 120 });
    assert.deepEqual(stage.sent(), []);
    assert.equal(stage.outbox.waitingFor('a'), 0);
    await stage.assertQuiet();
  });

  it('of a context that JSON cannot express is an error, and loses nothing else', async () => {
    const stage = await Stage.online({ persistent: true });
    const circle: { itself?: unknown } = {};
    circle.itself = circle;
    const thrower = {
      toJSON: () => {
        throw new Error('thrown by toJSON');
      },
    };
    const other = stage.acceptNow({ to: '+2', context: { row: 7 } });
    const refused = [circle, { count: 1n }, thrower, () => 'a function'].map(async (context) =>
      refuses(stage, 'GOIP_BAD_SETTING', { context }, /the context of the job cannot be saved/),
    );
    await stage.clock.settle();
    await Promise.all(refused);
    assert.deepEqual((await other).job.context, { row: 7 });
    assert.equal(stage.journal.failure, undefined);
    assert.deepEqual(stage.outbox.jobs().length, 1);
  });

  it('keeps the context as it was when the job was asked for', async () => {
    const stage = await Stage.online();
    const context: { row: number; itself?: unknown } = { row: 7 };
    const { job, result } = await stage.accept({ to: '+1', context });
    context.row = 8;
    context.itself = context;
    const sendid = await stage.opens('a');
    await stage.say('a', `OK ${sendid} 1`, `DONE ${sendid}`);
    assert.equal((await result()).sent, 1);
    assert.deepEqual(job.context, { row: 7 });
  });

  it('takes 3000 bytes of UTF-8', async () => {
    const stage = await Stage.online();
    await stage.accept({ to: '+1', text: '短'.repeat(1000) });
    assert.deepEqual(stage.sent(), [`a: MSG 1 3000 ${'短'.repeat(1000)}`]);
  });

  it('is refused while no line is online, once that is known for sure', async () => {
    const stage = await Stage.create({ ids: ['a', 'b'] });
    await stage.pass({ seconds: 92 });
    await refuses(stage, 'GOIP_OFFLINE', {}, /^no line is online$/);
    await refuses(stage, 'GOIP_OFFLINE', { device: 'a' }, /^a: not online$/);
    await refuses(stage, 'GOIP_OFFLINE', { device: ['a', 'b'] }, /^a, b: not online$/);
  });

  it('is refused where there is no line at all', async () =>
    refuses(await Stage.create({ ids: [] }), 'GOIP_OFFLINE', {}));

  it('is refused for a named line that is offline, although another is online', async () => {
    const stage = await Stage.create({ ids: ['a', 'b'] });
    await stage.keepalive('a');
    await stage.pass({ seconds: 92 });
    await refuses(stage, 'GOIP_OFFLINE', { device: 'b' });
  });

  it('is not refused while lines have not had the time to be heard of', async () => {
    const stage = await Stage.create();
    const { news } = await stage.accept({ to: '+1' });
    await stage.pass({ seconds: 25 });
    assert.deepEqual(stage.sent(), []);
    await stage.keepalive('a');
    assert.deepEqual(stage.sent(), ['a: MSG 1 5 hello']);
    assert.deepEqual(news(), ['+1 queued']);
  });

  it('is refused when the outbox is closed', async () => {
    const stage = await Stage.online();
    const closed = stage.outbox.close(0);
    await stage.clock.settle();
    await closed;
    await refuses(stage, 'GOIP_CLOSED', {});
    await stage.pass({ seconds: 120 });
    assert.deepEqual(stage.sent(), []);
  });

  it('gives the caller time to listen before anything is told or sent', async () => {
    const stage = await Stage.online();
    const accepting = stage.acceptNow({ to: '+1, +2' });
    const atOnce = accepting.then(({ job, news }) => ({ job, sent: stage.sent(), told: news() }));
    await stage.clock.settle();
    const { job, sent, told } = await atOnce;
    assert.equal(job.total, 2);
    assert.match(job.id, /^[\da-f-]{36}$/);
    assert.deepEqual([sent, told], [[], []]);
    const { news } = await accepting;
    assert.deepEqual(stage.sent(), ['a: MSG 1 5 hello']);
    assert.deepEqual(news(), ['+1 queued', '+2 queued']);
  });
});
