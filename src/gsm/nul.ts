/** NUL in texts that come from the network. */

/**
 * A text without NUL, which is no character of an SMS: firmware leaves some behind the end of a text, where they are removed.
 * One within a text becomes U+FFFD, so that what is missing there is seen.
 */
export function withoutNul(text: string): string {
  if (!text.includes('\0')) return text;
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end -= 1;
  return text.slice(0, end).replaceAll('\0', '\ufffd');
}
