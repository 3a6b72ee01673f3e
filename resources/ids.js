/** Ids that follow each other, such as `gw1-01`, `gw1-02`, and passwords that nobody has thought of. */
(function () {
  /** The id `steps` after one that ends with digits, which keep their leading zeros; else a number is put behind it. */
  const nth = (id, steps) => {
    const [, before, digits] = /^(.*?)(\d{1,15})$/s.exec(id) ?? [];
    if (digits === undefined) return steps === 0 ? id : `${id}-${steps + 1}`;
    return before + String(Number(digits) + steps).padStart(digits.length, '0');
  };

  /** The next one that nobody has. */
  const nextFree = (id, taken) => {
    let steps = 1;
    while (taken.has(nth(id, steps))) steps += 1;
    return nth(id, steps);
  };

  /** Without what looks alike, as it may have to be typed into the web page of a gateway. */
  const ALPHABET = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  const PASSWORD_LENGTH = 12;

  const newPassword = () => {
    let password = '';
    while (password.length < PASSWORD_LENGTH) {
      const [byte] = crypto.getRandomValues(new Uint8Array(1));
      // Else the first ones would be likelier than the others.
      if (byte < ALPHABET.length * Math.floor(256 / ALPHABET.length)) password += ALPHABET[byte % ALPHABET.length];
    }
    return password;
  };

  RED.goip ??= {};
  RED.goip.ids = { newPassword, nextFree, nth };
})();
