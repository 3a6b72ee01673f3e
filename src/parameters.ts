/** Every constant of the protocol, with its source. Times are in seconds where the name says nothing else. */

/** Largest `$sendid`, `$telid` and command id: the devices keep them in a signed 32-bit integer (protocol §4). */
export const MAX_ID = 2 ** 31 - 1;

/** Longest text of a bulk session, bytes of UTF-8 (protocol §4). */
export const MAX_TEXT_BYTES = 3000;

/**
 * Bytes of datagrams that may wait in the kernel: 10 000 keepalives at once, power being back, and more than a KB that
 * Linux counts for each. Our choice.
 */
export const RECEIVE_BUFFER = 16 * 2 ** 20;

/**
 * Datagrams, and bytes of them, that are read before they are handled: as many as {@link RECEIVE_BUFFER} holds, where the
 * system does not allow so much. Our choice.
 */
export const MOST_READ_AHEAD = 20_000;
export const MOST_BYTES_READ_AHEAD = 16 * 2 ** 20;

/** Datagrams that Node.js reads from a socket in one turn of the event loop, if so many wait (libuv, `uv__udp_recvmsg`). */
export const MOST_READ_PER_TURN = 32;

/** Datagrams that are handled in one turn of the event loop when all are read: a few milliseconds. Our choice. */
export const MOST_HANDLED_PER_TURN = 100;

/**
 * Longest text that reaches a device in one piece, bytes of UTF-8: with its header less than the 1280 bytes that every IPv6
 * network carries, and most tunnels. Longer datagrams may be fragmented, and some networks drop fragments. Our choice.
 */
export const SAFE_TEXT_BYTES = 1200;

/** The vendor's port of the SMS server. */
export const DEFAULT_PORT = 44444;

/** Seconds between two keepalives of a device (protocol §2). */
export const KEEPALIVE_INTERVAL = 30;

/** Pairs of a datagram that are read: a keepalive has about 19. Our choice: 64 KB of pairs would take many milliseconds. */
export const PAIRS_READ = 128;

/** Seconds of silence until a line counts as offline: three missed keepalives (field, protocol §4). */
export const OFFLINE_AFTER = 92;

/** Seconds until a device sends an unanswered RECEIVE again, and how often (protocol §3). */
export const DEVICE_RESEND_INTERVAL = 3;
export const DEVICE_RESEND_COUNT = 3;

/** Seconds between retransmissions of an unanswered MSG, PASSWORD, SEND or DONE, and how many (field, protocol §4). */
export const RESEND_INTERVAL = 5;
export const RESEND_COUNT = 3;

/** Seconds without traffic after which a device releases a bulk session (protocol §4). */
export const SESSION_IDLE = 90;

/** Bulk sessions that a device keeps at a time (protocol §4). */
export const SESSIONS_PER_LINE = 5;

/** Numbers of a session whose results a device remembers (protocol §4). */
export const RESULTS_KEPT = 10;

/** Seconds between status queries after WAIT; one SMS takes 2–5 s (protocol §4). */
export const QUERY_INTERVAL = 3;

/**
 * How long a pushed result is waited for before the first status query, in query intervals: where the line is not known
 * yet, and where it is known to push (a query is needed only if the push got lost). Our choice; protocol §4, WAIT.
 */
export const QUERY_GRACE_UNKNOWN = 4;
export const QUERY_GRACE_PUSH = 10;

/** Seconds that a number may be on WAIT before its result counts as never learnt. Our choice: ten status-less minutes help nobody. */
export const WAIT_LIMIT = 300;

/** How long a line that did not answer is left alone, in resend intervals: 100 s at 5 s (field, protocol §4). */
export const REST_AFTER_NO_ANSWER = 20;

/** Sessions that may fail to open on a line, one after the other, until a job gives the line up. Our choice. */
export const OPEN_ATTEMPTS = 3;

/** How long a job puts up with `too_many_sends_in_server`, in session idle limits: stale sessions are gone after one. */
export const TOO_MANY_PATIENCE = 2;

/** Seconds that an SMS or event is remembered to know its copies: many times the 12 s in which a device resends. Our choice. */
export const DUPLICATE_WINDOW = 600;

/** Copies remembered at most when it was pruned, and SMS held at most while nobody takes them. Our choice: a few MB. */
export const DUPLICATE_LIMIT = 200_000;
export const REPORT_LIMIT = 20_000;
export const HELD_LIMIT = 10_000;

/** Events, and statuses of numbers, that are held for a taker while it is replaced. Our choice: about a MB. */
export const HELD_NEWS = 1000;

/**
 * Lengths of the parts of a long SMS that another part follows. Of 140 octets, the header that counts the parts takes 6, or 7
 * where the number of the long SMS has 16 bits (3GPP 23.040 §9.2.3.24.1, §9.2.3.24.8). That leaves 153 or 152 septets of
 * GSM-7, and 67 or 66 units of UCS-2; one less where a character of two septets or units would have been torn apart. Some
 * senders cut without a header: 160 and 70, or one less.
 */
export const FULL_PART_SEPTETS: readonly number[] = [151, 152, 153, 159, 160];
export const FULL_PART_UNITS: readonly number[] = [65, 66, 67, 69, 70];

/** The same of a first part in UCS-2 in which all letters are in GSM-7: fewer, for ordinary SMS of these lengths wait in vain. */
export const FULL_PLAIN_PART_UNITS: readonly number[] = [66, 67];

/** Parts that are joined at most, and SMS that wait at most for the next part. Our choice. */
export const PARTS_JOINED = 10;
export const PARTS_WAITING = 10_000;

/** A keepalive counter that fell by no more than this was overtaken on the way; more is a restart. Our choice. */
export const REORDER_TOLERANCE = 2;

/**
 * Keepalives by which two devices with one id are known, seconds until one of them is forgotten, and addresses of a line that are
 * remembered for it. Our choice: one sign may be a datagram that was overtaken on the way.
 */
export const RIVAL_SIGNS = 2;
export const RIVAL_WINDOW = 600;
export const RIVALS_KEPT = 4;

/** Seconds that a change without hurry waits for a write to go with; a crash within them delivers an SMS again. Our choice. */
export const JOURNAL_LAZY = 0.2;

/** Seconds between attempts to write while the disk is out of order. Our choice. */
export const JOURNAL_RETRY = 1;

/** Seconds between looks whether the journal is still in its place. Our choice. */
export const JOURNAL_CHECK = 2;

/**
 * Seconds by which the wall clock has to be set until the server reports it, and by which it has to be off until times are
 * shown by it. A time server corrects less without notice. Our choice.
 */
export const CLOCK_STEP = 10;
export const CLOCK_FOLLOWED = 1;

/** A wall clock that shows less has not been set since the machine was switched on, milliseconds since 1970. Our choice. */
export const CLOCK_PLAUSIBLE = Date.UTC(2026, 0, 1);

/**
 * Milliseconds that a timer may be late until the socket is read before it rings, and turns of the event loop that reading
 * takes at most: some 600 to read what {@link RECEIVE_BUFFER} holds, and 200 to handle it. Our choice.
 */
export const LATE_TIMER = 250;
export const MOST_READING_ROUNDS = 1000;

/** Different exceptions of listeners that are reported. Our choice. */
export const FAULTS_REPORTED = 100;

/** Days that results and the memory of received SMS are kept. Our choice, can be set. */
export const RETENTION_DAYS = 7;

/** Seconds after which a number is not submitted any more: nobody wants yesterday's alarm. Our choice, can be set. */
export const EXPIRE = 86_400;

/** Longest time that can be set for it, ten years: the end must be a date. Our choice. */
export const LONGEST_EXPIRE = 10 * 365 * 86_400;

/** Longest time in seconds that can be set where no other bound is named: timers of over 24.8 days would fire at once. Our choice. */
export const LONGEST_SETTING = 86_400;

/** Numbers that can wait. Our choice, can be set. */
export const QUEUE_LIMIT = 100_000;

/** Part of the largest possible heap that jobs may take. Our choice: Node-RED and its flows need the rest. */
export const QUEUE_PART_OF_HEAP = 1 / 3;

/** Numbers, or results, in one record of the journal: a record is written, and read, without a pause. Our choice. */
export const NUMBERS_PER_RECORD = 1000;
/** Results that are in the record of their ended job; more are in records of their own. Our choice. */
export const RESULTS_WITH_JOB = 20;
/** Results of a job that are saved in one write of the journal. Our choice: each write waits for the disk. */
export const RESULTS_PER_WRITE = 1000;
/** Jobs in a list of all jobs: more would stop the event loop while they are listed, and nobody reads them. Our choice. */
export const JOBS_LISTED = 1000;
/** Jobs in the diagnostics. Our choice: they are for a bug report. */
export const JOBS_REPORTED = 50;
/** Numbers that are worked on in one turn of the event loop when a job is accepted, announced or ended. Our choice: some ms. */
export const NUMBERS_PER_TURN = 250;
/**
 * Values of messages whose sizes are added up in one turn of the event loop. Our choice: tens of ms at most, a fraction of the
 * time in which a flow makes them. With fewer, messages would come faster than they are counted.
 */
export const VALUES_PER_TURN = 200_000;

/** Seconds between two rounds of forgetting what is too old. Our choice. */
export const PRUNE_INTERVAL = 3600;
/** Seconds from the start to the first one. Our choice. */
export const PRUNE_DELAY = 60;

/**
 * Least seconds until a MSG, PASSWORD or DONE is sent again, however short the round trip: a device has more to do than to
 * answer. As the least retransmission timeout of TCP in Linux.
 */
export const LEAST_RETRANSMISSION = 0.2;

/** Sources of failed attempts that are remembered, and addresses that were looked up in an allow list. Our choice: some MB. */
export const SOURCES_REMEMBERED = 10_000;
export const ADDRESSES_REMEMBERED = 10_000;

/**
 * Wrong credentials that are forgiven, seconds until one is forgotten, and the longest pause, seconds. A device with a wrong
 * password fails every 30 s and shall work at once when it is mended. Our choice.
 */
export const FAILURES_FORGIVEN = 5;
export const FAILURE_FORGOTTEN = 10;
export const LONGEST_PAUSE = 60;

/** Error answers that a source may get at once, and seconds until one more. Enough for a device with a wrong password. Our choice. */
export const ERROR_ANSWERS = 5;
export const ERROR_ANSWER_INTERVAL = 10;

/**
 * Replies with ids that were not used which a source may send before they are reported as an attack, seconds until one is
 * forgotten, and sessions whose sendids are remembered for it. Our choice: a device may still answer a session of a previous run.
 */
export const GUESSES_FORGIVEN = 20;
export const GUESS_FORGOTTEN = 10;
export const SESSIONS_REMEMBERED = 1000;

/** Refused sources that are kept for people to see. Our choice. */
export const REJECTIONS_KEPT = 200;

/** Seconds between two events about the same source, and events about new ones at once; then one a second. Our choice. */
export const REJECTION_INTERVAL = 60;
export const REJECTION_BURST = 20;

/** Seconds in which a delivery report is taken for that of the newest SMS of its number (protocol §5). */
export const REPORT_PATIENCE = 3600;
/** Seconds that a report waits for the OK of its SMS, and how many do. Our choice: as long as an SMS may be on WAIT. */
export const EARLY_REPORT_PATIENCE = 300;
export const EARLY_REPORTS = 1000;

/** Numbers that a job sends on a line in one session while others of its priority wait for that line. Our choice. */
export const TURN_LENGTH = 5;

/**
 * Failures in a row until a line is set aside as long as another one can send, and seconds until it is tried with one number
 * again. Our choice.
 */
export const FAILURES_UNTIL_ASIDE = 3;
export const PROBE_INTERVAL = 60;
/** Numbers of a line that another line is to try, by which the line is judged. Our choice. */
export const SUSPICIONS_KEPT = 100;

/** How often a number is submitted at most, on different lines. Our choice, can be set. */
export const ATTEMPTS = 2;

/** Days that the line of a number is remembered. Our choice. */
export const STICKY_DAYS = 90;
/** Numbers whose line is about to be saved. Our choice: many more than lines. */
export const STICKY_UNSAVED = 10_000;

/** Longest time that can be set for a result to wait for reports, a week: no network tries longer. Our choice. */
export const LONGEST_REPORT_WAIT = 7 * 86_400;
/** Seconds that a line is left alone after too many failures in a row. Our choice, can be set. */
export const COOLDOWN = 300;

/** Longest pause and cooldown of a line that can be set, seconds: more is a slip of the pen. Our choice. */
export const LONGEST_HOLD = 86_400;

/** Most SMS per hour or day, and failures in a row, that can be set as a limit: no line gets near it. Our choice. */
export const LARGEST_LIMIT = 1_000_000;

/** Datagrams that were not what they should have been, kept for people to see. Our choice. */
export const PROTOCOL_ERRORS_KEPT = 50;

/** Datagrams that a trace keeps, and seconds until it ends by itself. Our choice: long enough to look, too short to forget it. */
export const TRACE_KEPT = 200;
export const TRACE_TIME = 900;
