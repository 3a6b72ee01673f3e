/** The 7-bit alphabet of GSM (3GPP 23.038 §6.2.1): how much room a text takes in it. */

/** In the order of their codes; the escape at 0x1B is no character. */
const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
/** Those that are an escape and a second septet. */
const EXTENSION = '\f^{}\\[~]|€';

const SEPTETS: ReadonlyMap<string, number> = new Map([
  ...Array.from(BASIC, (character) => [character, 1] as const),
  ...Array.from(EXTENSION, (character) => [character, 2] as const),
]);

/** Septets of each character of a text; undefined where it has characters that the alphabet does not have. */
export function septetSizesOf(text: string): readonly number[] | undefined {
  const sizes: number[] = [];
  for (const character of text) {
    const size = SEPTETS.get(character);
    if (size === undefined) return undefined;
    sizes.push(size);
  }
  return sizes;
}

/** Septets of a text, likewise. */
export function septetsOf(text: string): number | undefined {
  return septetSizesOf(text)?.reduce((sum, size) => sum + size, 0);
}
