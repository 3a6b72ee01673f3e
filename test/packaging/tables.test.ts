/** What is made from the tables in `src/tables/` is in the pages and in the help as `npm run tables` writes it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { htmlOf } from '../../scripts/tables/words.js';
import { madeFiles, type MadeFile } from '../../scripts/tables/made.js';
import { ROOT } from './pack.js';

describe('the tables', () => {
  let files: readonly MadeFile[];
  before(async () => {
    files = await madeFiles();
  });

  it('are in the pages and the help as they are in the code', () => {
    const stale = files.filter(({ before, after }) => before !== after).map(({ name }) => name);
    assert.deepEqual(stale, [], 'run npm run tables');
  });

  it('are read by a page of docs/ and by the help of each language', () => {
    const names = files.map(({ name }) => name);
    for (const set of ['goip-in', 'goip-send', 'goip-server']) {
      assert(names.includes(`docs/${set}.md`));
      for (const language of ['de', 'en-US', 'es', 'ru', 'zh-CN'])
        assert(names.includes(`nodes/locales/${language}/${set}.html`), language);
    }
  });
});

describe('the words of the tables', () => {
  it('become HTML with code, italics and bold, and code stays as it is', () => {
    assert.equal(htmlOf('**Not** _this_ & `a_b_c<d`'), '<b>Not</b> <i>this</i> &amp; <code>a_b_c&lt;d</code>');
  });

  it('are in the help only, and not in the catalogues that the editor loads', () => {
    const read = (...place: readonly string[]) =>
      JSON.parse(readFileSync(path.join(ROOT, ...place, 'nodes', 'locales', 'en-US', 'goip-send.json'), 'utf8')) as {
        readonly help?: unknown;
      };
    const { help, ...loaded } = read();
    assert.notEqual(help, undefined);
    assert.deepEqual(read('dist'), loaded);
  });
});
