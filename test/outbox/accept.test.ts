import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { GoipErrorCode } from '../../src/errors.js';
import type { SendRequest } from '../../src/outbox/request.js';
import { Stage } from './stage.js';

describe('outbox: acceptance', () => {
  function refuses(stage: Stage, code: GoipErrorCode, request: Partial<SendRequest>, message?: RegExp): void {
    assert.throws(
      () => stage.outbox.accept({ to: '+1', text: 'hello', ...request }),
      message ? { code, message } : { code },
    );
  }

  it('of what is not right is an error with a code, and nothing goes out', async () => {
    const stage = Stage.online();
    refuses(stage, 'GOIP_NO_RECIPIENT', { to: '' });
    refuses(stage, 'GOIP_BAD_NUMBER', { to: '+1, nobody' });
    refuses(stage, 'GOIP_TEXT_EMPTY', { text: '' });
    refuses(stage, 'GOIP_TEXT_TOO_LONG', { text: 'a'.repeat(3001) });
    refuses(stage, 'GOIP_UNKNOWN_DEVICE', { device: 'b' });
    await turn();
    stage.pass({ seconds: 120 });
    assert.deepEqual(stage.sent(), []);
    assert.equal(stage.outbox.waitingFor('a'), 0);
    assert.equal(stage.clock.pending, 0);
  });

  it('takes 3000 bytes of UTF-8', async () => {
    const stage = Stage.online();
    await stage.accept({ to: '+1', text: '短'.repeat(1000) });
    assert.deepEqual(stage.sent(), [`a: MSG 1 3000 ${'短'.repeat(1000)}`]);
  });

  it('is refused while no line is online, once that is known for sure', () => {
    const stage = new Stage({ ids: ['a', 'b'] });
    stage.pass({ seconds: 92 });
    refuses(stage, 'GOIP_OFFLINE', {}, /^no line is online$/);
    refuses(stage, 'GOIP_OFFLINE', { device: 'a' }, /^a: not online$/);
    refuses(stage, 'GOIP_OFFLINE', { device: ['a', 'b'] }, /^a, b: not online$/);
  });

  it('is refused where there is no line at all', () => refuses(new Stage({ ids: [] }), 'GOIP_OFFLINE', {}));

  it('is refused for a named line that is offline, although another is online', () => {
    const stage = new Stage({ ids: ['a', 'b'] });
    stage.keepalive('a');
    stage.pass({ seconds: 92 });
    refuses(stage, 'GOIP_OFFLINE', { device: 'b' });
  });

  it('is not refused while lines have not had the time to be heard of', async () => {
    const stage = new Stage();
    const { news } = await stage.accept({ to: '+1' });
    stage.pass({ seconds: 25 });
    assert.deepEqual(stage.sent(), []);
    stage.keepalive('a');
    assert.deepEqual(stage.sent(), ['a: MSG 1 5 hello']);
    assert.deepEqual(news(), ['+1 queued']);
  });

  it('is refused when the outbox is closed', async () => {
    const stage = Stage.online();
    await stage.outbox.close(0);
    refuses(stage, 'GOIP_CLOSED', {});
    stage.pass({ seconds: 120 });
    assert.deepEqual(stage.sent(), []);
  });

  it('gives the caller time to listen before anything is told or sent', async () => {
    const stage = Stage.online();
    const { job, news } = stage.acceptNow({ to: '+1, +2' });
    assert.equal(job.total, 2);
    assert.match(job.id, /^[\da-f-]{36}$/);
    assert.deepEqual([stage.sent(), news()], [[], []]);
    await turn();
    assert.deepEqual(stage.sent(), ['a: MSG 1 5 hello']);
    assert.deepEqual(news(), ['+1 queued', '+2 queued']);
  });
});
