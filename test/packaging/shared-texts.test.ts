/** What the dialogs judge by, as the browser gets it, is what the runtime does. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import fc from 'fast-check';
import * as parameters from '../../src/parameters.js';
import { isDialled, withoutFormatting } from '../../src/gsm/dialled.js';
import { septetsOf } from '../../src/gsm/gsm7.js';
import { segmentsOf } from '../../src/gsm/segments.js';
import { check } from '../protocol/property.js';
import { BAD_NUMBERS, GOOD_NUMBERS } from '../gsm/number-cases.js';
import { ROOT } from './pack.js';

type Texts = typeof parameters &
  Record<'segmentsOf' | 'septetsOf' | 'isDialled' | 'withoutFormatting', (text: string) => unknown>;

const EXAMPLES = [
  '',
  'a'.repeat(161),
  'ć'.repeat(71),
  '€'.repeat(153),
  '😀'.repeat(36),
  '\ud83d',
  '1 line\nand [another]',
];
const NUMBERS = [...Object.values(GOOD_NUMBERS).map(([written]) => written), ...Object.values(BAD_NUMBERS)];

/** Letters of both alphabets, and those that take more than one place. */
const text = fc
  .array(fc.oneof(fc.constantFrom('a', 'é', '€', '[', '~', 'ć', '你', '😀', '\n'), fc.string({ unit: 'binary' })), {
    maxLength: 400,
  })
  .map((parts) => parts.join(''));

/** The editor as far as the script asks for it while it loads. */
const editorOf = (): { goip?: Texts; comms: object } => ({ comms: { subscribe: () => undefined } });
const styleSheet = { text: () => styleSheet, appendTo: () => styleSheet };

describe('what the dialogs share with the runtime', () => {
  const script = readFileSync(path.join(ROOT, 'resources', 'editor.js'), 'utf8');
  const RED = editorOf();
  // As a script of a page, which has no modules.
  const load = () => void vm.runInNewContext(script, { RED, $: () => styleSheet, document: {} });
  let texts: Texts;
  before(() => {
    load();
    texts = RED.goip ?? assert.fail('there is none');
  });

  it('is shared once, although every page loads the script', () => {
    load();
    assert.equal(RED.goip, texts);
  });

  it('counts a text in the same way', () => {
    const isSame = (one: string): void => {
      assert.deepEqual({ ...(texts.segmentsOf(one) as object) }, segmentsOf(one));
      assert.equal(texts.septetsOf(one), septetsOf(one));
    };
    EXAMPLES.forEach(isSame);
    check(text, isSame);
  });

  it('takes the same for a number', () => {
    const isSame = (one: string): void => {
      assert.equal(texts.withoutFormatting(one), withoutFormatting(one));
      assert.equal(texts.isDialled(one), isDialled(one));
    };
    NUMBERS.forEach(isSame);
    check(fc.string(), isSame);
  });

  it('has the same limits', () => {
    for (const name of ['MAX_TEXT_BYTES', 'LONGEST_EXPIRE', 'LONGEST_REPORT_WAIT'] as const) {
      assert.equal(texts[name], parameters[name]);
    }
  });
});
