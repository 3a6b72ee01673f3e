/** The words of the sidebar: none is missing, and none is left over. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ConnectionState } from '../../nodes/connection.js';
import type { TestSms } from '../../nodes/test-sms.js';
import type { JobSummary, LineState } from '../../src/index.js';

const NODES = path.join(__dirname, '..', '..', 'nodes');

type Texts = { readonly [key: string]: string | Texts };

/** Keys that are made from what the server tells, by how they begin; the types know them all. */
const MADE: Readonly<Record<string, Readonly<Record<string, true>>>> = {
  'state.': {
    ...{ closed: true, connecting: true, listening: true, error: true },
    ...{ 'port in use': true, 'storage error': true },
  } satisfies Record<ConnectionState, true>,
  'hold.': {
    ...{ pause: true, 'hour-limit': true, 'day-limit': true, 'quiet-hours': true, cooldown: true, rest: true },
  } satisfies Record<NonNullable<LineState['hold']>['reason'], true>,
  'test.said-': {
    ...{ sent: true, failed: true, unknown: true, expired: true, cancelled: true, waiting: true },
  } satisfies Record<TestSms['state'], true>,
  'job.': {
    ...{ high: true, low: true },
    ...{ sent: true, failed: true, unknown: true, expired: true, cancelled: true, waiting: true },
  } satisfies Partial<Record<JobSummary['priority'] | keyof JobSummary, true>>,
  'job.said-': { pause: true, resume: true, cancel: true },
  'column.': { line: true, signal: true, queue: true, sent: true, today: true },
  'column-hint.': { line: true, signal: true, queue: true, sent: true, today: true },
  'test.': { line: true, number: true, text: true },
};

describe('the catalogue of the sidebar', () => {
  const html = readFileSync(path.join(NODES, 'goip-sidebar.html'), 'utf8');
  const catalogue = JSON.parse(readFileSync(path.join(NODES, 'locales', 'en-US', 'goip-sidebar.json'), 'utf8')) as {
    'goip-sidebar': Texts;
  };
  const known = keysOf(catalogue['goip-sidebar']);
  const sections = Object.keys(catalogue['goip-sidebar']).join('|');
  const literal = [...html.matchAll(new RegExp(`'((?:${sections})(?:\\.[\\w-]+)?)'`, 'g'))].map(([, key = '']) => key);
  const made = Object.entries(MADE).flatMap(([begin, ends]) => Object.keys(ends).map((end) => begin + end));
  const wanted = new Set([
    ...literal.filter((key) => !key.endsWith('-') && (key.includes('.') || known.includes(key))),
    ...made,
  ]);

  it('has every text that is shown', () => {
    assert.deepEqual(
      [...wanted].filter((key) => !known.includes(key)),
      [],
    );
    assert(literal.length > 40);
  });

  it('has no other', () => {
    assert.deepEqual(
      known.filter((key) => !wanted.has(key)),
      [],
    );
  });

  for (const begin of Object.keys(MADE)) {
    it(`makes keys that begin with ${begin}`, () =>
      assert(html.includes(`'${begin}'`) || html.includes(`\`${begin}\${`), begin));
  }
});

function keysOf(texts: Texts, begin = ''): string[] {
  return Object.entries(texts).flatMap(([key, text]) =>
    typeof text === 'string' ? [begin + key] : keysOf(text, `${begin}${key}.`),
  );
}
