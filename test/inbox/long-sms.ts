/** Long SMS as senders cut them. */
import { septetsOf } from '../../src/gsm/gsm7.js';

/** Octets of the header of a part: with a reference of 8 bits, of 16 bits, or none. */
export type Header = 6 | 7 | 0;

/** The parts of a text: characters that take two septets or units are not torn apart. */
export function partsOf(text: string, header: Header = 6): string[] {
  const isGsm7 = septetsOf(text) !== undefined;
  const sizeOf = (part: string): number => (isGsm7 ? (septetsOf(part) ?? 0) : part.length);
  const room = (octets: number): number => Math.floor((octets * 8) / (isGsm7 ? 7 : 16));
  if (sizeOf(text) <= room(140)) return [text];
  const parts: string[] = [];
  let part = '';
  for (const character of text) {
    if (sizeOf(part + character) > room(140 - header)) {
      parts.push(part);
      part = '';
    }
    part += character;
  }
  return [...parts, part];
}

/** A text of so many characters, none like the one before it: what is lost or out of order shows. */
export function textOf(characters: string, length: number): string {
  const all = Array.from(characters);
  return Array.from({ length }, (_, index) => all[(index * 7 + Math.floor(index / all.length)) % all.length]).join('');
}

export const LATIN = 'abcdefghijklmnopqrstuvwxyzäöüÄÖÜñ §ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
export const BRACKETS = 'ab[]{}€\\~^|cde';
export const CYRILLIC = 'абвгдежзийклмнопрстуфхцчшщъыьэюя';
export const EMOJI = 'abc🎉def🙂x🚀';
