import assert from 'node:assert/strict';
import { AllowList, displayAddress, networkOf } from '../../src/net/addresses.js';
import { ADDRESSES_REMEMBERED } from '../../src/parameters.js';

describe('gate: allow list', () => {
  /** Which of these addresses may talk? */
  function allowed(entries: readonly string[], ...addresses: readonly string[]): readonly boolean[] {
    const list = AllowList.from(entries);
    assert.ok(list);
    return addresses.map((address) => list.has(address));
  }

  it('without entries lets everybody talk', () => {
    assert.equal(AllowList.from(undefined), undefined);
    assert.equal(AllowList.from([]), undefined);
  });

  it('takes addresses and networks of IPv4', () => {
    assert.deepEqual(allowed(['192.0.2.7'], '192.0.2.7', '192.0.2.8', '::1'), [true, false, false]);
    assert.deepEqual(allowed(['192.0.2.0/24'], '192.0.2.255', '192.0.3.0'), [true, false]);
    assert.deepEqual(allowed(['192.0.2.9/30'], '192.0.2.8', '192.0.2.11', '192.0.2.12'), [true, true, false]);
    assert.deepEqual(allowed(['0.0.0.0/0'], '203.0.113.1', '2001:db8::1'), [true, false]);
  });

  it('takes addresses and networks of IPv6', () => {
    assert.deepEqual(allowed(['2001:db8::7'], '2001:db8::7', '2001:db8::8'), [true, false]);
    assert.deepEqual(allowed(['2001:db8::/32'], '2001:db8:ffff::1', '2001:db9::1'), [true, false]);
    assert.deepEqual(allowed(['2001:db8::/33'], '2001:db8:7fff::1', '2001:db8:8000::1'), [true, false]);
    assert.deepEqual(allowed(['::/0'], '2001:db8::1'), [true]);
  });

  it('takes several entries, with blanks around them', () => {
    assert.deepEqual(allowed([' 192.0.2.7 ', '2001:db8::/64'], '192.0.2.7', '2001:db8::1', '192.0.2.6'), [
      true,
      true,
      false,
    ]);
  });

  it('knows an IPv4 address on a dual-stack socket, however it is written in the list', () => {
    assert.deepEqual(allowed(['192.0.2.0/24'], '::ffff:192.0.2.7', '::ffff:192.0.3.7'), [true, false]);
    assert.deepEqual(allowed(['::ffff:192.0.2.7'], '192.0.2.7', '::ffff:192.0.2.7', '192.0.2.8'), [true, true, false]);
  });

  it('does not mind the zone of a link-local address', () => {
    assert.deepEqual(allowed(['fe80::/10'], 'fe80::1%eth0', 'fec0::1%eth0'), [true, false]);
    assert.deepEqual(allowed(['fe80::1'], 'fe80::1%eth0', 'fe80::1%2', 'fe80::2%eth0'), [true, true, false]);
  });

  it('gives the same answer when it is asked again, also after more addresses than it remembers', () => {
    const list = AllowList.from(['198.51.100.0/24']);
    const addresses = ['198.51.100.1', '203.0.113.1'];
    const ask = () => addresses.map((address) => list?.has(address));
    const first = ask();
    assert.deepEqual(ask(), first);
    for (let n = 0; n <= ADDRESSES_REMEMBERED; n += 1) list?.has(`10.0.${n >> 8}.${n & 255}`);
    assert.deepEqual(ask(), first);
  });

  for (const bad of [
    '',
    ' ',
    'gateway.example',
    '192.0.2',
    '192.0.2.256',
    '192.0.2.0/33',
    '192.0.2.0/-1',
    '192.0.2.0/',
    '192.0.2.0/24/24',
    '192.0.2.0-192.0.2.9',
    '192.0.2.0/255.255.255.0',
    '/24',
    '*',
    '2001:db8::/129',
    '2001:db8::/9999',
    '2001:db8:::1',
    'fe80::1%eth0',
    '[2001:db8::1]',
  ]) {
    it(`refuses ${JSON.stringify(bad)}, naming it`, () => {
      assert.throws(() => AllowList.from(['192.0.2.7', bad]), {
        code: 'GOIP_BAD_SETTING',
        message: `allow: ${JSON.stringify(bad)} is no address and no network`,
      });
    });
  }
});

describe('gate: addresses', () => {
  it('an IPv4 address on a dual-stack socket is shown as one', () => {
    assert.equal(displayAddress('::ffff:192.0.2.7'), '192.0.2.7');
    assert.equal(displayAddress('192.0.2.7'), '192.0.2.7');
    assert.equal(displayAddress('2001:db8::7'), '2001:db8::7');
    assert.equal(displayAddress('::ffff:1'), '::ffff:1');
  });

  for (const [address, network] of [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:db8::6', '2001:db8:0:0::/64'],
    ['2001:db8::3:4:5:6', '2001:db8:0:0::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ] as const) {
    it(`${address} is one source with ${network}`, () => assert.equal(networkOf(address), network));
  }
});
