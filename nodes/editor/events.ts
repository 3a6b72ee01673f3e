/** The kinds of events, from the table of the runtime. */
export { DEFAULT_EVENT_KINDS, EVENT_GROUPS, EVENT_KINDS, eventKindsOf } from '../../src/tables/events.js';
