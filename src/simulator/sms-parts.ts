/** A long SMS in parts, as phones send it (3GPP 23.040 §9.2.3.24.1). */
import { septetSizesOf } from '../gsm/gsm7.js';

/** What fits into one part: septets of GSM-7, or UTF-16 units where the text needs UCS-2. */
export type PartLength = readonly [septets: number, units: number];

/** The header that joins the parts takes 6 of the 140 bytes. */
export const WITH_HEADER: PartLength = [153, 67];
/** An SMS on its own; also the parts of senders that cut without a header. */
export const WITHOUT_HEADER: PartLength = [160, 70];

/** The texts of the parts; one if it fits into one SMS. No character is cut in two, unless `cutsPairs` says so of surrogates. */
export function splitSms(text: string, partLength: PartLength, cutsPairs = false): readonly string[] {
  const characters = cutsPairs ? text.split('') : Array.from(text);
  const septets = septetSizesOf(text);
  const sizes = septets ?? characters.map((character) => character.length);
  const limitOf = ([inSeptets, inUnits]: PartLength) => (septets ? inSeptets : inUnits);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total <= limitOf(WITHOUT_HEADER)) return [text];

  const parts: string[] = [];
  let part = '';
  let length = 0;
  for (const [index, character] of characters.entries()) {
    const size = sizes[index] ?? 0;
    if (length + size > limitOf(partLength)) {
      parts.push(part);
      [part, length] = ['', 0];
    }
    part += character;
    length += size;
  }
  return [...parts, part];
}
