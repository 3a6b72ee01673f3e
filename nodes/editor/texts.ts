/** What the dialogs count and check as the runtime does, from the code of the runtime. */
export { isDialled, withoutFormatting } from '../../src/gsm/dialled.js';
export { septetsOf } from '../../src/gsm/gsm7.js';
export { segmentsOf } from '../../src/gsm/segments.js';
export { PRIORITIES } from '../../src/outbox/result.js';
export { LONGEST_EXPIRE, LONGEST_REPORT_WAIT, MAX_TEXT_BYTES } from '../../src/parameters.js';
