import assert from 'node:assert/strict';
import path from 'node:path';
import { LevelStore } from '../../src/journal/level-store.js';
import { MemoryStore } from '../../src/journal/memory-store.js';
import { del, put, type Store } from '../../src/journal/store.js';
import { Temporary } from './temporary.js';

async function entriesOf(store: Store, prefix = ''): Promise<string[]> {
  const all: string[] = [];
  for await (const [key, value] of store.entries(prefix)) all.push(`${key}=${JSON.stringify(value)}`);
  return all;
}

/** The order of UTF-8: in UTF-16 the last two change places. */
const AWKWARD = ['', ' ', '0', '\u00e9', '\uffff', '🎉', '\u{10ffff}'];

for (const [name, open] of [
  ['LevelStore', (directory: string) => LevelStore.open(path.join(directory, 'store'))],
  ['MemoryStore', () => Promise.resolve(new MemoryStore())],
] as const) {
  describe(`journal: ${name}`, () => {
    const temporary = new Temporary();
    let store: Store;
    beforeEach(async () => (store = await open(await temporary.directory())));
    afterEach(async () => {
      await store.close();
      await temporary.remove();
    });

    it('gives what was written, and nothing else', async () => {
      await store.write([put('a', { text: 'Grüße; 🎉\n' })]);
      assert.deepEqual(store.get('a'), { text: 'Grüße; 🎉\n' });
      assert.equal(store.get('b'), undefined);
    });

    it('has the last of several changes of one entry, within a batch and between batches', async () => {
      await store.write([put('a', 1), del('a'), put('b', 1), put('a', 2), put('b', 2), del('b')]);
      assert.deepEqual(await entriesOf(store), ['a=2']);
      await store.write([del('a'), del('never there'), put('c', 3)]);
      assert.deepEqual(await entriesOf(store), ['c=3']);
    });

    it('gives the entries of a prefix in the order of their keys, whatever follows the prefix', async () => {
      const keys = AWKWARD.map((rest) => `in/${rest}`);
      const others = ['in', 'in.', 'in0', 'im/z', 'job/1', '🎉'];
      await store.write([...keys, ...others].reverse().map((key) => put(key, 0)));
      assert.deepEqual(
        await entriesOf(store, 'in/'),
        keys.map((key) => `${key}=0`),
      );
      assert.deepEqual(await entriesOf(store, 'nothing/'), []);
      assert.equal((await entriesOf(store)).length, keys.length + others.length);
    });

    it('gives the entries as they were when it was asked, whatever is written meanwhile', async () => {
      await store.write([put('a/1', 1), put('a/2', 1), put('a/3', 1)]);
      const seen: string[] = [];
      for await (const [key] of store.entries('a/')) {
        seen.push(key);
        await store.write([del('a/2'), put('a/4', 1)]);
      }
      assert.deepEqual(seen, ['a/1', 'a/2', 'a/3']);
    });

    it('can be left in the middle of its entries', async () => {
      await store.write([put('a/1', 1), put('a/2', 1)]);
      for await (const [key] of store.entries('a/')) {
        assert.equal(key, 'a/1');
        break;
      }
      await store.write([del('a/1')]);
      assert.deepEqual(await entriesOf(store, 'a/'), ['a/2=1']);
    });

    it('takes an empty batch', async () => {
      await store.write([]);
      assert.deepEqual(await entriesOf(store), []);
    });

    it('holds many entries, and large ones', async () => {
      const large = 'x'.repeat(1_000_000);
      await store.write(Array.from({ length: 5000 }, (_, n) => put(`n/${String(n).padStart(5, '0')}`, n)));
      await store.write([put('large', large)]);
      const entries = await entriesOf(store, 'n/');
      assert.deepEqual([entries.length, entries[0], entries[4999]], [5000, 'n/00000=0', 'n/04999=4999']);
      assert.equal(store.get('large'), large);
    });
  });
}
