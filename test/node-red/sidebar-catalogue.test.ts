/** The words of the sidebar: none is missing, and none is left over. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ConnectionState } from '../../nodes/shared/connection.js';
import type { TestSms } from '../../nodes/shared/test-sms.js';
import type { JobSummary, LineState, TraceEntry } from '../../src/index.js';

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
  'hint.': { 'no-server': true, 'no-match': true, forbidden: true, failed: true },
  'trace.': { in: true, out: true } satisfies Record<TraceEntry['direction'], true>,
  'column.': { line: true, signal: true, queue: true, sent: true, today: true },
  'column-hint.': { line: true, signal: true, queue: true, sent: true, today: true },
  'test.': { line: true, number: true, text: true },
  'test.no-': { line: true, number: true, text: true },
};

const LOCALES = path.join(NODES, 'locales');

describe('the catalogue of the sidebar', () => {
  const html = readFileSync(path.join(NODES, 'goip-sidebar.html'), 'utf8');
  const made = Object.entries(MADE).flatMap(([begin, ends]) => Object.keys(ends).map((end) => begin + end));

  for (const language of readdirSync(LOCALES)) {
    const text = readFileSync(path.join(LOCALES, language, 'goip-sidebar.json'), 'utf8');
    const { 'goip-sidebar': catalogue } = JSON.parse(text) as { 'goip-sidebar': Texts };
    const known = keysOf(catalogue);
    const sections = Object.keys(catalogue).join('|');
    const literal = [...html.matchAll(new RegExp(`'((?:${sections})(?:\\.[\\w-]+)?)'`, 'g'))].map(
      ([, key = '']) => key,
    );
    const wanted = new Set([
      ...literal.filter((key) => !key.endsWith('-') && (key.includes('.') || known.includes(key))),
      ...made,
    ]);

    it(`${language}: has every text that is shown`, () => {
      assert.deepEqual(
        [...wanted].filter((key) => !known.includes(key)),
        [],
      );
      assert(literal.length > 40);
    });

    it(`${language}: has no other`, () => {
      assert.deepEqual(
        known.filter((key) => !wanted.has(key)),
        [],
      );
    });
  }

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
