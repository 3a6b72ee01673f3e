/** The table of settings agrees with itself, and with its comments, which are those of the API. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readRows } from '../../src/reading/setting.js';
import { defaultInNode, defaultOfVersion, rowOf, SETTINGS, type SettingName } from '../../src/tables/settings.js';

const NAMES = Object.keys(SETTINGS) as SettingName[];
const SOURCE = readFileSync(path.join(__dirname, '..', '..', 'src', 'tables', 'settings.ts'), 'utf8');

describe('config: the table of settings', () => {
  for (const name of NAMES) {
    it(`${name}: its default is a possible value`, () => {
      const { default: value } = rowOf(name);
      const { [name]: read } = readRows({ [name]: rowOf(name) }, { [name]: value }, (_name, problem) =>
        assert.fail(problem),
      );
      if (value !== null) assert.equal(read, value);
    });

    it(`${name}: its comment has its default`, () => {
      const [, comment = ''] = new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\s+${name}: \\{`).exec(SOURCE) ?? [];
      const { default: value } = rowOf(name);
      const shown = typeof value === 'number' ? String(value) : `\`${String(value)}\``;
      assert.match(comment, value === null ? /default: \w/i : new RegExp(`default ${shown}(?!\\d)`, 'i'));
    });
  }

  it('has a default of its own for nodes of older versions', () => {
    assert.deepEqual(
      NAMES.filter((name) => defaultOfVersion(name, 1) !== undefined),
      ['attempts'],
    );
    assert.deepEqual(
      [1, 2, undefined, '1'].map((version) => defaultInNode('attempts', version)),
      [1, 2, 2, 2],
    );
  });
});
