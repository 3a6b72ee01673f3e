/** How odd firmware writes what it sends. */
import type { LineSettings } from './options.js';

export type Spelling = Pick<LineSettings, 'lowerCaseVerbs' | 'beforeVerb' | 'senderName' | 'surrogates'>;

export function spelled(
  datagram: string,
  { lowerCaseVerbs, beforeVerb, senderName, surrogates }: Spelling,
): string | Buffer {
  let text = datagram;
  if (lowerCaseVerbs) text = text.replace(/^\w+/, (verb) => verb.toLowerCase());
  if (senderName !== 'srcnum') text = text.replace(/^(receive:[^]*?;)srcnum:/i, `$1${senderName}:`);
  text = beforeVerb + text;
  return surrogates ? withSurrogates(text) : text;
}

/** UTF-8 in which a character outside the basic plane is two surrogates of three bytes each (CESU-8). */
function withSurrogates(text: string): Buffer {
  const units = text.split('').map((unit) => {
    const code = unit.charCodeAt(0);
    const isSurrogate = code >= 0xd800 && code <= 0xdfff;
    return isSurrogate ? Buffer.of(0xed, 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)) : Buffer.from(unit);
  });
  return Buffer.concat(units);
}
