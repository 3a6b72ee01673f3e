/** The bracketed 0 of `+49 (0) 151…`, which is dialled within the country only. */
import type { PhoneNumber } from 'libphonenumber-js/max';
import { plainDigits, withoutFormatting, withoutMarks } from './dialled.js';
import { phoneLibrary } from './phone-library.js';

/**
 * Returns a number as it is dialled: without its formatting, and without a `(0)` behind a country code. The 0 stays if it
 * belongs to the numbers of the country, such as those of Italy or the Congo. Other trunk prefixes are `(06)` in Hungary and
 * `(8)` in Russia.
 */
export function dialledFrom(text: string): string {
  const written = withoutMarks(text);
  const trunk = BRACKETED.exec(written);
  if (!trunk) return withoutFormatting(text);
  const before = plainDigits(written.slice(0, trunk.index));
  const rest = plainDigits(written.slice(trunk.index + trunk[0].length));
  return withoutTrunkPrefix(before, trunk[1] ?? '', rest) ?? withoutFormatting(text);
}

const BRACKETED = /\([ \u00a0]*(\d{1,2})[ \u00a0]*\)/;

/** What stands before a country code: a plus, or what is dialled to leave Europe, North America or Australia. */
const COUNTRY_CODE = /^(\+|0011|011|00)?([1-9]\d{0,2})$/;

/** Returns undefined if the digits in brackets do not stand behind a country code, or belong to the number. */
function withoutTrunkPrefix(before: string, trunk: string, rest: string): string | undefined {
  const [, prefix, code = ''] = COUNTRY_CODE.exec(before) ?? [];
  if (code === '' || !isCallingCode(code)) return undefined;
  if (trunk !== '0') return isLeftOut(code, trunk, rest) ? `${prefix ?? '+'}${code}${rest}` : undefined;
  const national = zeroBelongs(code, rest) ? `0${rest}` : rest;
  if (prefix !== undefined) return `${prefix}${code}${national}`;
  // A (0) stands behind a country code only, so the plus is missing. Other digits may look like a country code.
  return numberOf(`+${code}${national}`)?.isPossible() === true ? `+${code}${national}` : undefined;
}

/** Digits other than a 0 may be an area code, so the number must be one of the country without them. */
function isLeftOut(code: string, trunk: string, rest: string): boolean {
  const number = numberOf(`+${code}${trunk}${rest}`);
  return isValid(number) && number?.nationalNumber === rest;
}

function zeroBelongs(code: string, rest: string): boolean {
  if (isWithZero(numberOf(`+${code}0${rest}`))) return true;
  // Of a prefix, and of a number that no plan knows, only the beginning can be compared.
  return !isValid(numberOf(`+${code}${rest}`)) && mayBeginWithZero(code, rest.slice(0, COMPARED));
}

/** Digits behind the 0 that are compared. */
const COMPARED = 2;
/** Digits of the shortest and the longest national number. */
const [SHORTEST, LONGEST] = [5, 13];

/** By country code and the digits behind the 0: to find out takes about a millisecond. */
const beginnings = new Map<string, boolean>();

/** Returns true if some numbers of people in the country begin with a 0 and these digits. */
function mayBeginWithZero(code: string, digits: string): boolean {
  const key = `${code} ${digits}`;
  const known = beginnings.get(key);
  if (known !== undefined) return known;
  const may = paddings(1 + digits.length).some((padding) => {
    const number = numberOf(`+${code}0${digits}${padding}`);
    return isWithZero(number) && /^(FIXED_LINE|MOBILE)/.test(number?.getType() ?? '');
  });
  beginnings.set(key, may);
  return may;
}

/** One digit again and again: with each digit, and in all lengths. */
function paddings(used: number): string[] {
  const lengths = Array.from({ length: LONGEST - SHORTEST + 1 }, (_, index) => SHORTEST + index - used);
  return lengths.flatMap((length) => Array.from('0123456789', (digit) => digit.repeat(length)));
}

function numberOf(text: string): PhoneNumber | undefined {
  return phoneLibrary().parsePhoneNumberFromString(text, { extract: false });
}

function isValid(number: PhoneNumber | undefined): boolean {
  return number?.isValid() ?? false;
}

/** The library leaves out a 0 that does not belong to a number. */
function isWithZero(number: PhoneNumber | undefined): boolean {
  return isValid(number) && number?.nationalNumber.startsWith('0') === true;
}

let callingCodes: ReadonlySet<string> | undefined;

function isCallingCode(digits: string): boolean {
  const { getCountries, getCountryCallingCode } = phoneLibrary();
  callingCodes ??= new Set(getCountries().map((country) => getCountryCallingCode(country)));
  return callingCodes.has(digits);
}
