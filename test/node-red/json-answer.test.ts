import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { jsonPieces, sendJson } from '../../nodes/shared/json-answer.js';

const ITEMS = Array.from({ length: 7 }, (_, index) => ({ index, text: `"],{${index}`, missing: undefined }));

describe('answers of the admin API', () => {
  for (const [what, body] of [
    ['an empty object', {}],
    ['no list', { state: 'listening', dropped: { malformed: 1 }, missing: undefined, nothing: null }],
    ['short lists', { lines: [], jobs: [1, 2, 3] }],
    ['a list of just one piece', { lines: [1, 2, 3] }],
    ['long lists', { state: 'listening', lines: ITEMS, jobs: [...ITEMS, undefined], rejected: [], last: true }],
    ['a long list at the beginning and at the end', { lines: ITEMS, jobs: ITEMS }],
    ['names that need quoting', { 'a"b': ITEMS }],
  ] as const) {
    it(`in pieces are what JSON.stringify makes: ${what}`, async () => {
      let text = '';
      for await (const piece of jsonPieces(body, 3)) text += piece;
      assert.equal(text, JSON.stringify(body));
    });
  }

  it('are made at most so many items per turn of the event loop', async () => {
    let made = 0;
    let most = 0;
    const items = Array.from({ length: 20 }, (_, index) => ({
      toJSON: () => {
        made += 1;
        return index;
      },
    }));
    let isOver = false;
    const count = (): void => {
      most = Math.max(most, made);
      made = 0;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    for await (const piece of jsonPieces({ items }, 3)) assert.notEqual(piece, '');
    isOver = true;
    assert.equal(most, 3);
  });

  it('with thousands of items arrive whole', async () => {
    const body = {
      state: 'listening',
      lines: Array.from({ length: 5000 }, (_, index) => ({ index, text: 'x'.repeat(200) })),
    };
    const server = createServer((_, response) => {
      void sendJson(Object.assign(response, { json: () => assert.fail('in one piece') }), body);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    try {
      const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
      assert.deepEqual(await answer.json(), body);
    } finally {
      server.close();
    }
  });

  it('without a long list are left to Express', async () => {
    const answers: object[] = [];
    const response = { json: (body: object) => answers.push(body) } as unknown as ServerResponse & { json(): void };
    await sendJson(response, { lines: [1, 2] });
    assert.deepEqual(answers, [{ lines: [1, 2] }]);
  });
});
