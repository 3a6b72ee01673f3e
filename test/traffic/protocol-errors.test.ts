import assert from 'node:assert/strict';
import { ProtocolErrors } from '../../src/traffic/protocol-errors.js';

const FROM = { address: '::ffff:192.0.2.7', port: 9991 };
const NOW = Date.UTC(2026, 10, 22, 10);

describe('protocol errors', () => {
  it('are told with where they came from, why, and how they begin', () => {
    const errors = new ProtocolErrors(() => ['secret']);
    const datagram = Buffer.from('req:1;id:secret\n');
    errors.add('malformed', 'req: missing password', FROM, NOW, datagram);
    // Node.js may use the memory of a datagram again.
    datagram.fill('y');
    assert.deepEqual(errors.list(), [
      {
        ...{ kind: 'malformed', reason: 'req: missing password', address: '192.0.2.7', port: 9991 },
        ...{ at: '2026-11-22T10:00:00.000Z', text: 'req:1;id:••••\\u000a' },
      },
    ]);
  });

  it('are the last fifty, the newest first', () => {
    const errors = new ProtocolErrors(() => []);
    for (let count = 1; count <= 1000; count += 1) {
      errors.add('unexpected', 'no session waits for it', FROM, NOW, Buffer.from(`OK ${count} 1`));
      const texts = errors.list().map(({ text }) => text);
      const first = Math.max(1, count - 49);
      assert.deepEqual([texts[0], texts.at(-1), texts.length], [`OK ${count} 1`, `OK ${first} 1`, count - first + 1]);
    }
  });

  it('take what is no text, and of what is endless only the beginning', () => {
    const errors = new ProtocolErrors(() => []);
    errors.add('malformed', 'unknown verb', FROM, NOW, Buffer.from([0xff, 0xfe, 0x00, 0x41]));
    errors.add('malformed', 'empty', FROM, NOW, Buffer.alloc(0));
    errors.add('malformed', 'unknown verb', FROM, NOW, Buffer.alloc(65_000, 'a'));
    assert.deepEqual(
      errors.list().map(({ text }) => text),
      ['a'.repeat(80), '', '\ufffd\ufffd\\u0000A'],
    );
  });
});
