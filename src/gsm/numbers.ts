/** Telephone numbers as people write them at home, made international. */
import type { CountryCode, PhoneNumber } from 'libphonenumber-js/max';
import { phoneLibrary } from './phone-library.js';

/** Is it the code of a country that has telephone numbers (ISO 3166, two letters, upper or lower case)? */
export function isCountry(text: string): boolean {
  return countryOf(text) !== undefined;
}

/**
 * The number as E.164 has it, if it is a number of some country: `0171…`, `0049171…` and `49171…` at home in Germany become
 * `+49171…`. Short codes, and whatever is in no numbering plan, pass unchanged: the network may know better.
 *
 * @param number digits, with or without a leading `+`
 * @param country where numbers without an international prefix are at home
 */
export function toE164(number: string, country: string): string {
  const home = countryOf(country);
  return home === undefined ? number : (readingOf(number, home)?.number ?? number);
}

/** Is it a number of some country in international format? */
export function isE164(number: string): boolean {
  return phoneLibrary().parsePhoneNumberFromString(number, { extract: false })?.isValid() ?? false;
}

/** Whether a number in international format can be one of a mobile phone. */
export function mayBeMobile(number: string): boolean {
  return isMobile(phoneLibrary().parsePhoneNumberFromString(number, { extract: false }));
}

/**
 * Lists often hold the code of the country without its `+`. In some countries that may be read in two ways: 49171… is a mobile
 * of Germany, or a line in the town of Leer; and 0055… a Brazilian number, or one abroad by the carrier 55.
 */
function readingOf(number: string, home: CountryCode): PhoneNumber | undefined {
  const written = numberOf(number, home);
  const code = phoneLibrary().getCountryCallingCode(home);
  if (number.startsWith(`00${code}`)) return numberOf(`+${number.slice(2)}`, home) ?? written;
  if (!number.startsWith(code)) return written;
  const international = numberOf(`+${number}`, home);
  return isMobile(international) ? international : written;
}

/** Undefined unless it is valid. Possible is not enough: by its length alone, every short code is possible in Germany. */
function numberOf(text: string, home: CountryCode): PhoneNumber | undefined {
  const number = phoneLibrary().parsePhoneNumberFromString(text, { defaultCountry: home, extract: false });
  return number?.isValid() && !isShortCode(text, number) ? number : undefined;
}

/**
 * Returns true if up to six digits are a short code, although some numbering plan has them: 1680 is a German pager without its
 * trunk prefix 0. On small islands they are mobile numbers, and are written as they are dialled there.
 */
function isShortCode(text: string, number: PhoneNumber): boolean {
  return /^[1-9]\d{0,5}$/.test(text) && !(isMobile(number) && number.formatNational().replace(/\D/g, '') === text);
}

function isMobile(number: PhoneNumber | undefined): boolean {
  const type = number?.getType();
  return type === 'MOBILE' || type === 'FIXED_LINE_OR_MOBILE';
}

function countryOf(text: string): CountryCode | undefined {
  // Looked at before: the German ß would become SS, which is South Sudan.
  if (!/^[a-z]{2}$/i.test(text)) return undefined;
  const code = text.toUpperCase();
  return phoneLibrary().isSupportedCountry(code) ? code : undefined;
}
