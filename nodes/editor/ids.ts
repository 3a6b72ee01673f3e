/** Ids that follow each other, such as `gw1-01`, `gw1-02`, and random passwords. */

/** The id `steps` after one that ends with digits, which keep their leading zeros; else a number is appended. */
export function nth(id: string, steps: number): string {
  const [, before = '', digits] = /^(.*?)(\d{1,15})$/s.exec(id) ?? [];
  if (digits === undefined) return steps === 0 ? id : `${id}-${steps + 1}`;
  return before + String(Number(digits) + steps).padStart(digits.length, '0');
}

/** The next id that is not taken. */
export function nextFree(id: string, taken: ReadonlySet<unknown>): string {
  let steps = 1;
  while (taken.has(nth(id, steps))) steps += 1;
  return nth(id, steps);
}

/** Without characters that look alike: users may have to type a password into the web page of a gateway. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const PASSWORD_LENGTH = 12;

export function newPassword(): string {
  let password = '';
  while (password.length < PASSWORD_LENGTH) {
    const [byte = 0] = crypto.getRandomValues(new Uint8Array(1));
    // The remaining bytes would make the first characters likelier than the others.
    if (byte < ALPHABET.length * Math.floor(256 / ALPHABET.length)) password += ALPHABET.charAt(byte % ALPHABET.length);
  }
  return password;
}
