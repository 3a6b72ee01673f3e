/** The lines that the server under fire knows. */
import type { LineOptions } from '../../src/simulator/index.js';

type Line = LineOptions & { readonly password: string };

/** No stranger guesses them, and no mutation makes one by chance. */
const linesOf = (prefix: string, count: number, habits: Partial<LineOptions> = {}): readonly Line[] =>
  Array.from({ length: count }, (_, n) => ({
    ...habits,
    id: `${prefix}${n + 1}`,
    password: `Zx9-${prefix}-${n + 1}-secret`,
  }));

/** On a network that loses nothing: all that becomes of them is certain. */
export const CALM: readonly Line[] = [
  ...linesOf('calm-push', 2, { firmware: 'push' }),
  ...linesOf('calm-poll', 1, { firmware: 'poll' }),
  ...linesOf('calm-odd', 1, {
    ...{ firmware: 'push', lowerCaseVerbs: true, beforeVerb: '\ufeff \r\n', senderName: 'num', surrogates: true },
  }),
  ...linesOf('calm-direct', 1, { firmware: 'direct', smsNo: true, blankBeforeNewline: true }),
];

/** On a network that loses, doubles and holds back. */
export const STORMY: readonly Line[] = [
  ...linesOf('stormy-push', 2, { firmware: 'push' }),
  ...linesOf('stormy-direct', 1, { firmware: 'direct' }),
];

/** Whose keepalives tell that all before them was handled. */
export const [CONTROL] = linesOf('control', 1) as readonly [Line];

/** Lines whose credentials are in the hands of people who send with them what they like. */
export const OPEN: readonly Line[] = linesOf('open', 8);

export const HONEST: readonly Line[] = [...CALM, ...STORMY, CONTROL];
