/**
 * Every setting of a server: one row each. The type of the options, the check, the defaults, the migration of old nodes, the
 * rules and defaults of the dialog, the tables in `docs/goip-server.md` and the help of _goip-server_ come from here, their words
 * from `label` and `help.setting` in `nodes/locales/<language>/goip-server.json`. Devices and routing rules have readers of their
 * own.
 */
import {
  ATTEMPTS,
  COOLDOWN,
  DEFAULT_PORT,
  EXPIRE,
  LARGEST_LIMIT,
  LONGEST_EXPIRE,
  LONGEST_HOLD,
  LONGEST_SETTING,
  OFFLINE_AFTER,
  QUERY_INTERVAL,
  QUEUE_LIMIT,
  RESEND_COUNT,
  RESEND_INTERVAL,
  RETENTION_DAYS,
  SESSION_IDLE,
  SESSIONS_PER_LINE,
} from '../parameters.js';

/** Numbers in a range. Seconds and days may have fractions. */
export interface NumberRow {
  readonly is: 'whole number' | 'seconds' | 'days';
  /** Null if it depends on the machine. */
  readonly default: number | null;
  readonly from?: number;
  /** Instead of `from`: the value must be greater. */
  readonly above?: number;
  readonly to?: number;
  /** What a whole number counts: a key of `unit` in the catalogue. */
  readonly unit?: 'times' | 'sms' | 'failures' | 'numbers';
}

interface TextRow {
  readonly is: 'text' | 'addresses' | 'country' | 'time zone' | 'quiet hours';
  /** Null for none. */
  readonly default: string | null;
}

interface FlagRow {
  readonly is: 'flag';
  readonly default: boolean;
}

interface ChoiceRow {
  readonly is: 'choice';
  readonly choices: readonly string[];
  readonly default: string;
}

/** How a value is written, what it may be, and its default if it is missing or blank. */
export type ValueRow = NumberRow | TextRow | FlagRow | ChoiceRow;

interface CommonRow {
  /** Where the default comes from; missing: our choice. */
  readonly source?: 'vendor' | 'spec';
  /**
   * What a server that keeps running does with a wrong value; missing: it uses the default. This is the mildest effect that
   * breaks no promise. A wrong port or allow list starts nothing: who may connect must not be guessed. A wrong limit sends
   * nothing: SMS beyond a limit cannot be taken back, and received SMS are not lost meanwhile.
   */
  readonly ifWrong?: 'no start' | 'no sending';
  /** A limit of a line: a device can have its own. */
  readonly ofLine?: true;
  /** What is different in a node: its default, or its values. */
  readonly inNode?: { readonly default: string } | ChoiceRow;
  /** A section of the pages in `docs/` with more about it. */
  readonly see?: `${string}#${string}`;
  /** The default of nodes that were saved before this version of goip-server. */
  readonly before?: { readonly version: number; readonly default: number };
}

export type SettingRow = ValueRow & CommonRow;

/** A limit that is off if its field in the dialog is empty. */
const LIMIT = { ifWrong: 'no sending', ofLine: true, inNode: { default: '' } } as const;

/** By section of the dialog; `program` are those that only programs can set. */
const SECTIONS = {
  address: {
    /** Address to bind, IPv4 or IPv6; default `0.0.0.0`. */
    host: { is: 'text', default: '0.0.0.0', ifWrong: 'no start' },
    /** UDP port, 0 picks a free one; default 44444. */
    port: { is: 'whole number', from: 0, to: 65_535, default: DEFAULT_PORT, source: 'vendor', ifWrong: 'no start' },
  },
  access: {
    /** Addresses and networks that may connect to the server; default: all. */
    allow: { is: 'addresses', default: null, ifWrong: 'no start' },
    /** Reject devices from another address than that of their first keepalive; default `false`. */
    pinAddress: { is: 'flag', default: false, ifWrong: 'no start' },
  },
  routing: {
    // A number read as one of another country reaches another person.
    /** Write numbers as E.164, those without a country code as of this country (ISO 3166, `DE`); default: leave them. */
    country: { is: 'country', default: null, ifWrong: 'no sending' },
    /** Send to a number from the line that it was sent from before, if that line can send; default `false`. */
    sticky: { is: 'flag', default: false },
    /** How often a number is submitted at most: if a line refuses it, another one tries. Default 2; 1: no second attempt. */
    attempts: {
      is: 'whole number',
      from: 1,
      to: 100,
      default: ATTEMPTS,
      unit: 'times',
      before: { version: 2, default: 1 },
    },
    /** Submit a number again if its result is unknown, within `attempts`: it may arrive twice. Default `false`. */
    retryUnknown: { is: 'flag', default: false },
  },
  limits: {
    /** Least seconds between two SMS; default 0. */
    pauseMin: { is: 'seconds', from: 0, to: LONGEST_HOLD, default: 0, ...LIMIT },
    /** Most seconds between two SMS: each pause is random between both. Default 0: as `pauseMin`. */
    pauseMax: { is: 'seconds', from: 0, to: LONGEST_HOLD, default: 0, ...LIMIT },
    /** SMS per hour of the local clock; default 0: no limit. Each part of a long text counts. */
    hourLimit: { is: 'whole number', from: 0, to: LARGEST_LIMIT, default: 0, unit: 'sms', ...LIMIT },
    /** SMS per local day; default 0: no limit. */
    dayLimit: { is: 'whole number', from: 0, to: LARGEST_LIMIT, default: 0, unit: 'sms', ...LIMIT },
    /** Local times in which only urgent SMS go out, `22:00-07:00`, several with commas between them; default: none. */
    quietHours: { is: 'quiet hours', default: null, ...LIMIT },
    // In the zone of the process, SMS might go out in quiet hours.
    /** IANA name of the time zone of limits and quiet hours, such as `Europe/Berlin`; default: that of the process. */
    timeZone: { is: 'time zone', default: null, ifWrong: 'no sending' },
    /** Failures in a row after which the line rests; default 0: never. */
    cooldownAfter: { is: 'whole number', from: 0, to: LARGEST_LIMIT, default: 0, unit: 'failures', ...LIMIT },
    /** Seconds of that rest; default 300. */
    cooldown: { is: 'seconds', from: 0, to: LONGEST_HOLD, default: COOLDOWN, ifWrong: 'no sending', ofLine: true },
  },
  advanced: {
    /** Seconds without an accepted keepalive until a line is offline; default 92. */
    offlineAfter: { is: 'seconds', above: 0, to: LONGEST_SETTING, default: OFFLINE_AFTER, source: 'vendor' },
    /** Seconds that a line must stay online, or offline, until an event reports it; default 0. */
    eventDelay: { is: 'seconds', from: 0, to: LONGEST_SETTING, default: 0 },
    /** Seconds between retransmissions of an unanswered datagram; default 5. */
    resendInterval: { is: 'seconds', above: 0, to: LONGEST_SETTING, default: RESEND_INTERVAL, source: 'vendor' },
    /** Retransmissions of an unanswered datagram; default 3. */
    resendCount: { is: 'whole number', from: 0, to: 100, default: RESEND_COUNT, unit: 'times', source: 'vendor' },
    // Old firmware takes a query for a new SMS: `auto` instead of `never` could send twice.
    /** How the server gets the result of a number on WAIT; default `auto`. */
    statusQuery: { is: 'choice', choices: ['auto', 'poll', 'never'], default: 'auto', ifWrong: 'no sending' },
    /** Seconds between status queries; default 3. */
    queryInterval: { is: 'seconds', above: 0, to: LONGEST_SETTING, default: QUERY_INTERVAL, source: 'spec' },
    /** Concurrent bulk sessions per line, 1–5; default 1. */
    sessionsPerLine: { is: 'whole number', from: 1, to: SESSIONS_PER_LINE, default: 1, source: 'spec' },
    /** Number in the keepalive ack: 0 or 200; default 0. */
    keepaliveStatus: { is: 'whole number', from: 0, to: 999, default: 0, source: 'vendor' },
    /**
     * Seconds that an SMS as long as a part of a long one waits for the next part, to be joined with it; default 0: all are
     * delivered as they come.
     */
    joinParts: { is: 'seconds', from: 0, to: LONGEST_SETTING, default: 0, see: 'goip-in.md#long-sms' },
  },
  keeping: {
    /** Where jobs and received SMS are kept: a directory, or `memory` as long as the server runs; default `memory`. */
    storage: {
      is: 'text',
      default: 'memory',
      ifWrong: 'no start',
      inNode: { is: 'choice', choices: ['disk', 'memory'], default: 'disk' },
      see: 'reliability.md#disk-or-memory',
    },
    /** Days that results and the memory of received SMS are kept; default 7. */
    retention: { is: 'days', above: 0, default: RETENTION_DAYS },
    /** Numbers that can wait; default 100000. */
    queueLimit: { is: 'whole number', from: 1, to: 10_000_000, default: QUEUE_LIMIT, unit: 'numbers' },
  },
  program: {
    /** Seconds without traffic after which devices forget a session; default 90, as every spec says. */
    sessionIdle: { is: 'seconds', above: 0, to: LONGEST_SETTING, default: SESSION_IDLE, source: 'spec' },
    /** Seconds after which numbers are not submitted any more, 0 for never; default 86400. */
    expire: { is: 'seconds', from: 0, to: LONGEST_EXPIRE, default: EXPIRE },
    // Jobs that fill the heap end the process, and again at each start.
    /** Memory that jobs may take, in bytes as estimated by the server; default: a third of the largest heap of Node.js. */
    queueBytes: { is: 'whole number', from: 1, to: Number.MAX_SAFE_INTEGER, default: null },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, SettingRow>>>>;

export type SectionName = keyof typeof SECTIONS;

export const SETTINGS = {
  ...SECTIONS.address,
  ...SECTIONS.access,
  ...SECTIONS.routing,
  ...SECTIONS.limits,
  ...SECTIONS.advanced,
  ...SECTIONS.keeping,
  ...SECTIONS.program,
} as const;

type Rows = typeof SETTINGS;
export type SettingName = keyof Rows;

/** The settings that devices can have of their own. */
export type LimitName = { [K in SettingName]: Rows[K] extends { readonly ofLine: true } ? K : never }[SettingName];

/** A value as programs write it. */
export type Written<R> = R extends FlagRow
  ? boolean
  : R extends NumberRow
    ? number
    : R extends ChoiceRow
      ? R['choices'][number]
      : R extends { readonly is: 'addresses' }
        ? readonly string[]
        : string;

/** The settings as programs write them. Times are seconds, fractions allowed. */
export type SettingOptions = { readonly [K in keyof typeof SETTINGS]?: Written<(typeof SETTINGS)[K]> | undefined };

/** The settings of a section, in the order of the dialog. */
export function settingsIn(section: SectionName): readonly SettingName[] {
  return Object.keys(SECTIONS[section]) as SettingName[];
}

/** The settings of a node, in the order of its dialog. */
export const SETTINGS_IN_NODE: readonly SettingName[] = (Object.keys(SECTIONS) as SectionName[])
  .filter((section) => section !== 'program')
  .flatMap(settingsIn);

/** A row with all that a row may have. */
export function rowOf(name: SettingName): SettingRow {
  return SETTINGS[name];
}

/** How a node writes a setting, which may be another way than that of programs. */
export function rowInNode(name: SettingName): ValueRow {
  const { inNode, ...row } = rowOf(name);
  return inNode && 'is' in inNode ? inNode : row;
}

export function isNumberRow(row: ValueRow): row is NumberRow {
  return row.is === 'whole number' || row.is === 'seconds' || row.is === 'days';
}

/** The rows of the limits that devices can have of their own. */
export const LIMITS = Object.fromEntries(
  Object.entries<SettingRow>(SETTINGS).filter(([, { ofLine }]) => ofLine),
) as unknown as Pick<Rows, LimitName>;

/** Whether a number is one of those that the row allows. */
export function isInRange({ is, from, above, to }: NumberRow, number: number): boolean {
  const isAllowed = is !== 'whole number' || Number.isInteger(number);
  return isAllowed && number >= (from ?? -Infinity) && number > (above ?? -Infinity) && number <= (to ?? Infinity);
}

/** The default of a setting in nodes of this version; undefined if it is that of today. */
export function defaultOfVersion(name: SettingName, version: unknown): number | undefined {
  const { before } = rowOf(name);
  return before && typeof version === 'number' && version < before.version ? before.default : undefined;
}

/** What the dialog shows for a setting that is not in a node of this version: empty if it has no default. */
export function defaultInNode(name: SettingName, version?: unknown): string | number | boolean {
  const { inNode, default: value } = rowOf(name);
  return defaultOfVersion(name, version) ?? inNode?.default ?? value ?? '';
}
