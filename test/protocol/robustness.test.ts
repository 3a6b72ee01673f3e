import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  COMMANDS,
  formatDeviceMessage,
  formatServerMessage,
  parseDeviceMessage,
  parseServerMessage,
  type Malformed,
  type ServerMessage,
} from '../../src/protocol/index.js';
import { DEVICE_MESSAGES, SERVER_MESSAGES, text } from './arbitrary-messages.js';
import datagrams from './datagrams.json';
import { check, SEED } from './property.js';
import { isMalformed, plain } from './vectors.js';

const REAL = datagrams.map(({ bytes_utf8: datagram }) => Buffer.from(datagram));
const REASONS: ReadonlySet<string> = new Set<Malformed['reason']>([
  'empty',
  'unknown verb',
  'missing number',
  'missing id',
  'missing password',
  'missing text',
  'missing value',
  'wrong length',
]);
/** Kept as part of the value; but written as the last pair of a datagram it belongs to the line end. */
const BLANK_BEFORE_SEMICOLON = /[ \t\r\n\0];/;
const VERBS = new Set([...Object.keys(DEVICE_MESSAGES), ...Object.keys(SERVER_MESSAGES), ...Object.keys(COMMANDS)]);

/** A real datagram with some bytes put in, taken out and overwritten. */
const mutated = fc
  .tuple(
    fc.constantFrom(...REAL),
    fc.array(fc.tuple(fc.nat(200), fc.nat(3), fc.oneof(fc.uint8Array({ maxLength: 4 }), text.map(bytes))), {
      maxLength: 4,
    }),
  )
  .map(([datagram, edits]) =>
    edits.reduce((before, [at, removed, inserted]) => {
      const position = at % (before.length + 1);
      return Buffer.concat([before.subarray(0, position), inserted, before.subarray(position + removed)]);
    }, datagram),
  );

/** A verb that we know, and anything behind it. */
const onlyTheVerbIsRight = fc
  .tuple(fc.constantFrom(...VERBS), fc.constantFrom(' ', ':', ' 11 ', ':1;id:a;password:b;'), text)
  .map((parts) => parts.join(''));

describe(`whatever comes in (seed ${SEED})`, () => {
  const inputs = {
    'any bytes': fc.uint8Array({ maxLength: 200 }),
    'any string, lone surrogates too': fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }),
    'a verb and anything behind it': onlyTheVerbIsRight,
    'a real datagram with edits': mutated,
  } satisfies Record<string, fc.Arbitrary<Uint8Array | string>>;

  for (const [input, datagram] of Object.entries<fc.Arbitrary<Uint8Array | string>>(inputs)) {
    it(`${input}: is read without an exception and never quoted`, () => check(datagram, assertSound, 2000));
  }

  it('a real datagram, cut off behind each of its bytes', () => {
    for (const datagram of REAL) {
      for (let length = 0; length <= datagram.length; length += 1) assertSound(datagram.subarray(0, length));
    }
  });

  it('a view into a larger buffer is read within its bounds', () => {
    const datagram = Buffer.from('xxOK 11 1\n5').subarray(2, -1);
    assert.deepEqual(parseDeviceMessage(datagram), { kind: 'OK', sendid: 11, telid: 1, smsNo: null });
  });
});

function assertSound(datagram: Uint8Array | string): void {
  assertSoundFor(parseDeviceMessage, formatDeviceMessage, datagram);
  assertSoundFor(parseServerMessage, formatUnlessSmuggling, datagram);
}

/** Undefined for what must not be written: a second line, or a control character in the code of a USSD. */
function formatUnlessSmuggling(message: ServerMessage): string | undefined {
  const hasLineEnd = message.kind !== 'MSG' && /[\r\n\0]/.test(Object.values(message).join(''));
  const hasControl = message.kind === 'USSD' && /\p{Cc}/u.test(message.code);
  if (!hasLineEnd && !hasControl) return formatServerMessage(message);
  assert.throws(() => formatServerMessage(message), TypeError);
  return undefined;
}

/** What was read can be written and read again; what was not is told without a word of the datagram. */
function assertSoundFor<M extends { readonly kind: string }>(
  parse: (datagram: Uint8Array | string) => M | Malformed,
  format: (message: M) => string | undefined,
  datagram: Uint8Array | string,
): void {
  const message = parse(datagram);
  if (isMalformed(message)) {
    const { kind, reason, verb, ...rest } = message;
    assert.equal(kind, 'malformed');
    assert(REASONS.has(reason));
    assert(verb === undefined || VERBS.has(verb));
    assert.deepEqual(rest, {});
  } else if (!BLANK_BEFORE_SEMICOLON.test(Buffer.from(datagram).toString())) {
    const written = format(message);
    if (written !== undefined) assert.deepEqual(plain(parse(written)), plain(message));
  }
}

function bytes(string: string): Uint8Array {
  return Buffer.from(string);
}
