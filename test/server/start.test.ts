import assert from 'node:assert/strict';
import { MemoryStore, type OpenStore, type Sms } from '../../src/index.js';
import { Stage } from './stage.js';

/** A journal whose jobs take as long to read as the test wants. */
class SlowJobs extends MemoryStore {
  isRead = false;
  #release: () => void = () => undefined;
  readonly #released = new Promise<void>((resolve) => (this.#release = resolve));

  release(): void {
    this.#release();
  }

  open: OpenStore = () => Promise.resolve(this);

  override entries(prefix: string): AsyncIterable<readonly [string, unknown]> {
    const entries = super.entries(prefix);
    if (prefix !== 'job/') return entries;
    const wait = async (): Promise<void> => {
      await this.#released;
      this.isRead = true;
    };
    return (async function* () {
      await wait();
      yield* entries;
    })();
  }
}

describe('server: a start with many jobs', () => {
  const stage = new Stage();
  afterEach(() => stage.close());

  it('binds, answers keepalives and takes SMS, each once, before the jobs are read', async () => {
    const store = new SlowJobs();
    const { server, address } = await stage.server({}, { openStore: store.open });
    const device = await stage.device(address);
    const taken: Sms[] = [];
    server.on('sms', (sms) => taken.push(sms));
    assert.equal(await device.ask('req:1;id:goipid1;pass:password1;'), 'reg:1;status:0;');
    const sms = 'RECEIVE:7;id:goipid1;password:password1;srcnum:+1;msg:hello';
    for (let copy = 0; copy < 2; copy += 1) assert.equal(await device.ask(sms), 'RECEIVE 7 OK\n');
    assert.deepEqual(
      taken.map(({ text }) => text),
      ['hello'],
    );
    assert.equal(store.isRead, false);

    let isAccepted = false;
    const accepted = server.send({ to: '1', text: 'x' }).then((job) => ((isAccepted = true), job));
    assert.equal(await device.ask('req:2;id:goipid1;pass:password1;'), 'reg:2;status:0;');
    assert.equal(isAccepted, false, 'a job waits for those before it');
    store.release();
    await accepted;
    assert.match(await device.next(), /^MSG /);
  });

  it('can be stopped while the jobs are read', async () => {
    const store = new SlowJobs();
    const { server } = await stage.server({}, { openStore: store.open });
    const accepted = server.send({ to: '1', text: 'x' });
    accepted.catch(() => undefined);
    const stopped = server.stop();
    store.release();
    await stopped;
    await assert.rejects(accepted);
  });
});
