import assert from 'node:assert/strict';
import fc from 'fast-check';
import { deliveryOf, smsErrorMeaning } from '../../src/gsm/causes.js';
import { check } from '../protocol/property.js';

/** The numbers that the standards list. */
const RP_CAUSES = [1, 8, 10, 17, 21, 22, 27, 28, 29, 30, 38, 41, 42, 47, 50, 69, 81, 95, 96, 97, 98, 99, 111, 127];
const TP_FCS = [
  ...[128, 129, 130, 143, 144, 145, 159, 160, 161, 175, 176, 192, 193, 194, 195, 196, 197, 198, 199],
  ...[208, 209, 210, 211, 212, 213, 255],
];
const MODEM_ERRORS = [
  ...[300, 301, 302, 303, 304, 305, 310, 311, 312, 313, 314, 315, 316, 317, 318, 320, 321, 322],
  ...[330, 331, 332, 340, 500],
];

describe('protocol: errorstatus', () => {
  const VECTORS: readonly (readonly [errorstatus: number, meaning: string])[] = [
    [8, 'barred by the operator'],
    [21, 'message transfer rejected'],
    [38, 'network out of order'],
    [42, 'congestion'],
    [127, 'interworking error'],
    [176, 'kind of message not supported (TPDU)'],
    [208, 'SMS storage of the SIM full'],
    [255, 'unspecified error'],
    [310, 'no SIM inserted'],
    [331, 'no network service'],
    [500, 'unknown error'],
  ];
  for (const [errorstatus, meaning] of VECTORS) {
    it(`${errorstatus} means: ${meaning}`, () => assert.equal(smsErrorMeaning(errorstatus), meaning));
  }

  it('1, which devices give for everything, does not blame the number first', () => {
    assert.equal(smsErrorMeaning(1), 'no details given, or the number is not assigned');
  });

  it('has a meaning for each number that the standards list, and for no other below 512', () => {
    const listed = Array.from({ length: 512 }, (_, n) => n).filter((n) => smsErrorMeaning(n) !== undefined);
    const ofApplications = Array.from({ length: 31 }, (_, n) => 224 + n);
    assert.deepEqual(
      listed,
      [...RP_CAUSES, ...TP_FCS, ...ofApplications, ...MODEM_ERRORS].sort((one, other) => one - other),
    );
  });

  it('of applications and makers of modems is named as such', () => {
    for (const n of [224, 254]) assert.equal(smsErrorMeaning(n), 'error of an application');
    for (const n of [512, 65_535])
      assert.equal(smsErrorMeaning(n), 'error of the modem, in the numbering of its maker');
  });

  it('that is no number of the standards has no meaning', () => {
    for (const n of [0, -1, -300, 2, 223.5, 512.5, NaN, Infinity, -Infinity]) {
      assert.equal(smsErrorMeaning(n), undefined);
    }
  });
});

describe('protocol: TP-Status of delivery reports', () => {
  const VECTORS: readonly (readonly [status: number, state: string, meaning: string])[] = [
    [0, 'delivered', 'received by the recipient'],
    [1, 'undelivered', 'forwarded to the recipient, delivery cannot be confirmed'],
    [2, 'undelivered', 'replaced by another message'],
    [3, 'undelivered', 'reserved status 3'],
    [15, 'undelivered', 'reserved status 15'],
    [16, 'undelivered', 'status 16 of the operator'],
    [31, 'undelivered', 'status 31 of the operator'],
    [32, 'delivery-pending', 'congestion; the network keeps trying'],
    [34, 'delivery-pending', 'no answer from the recipient; the network keeps trying'],
    [38, 'delivery-pending', 'reserved status 38; the network keeps trying'],
    [63, 'delivery-pending', 'status 63 of the operator; the network keeps trying'],
    [64, 'undelivered', 'remote procedure error'],
    [70, 'undelivered', 'validity period expired'],
    [73, 'undelivered', 'the message does not exist'],
    [74, 'undelivered', 'reserved status 74'],
    [95, 'undelivered', 'status 95 of the operator'],
    [96, 'undelivered', 'congestion; the network has given up'],
    [101, 'undelivered', 'error in the device of the recipient; the network has given up'],
    [102, 'undelivered', 'reserved status 102; the network has given up'],
    [127, 'undelivered', 'status 127 of the operator; the network has given up'],
    [128, 'undelivered', 'reserved status 128'],
    [255, 'undelivered', 'reserved status 255'],
    [256, 'undelivered', 'unknown status 256'],
    [-1, 'undelivered', 'unknown status -1'],
    [0.5, 'undelivered', 'unknown status 0.5'],
    [NaN, 'undelivered', 'unknown status NaN'],
  ];
  for (const [status, state, meaning] of VECTORS) {
    it(`${status} is ${state}: ${meaning}`, () => assert.deepEqual(deliveryOf(status), { state, meaning }));
  }

  it('names every value that the standard lists', () => {
    const listed = Array.from({ length: 256 }, (_, n) => n).filter((n) => !/\d/.test(deliveryOf(n).meaning));
    const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);
    assert.deepEqual(listed, [...range(0, 2), ...range(32, 37), ...range(64, 73), ...range(96, 101)]);
  });

  it('is delivered or still on its way only where the protocol says so', () => {
    check(fc.oneof(fc.integer(), fc.integer({ min: -1, max: 256 }), fc.double()), (n) => {
      const isPending = Number.isInteger(n) && n >= 32 && n <= 63;
      assert.equal(deliveryOf(n).state, n === 0 ? 'delivered' : isPending ? 'delivery-pending' : 'undelivered');
    });
  });
});
