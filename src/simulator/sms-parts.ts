/** A long SMS in parts, as phones send it (3GPP 23.040 §9.2.3.24.1, 23.038 §6.2.1). */

/** What fits into one part: septets of GSM-7, or UTF-16 units where the text needs UCS-2. */
export type PartLength = readonly [septets: number, units: number];

/** The header that joins the parts takes 6 of the 140 bytes. */
export const WITH_HEADER: PartLength = [153, 67];
/** An SMS on its own; also the parts of senders that cut without a header. */
export const WITHOUT_HEADER: PartLength = [160, 70];

const GSM_7 = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
    '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
/** Two septets each: an escape goes before. */
const GSM_7_EXTENSION = new Set('\f^{}\\[~]|€');

/** The texts of the parts; one where it fits into one SMS. No character is cut in two. */
export function splitSms(text: string, partLength: PartLength): readonly string[] {
  const characters = Array.from(text);
  const isGsm7 = characters.every((character) => GSM_7.has(character) || GSM_7_EXTENSION.has(character));
  const lengthOf = (character: string) => (isGsm7 ? (GSM_7_EXTENSION.has(character) ? 2 : 1) : character.length);
  const limitOf = ([septets, units]: PartLength) => (isGsm7 ? septets : units);
  const total = characters.reduce((sum, character) => sum + lengthOf(character), 0);
  if (total <= limitOf(WITHOUT_HEADER)) return [text];

  const parts: string[] = [];
  let part = '';
  let length = 0;
  for (const character of characters) {
    if (length + lengthOf(character) > limitOf(partLength)) {
      parts.push(part);
      [part, length] = ['', 0];
    }
    part += character;
    length += lengthOf(character);
  }
  return [...parts, part];
}
