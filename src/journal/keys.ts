/** Prefixes of keys that the journal itself has to know. */

/** Received SMS that were not delivered yet, and jobs that have not ended. No key of these is used a second time. */
export const SMS = 'in/';
export const JOBS = 'job/';
/** Results that were not acknowledged; behind it is the id of the job. */
export const RESULTS = 'untold/';
/** When an SMS was accepted, to know its duplicates. */
export const SEEN = 'seen/';
