/** The help in the editor's sidebar knows all that comes in messages, and all that can be set. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { EVENT_KINDS, GoipServer, type JobSummary, type RecipientStatus } from '../../src/index.js';
import { CODES } from '../../src/tables/codes.js';
import { ROOT } from './pack.js';

const read = (...names: readonly string[]): string => readFileSync(path.join(ROOT, ...names), 'utf8');
const helpOf = (set: string): string => read('nodes', 'locales', 'en-US', `${set}.html`);

/** Words in `<code>` or in the heads of lists: names stand nowhere else. */
function namesIn(html: string): Set<string> {
  const marked = [...html.matchAll(/<(code|dt)\b[^>]*>([\s\S]*?)<\/\1>/g)].map(([, , text = '']) => text);
  return new Set(marked.flatMap((text) => text.match(/[\w-]+/g) ?? []));
}

function assertNames(set: string, wanted: readonly string[]): void {
  const known = namesIn(helpOf(set));
  const missing = wanted.filter((name) => !known.has(name));
  assert.deepEqual(missing, [], `the help of ${set} does not name them`);
}

describe('the help', () => {
  it('of goip in names every kind of event, and the fields of reports', () => {
    assertNames('goip-in', EVENT_KINDS);
    assertNames('goip-in', ['smsNo', 'state', 'number', 'direction', 'cause', 'minutes', 'info', 'cells', 'bcch']);
    assertNames('goip-in', ['attached', 'text', 'verb', 'fields', 'recvid', 'receivedAt', 'device', 'name']);
  });

  it('of goip send names every code, every state and every field of a result', () => {
    assertNames('goip-send', Object.keys(CODES));
    const fields: Record<keyof RecipientStatus, true> = {
      ...{ id: true, to: true, state: true, device: true, code: true, reason: true, smsNo: true, errorstatus: true },
      ...{ attempts: true, tried: true, parts: true, encoding: true, delivery: true, at: true },
    };
    assertNames('goip-send', Object.keys(fields));
    const states: Record<RecipientStatus['state'], true> = {
      ...{ queued: true, submitted: true, waiting: true, sent: true, failed: true, unknown: true, expired: true },
      ...{ cancelled: true, delivered: true, undelivered: true, 'delivery-pending': true },
    };
    assertNames('goip-send', Object.keys(states));
    assertNames('goip-send', ['priority', 'maxParts', 'waitForReport', 'expire', 'jobId', 'number', 'GSM-7', 'UCS-2']);
  });

  it('of goip status names every field of a line and of a job', () => {
    const [line] = new GoipServer({ devices: [{ id: 'goip-01', password: 'password' }] }).lines();
    assert(line);
    assertNames('goip-status', [...Object.keys(line), ...Object.keys(line.counters), ...Object.keys(line.usage)]);
    assertNames('goip-status', ['pause', 'hour-limit', 'day-limit', 'quiet-hours', 'cooldown', 'rest', 'until']);
    const job: Record<keyof JobSummary, true> = {
      ...{ id: true, origin: true, state: true, priority: true, total: true, waiting: true, sent: true, failed: true },
      ...{ unknown: true, expired: true, cancelled: true, acceptedAt: true, expiresAt: true },
    };
    assertNames('goip-status', Object.keys(job));
  });

  it('of goip-server names every setting as the dialog does', () => {
    const catalogue = JSON.parse(read('nodes', 'locales', 'en-US', 'goip-server.json')) as {
      readonly 'goip-server': { readonly label: Readonly<Record<string, string>> };
    };
    const heads = [...helpOf('goip-server').matchAll(/<(?:dt|h4)>([^<]*)/g)].map(([, head = '']) => head);
    const told = heads.flatMap((head) => head.split(',')).map((name) => name.trim());
    const untold = Object.values(catalogue['goip-server'].label).filter((label) => !told.includes(label));
    // It is in the sentences around.
    assert.deepEqual(untold, ['Password']);
  });
});
