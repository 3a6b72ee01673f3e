/** A start after damage of the journal that is killed before all of it is settled. */
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import { GoipServer, type StorageDamage, type StorageEvent } from '../../src/index.js';
import { Temporary } from '../journal/temporary.js';

const JOBS = 200;

describe('server: a start that is killed after damage of the journal', () => {
  const temporary = new Temporary();
  afterEach(() => temporary.remove());

  const serverOn = (storage: string): GoipServer =>
    new GoipServer({ port: 0, host: '127.0.0.1', devices: [{ id: 'one', password: 'secret' }], storage });

  const damageOf = (server: GoipServer): Promise<StorageDamage> =>
    new Promise((resolve) =>
      server.on('storage', (event: StorageEvent) => event.state === 'damaged' && resolve(event)),
    );

  it('reports all numbers in doubt at the next start, also those that the killed one has ended', async () => {
    const storage = path.join(await temporary.directory(), 'journal');
    const first = serverOn(storage);
    await first.start();
    for (let n = 0; n < JOBS; n += 1) await first.send({ to: `+49${n + 1000}`, text: 'x'.repeat(300), origin: 'node' });
    await first.stop();
    for (const name of await readdir(storage)) {
      if (!name.endsWith('.log')) continue;
      const bytes = await readFile(path.join(storage, name));
      bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 4, bytes.length >> 1);
      await writeFile(path.join(storage, name), bytes);
    }
    const killed = serverOn(storage);
    const damaged = damageOf(killed);
    await killed.start();
    const { unknown } = await damaged;
    assert.ok(unknown >= JOBS - 2, String(unknown));
    const copies: string[] = [];
    for (let turn = 0; turn < 40; turn += 1) {
      await turnOfEventLoop();
      if (turn % 8 !== 0) continue;
      const copy = `${storage}-${turn}`;
      cpSync(storage, copy, { recursive: true });
      copies.push(copy);
    }
    await killed.stop();
    let ended = 0;
    for (const copy of copies) {
      const next = serverOn(copy);
      const again = damageOf(next);
      await next.start();
      assert.equal((await again).unknown, unknown, copy);
      ended = Math.max(ended, next.jobs().length);
      await next.stop();
    }
    assert.ok(ended > 0);
  });
});
