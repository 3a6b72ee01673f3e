/** What becomes of a number, where its lines do not agree. */
import type { Fate } from '../sessions/reference-device.js';

/** `refused here`: by the first line, and by no other. `refused there`: by all others. */
export type Wish = 'sent' | 'refused' | 'refused here' | 'refused there' | 'stuck';

/** @param index of the line */
export function fateOn(index: number, wish: Wish = 'stuck'): Fate {
  if (wish === 'refused here') return index === 0 ? 'refused' : 'sent';
  if (wish === 'refused there') return index === 0 ? 'sent' : 'refused';
  return wish;
}
