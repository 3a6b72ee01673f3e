import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import fc from 'fast-check';
import { isCountry, toE164 } from '../../src/gsm/numbers.js';
import { check } from '../protocol/property.js';

const SAME = 'unchanged';

/** Of each country what is written, and what becomes of it. */
const TABLE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  DE: {
    '01711234567': '+491711234567',
    '00491711234567': '+491711234567',
    '+491711234567': SAME,
    // +49 (0)171 without its parentheses
    '+4901711234567': '+491711234567',
    '004901711234567': '+491711234567',
    '1711234567': '+491711234567',
    // without the +, as many lists have it, and not the line 71 12 34 567 of Leer, which has the prefix 0491
    '491711234567': '+491711234567',
    '0491711234': '+49491711234',
    // no mobile in either way, so as it is written
    '4961123456': '+494961123456',
    '030123456': '+4930123456',
    '0018005551234': '+18005551234',
    '+12125550123': SAME,
    '110': SAME,
    '115': SAME,
    '116117': SAME,
    '11833': SAME,
    '22833': SAME,
    '72527': SAME,
    '80808': SAME,
    '0': SAME,
    '00': SAME,
    '0049': SAME,
    '+0': SAME,
    '+4930': SAME,
    '12345678901234567890': SAME,
    '+12345678901234567890': SAME,
  },
  GB: {
    '07911123456': '+447911123456',
    '00447911123456': '+447911123456',
    '447911123456': '+447911123456',
    '+4407911123456': '+447911123456',
    '02079460000': '+442079460000',
    '60777': SAME,
    '88888': SAME,
    '999': SAME,
    '118118': SAME,
  },
  US: {
    '2125550123': '+12125550123',
    '12125550123': '+12125550123',
    '011442079460000': '+442079460000',
    // there 00 is not the way abroad
    '00442079460000': SAME,
    '911': SAME,
    '72527': SAME,
    // without the area, which nobody knows
    '5550123': SAME,
  },
  CN: {
    '13800138000': '+8613800138000',
    '8613800138000': '+8613800138000',
    '008613800138000': '+8613800138000',
    '075512345678': '+8675512345678',
    '10086': SAME,
    '95588': SAME,
    // services, also long ones
    '10690000': SAME,
    '106900001234': SAME,
    '106575258123456789': SAME,
  },
  BR: {
    // mobiles have a ninth digit, a 9, and it stays
    '11987654321': '+5511987654321',
    '011987654321': '+5511987654321',
    // by way of the carrier 15, at home and from abroad
    '01511987654321': '+5511987654321',
    '00155511987654321': '+5511987654321',
    '5511987654321': '+5511987654321',
    // and not +1 198…, by way of the carrier 55
    '005511987654321': '+5511987654321',
    '0014491711234567': '+491711234567',
    '1132654321': '+551132654321',
    // a mobile from before 2016: nobody has it any more, and adding the 9 would be a guess
    '1187654321': SAME,
    '+551187654321': SAME,
    '190': SAME,
    '27182': SAME,
  },
  IT: {
    '3471234567': '+393471234567',
    // the zero belongs to the number there
    '0612345678': '+390612345678',
    '00390612345678': '+390612345678',
    '+390612345678': SAME,
    '393471234567': '+393471234567',
    // a mobile that begins as the code of the country does
    '3931234567': '+393931234567',
    '48000': SAME,
    '4880043': SAME,
    '112': SAME,
  },
};

describe('numbers: E.164', () => {
  for (const [country, numbers] of Object.entries(TABLE)) {
    for (const [written, expected] of Object.entries(numbers)) {
      const number = expected === SAME ? written : expected;
      it(`${country}: ${written} ${expected === SAME ? 'stays' : `becomes ${number}`}`, () => {
        assert.equal(toE164(written, country), number);
        assert.equal(toE164(written, country.toLowerCase()), number);
      });
    }
  }

  it('leaves numbers alone where there is no such country', () => {
    for (const country of ['', 'XX', 'DEU', 'D', '__proto__', 'de ', '49'])
      for (const number of ['01711234567', '+4901711234567']) assert.equal(toE164(number, country), number);
  });

  const anyNumber = fc.oneof(
    fc.stringMatching(/^\+?\d{1,20}$/),
    // Such as begin like those of people.
    fc
      .tuple(fc.constantFrom('', '+', '0', '00', '011'), fc.constantFrom('', '49', '55', '1', '39', '0', '6', '171'))
      .chain(([prefix, code]) => fc.stringMatching(/^\d{1,12}$/).map((rest) => prefix + code + rest)),
  );
  const anyCountry = fc.constantFrom(
    'DE',
    'GB',
    'US',
    'CN',
    'BR',
    'IT',
    'AR',
    'MX',
    'RU',
    'KR',
    'JP',
    'SG',
    'AT',
    'XX',
    '',
  );

  it('is always a number, and the same when it is done again, at home and elsewhere', () => {
    const three = fc.tuple(anyNumber, anyCountry, anyCountry);
    const verdict = ([number, country, other]: readonly [string, string, string]): void => {
      const made = toE164(number, country);
      assert.match(made, /^\+?\d{1,20}$/);
      assert.equal(toE164(made, country), made);
      if (made !== number) assert.equal(toE164(made, other), made);
    };
    check(three, verdict, 3000);
  });

  it('leaves up to six digits as they are, in any country with more digits than that', () => {
    for (const country of [
      'DE',
      'GB',
      'US',
      'CN',
      'BR',
      'IT',
      'AT',
      'FR',
      'RU',
      'IN',
      'IR',
      'LU',
      'UY',
      'FI',
      'NZ',
      'ZA',
    ])
      check(fc.stringMatching(/^[1-9]\d{0,5}$/), (number) => assert.equal(toE164(number, country), number), 100);
  });

  it('leaves short codes as they are that a numbering plan has: pagers, companies, lines without their trunk prefix', () => {
    const codes = [
      ['1640', 'DE'],
      ['16800', 'DE'],
      ['30000', 'DE'],
      ['1110', 'AT'],
      ['9601', 'IR'],
      ['2200', 'LU'],
      ['2100', 'UY'],
      ['16300', 'AU'],
      ['81000', 'ZA'],
    ];
    for (const [code = '', country = ''] of codes) assert.equal(toE164(code, country), code, `${code} in ${country}`);
  });

  it('makes the mobile numbers of small countries international, however short', () => {
    assert.equal(toE164('210005', 'FO'), '+298210005');
    assert.equal(toE164('50000', 'FK'), '+50050000');
    assert.equal(toE164('5000', 'NU'), '+6835000');
  });
});

describe('numbers: countries', () => {
  it('are two letters, upper or lower case', () => {
    for (const code of ['DE', 'de', 'Gb', 'US', 'CN', 'BR', 'IT']) assert.equal(isCountry(code), true, code);
  });

  it('are nothing else', () => {
    for (const text of [
      '',
      'XX',
      'D',
      'DEU',
      '49',
      '+49',
      'DE ',
      ' DE',
      'DE\n',
      'ß',
      '__proto__',
      'constructor',
      'Germany',
    ])
      assert.equal(isCountry(text), false, JSON.stringify(text));
  });
});

describe('numbers: the library', () => {
  it('is loaded when it is needed, and not before', () => {
    const module = path.join(__dirname, '..', '..', 'src', 'gsm', 'numbers.ts');
    const program = `
      const { isCountry } = require(${JSON.stringify(module)});
      const isLoaded = () => Object.keys(require.cache).some((file) => file.includes('libphonenumber'));
      const before = [isCountry(''), isLoaded()];
      console.log(JSON.stringify([...before, isCountry('DE'), isLoaded()]));`;
    const output = execFileSync(process.execPath, ['--require', 'tsx/cjs', '--eval', program], { encoding: 'utf8' });
    assert.deepEqual(JSON.parse(output), [false, false, true, true]);
  });
});
