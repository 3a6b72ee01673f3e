/** Every constant of the protocol, with its source. Times are in seconds where the name says nothing else. */

/** Largest `$sendid`, `$telid` and command id: the devices keep them in a signed 32-bit integer (PROTOCOL §4). */
export const MAX_ID = 2 ** 31 - 1;

/** Longest text of a bulk session, bytes of UTF-8 (seed, BulkSMSRequest). */
export const MAX_TEXT_BYTES = 3000;

/** The vendor's port of the SMS server. */
export const DEFAULT_PORT = 44444;

/** Seconds between two keepalives of a device (seed, Registration and Keepalive). */
export const KEEPALIVE_INTERVAL = 30;

/** Seconds of silence until a line counts as offline: three missed keepalives (vendor server). */
export const OFFLINE_AFTER = 92;

/** Seconds until a device sends an unanswered RECEIVE again, and how often (seed, RECEIVE SMS). */
export const DEVICE_RESEND_INTERVAL = 3;
export const DEVICE_RESEND_COUNT = 3;

/** Seconds between retransmissions of an unanswered MSG, PASSWORD, SEND or DONE, and how many (vendor server). */
export const RESEND_INTERVAL = 5;
export const RESEND_COUNT = 3;

/** Seconds without traffic after which a device releases a bulk session (seed, BulkSMSConfirm). */
export const SESSION_IDLE = 90;

/** Bulk sessions that a device keeps at a time (seed, BulkSMSReject). */
export const SESSIONS_PER_LINE = 5;

/** Numbers of a session whose results a device remembers (seed, SubmitNumberRequest). */
export const RESULTS_KEPT = 10;

/** Seconds between status queries after WAIT; one SMS takes 2–5 s (seed, SubmitNumberRequest). */
export const QUERY_INTERVAL = 3;
