/** The habits of lines on the command line, for those who want to see what becomes of their flows. */
import { integer, range, UsageError } from './cli-values.js';
import type { LineOptions, LineSettings } from './options.js';

export const HABITS_HELP = `
Delivery reports and long SMS:
  --reports range      a delivery report for each SMS, so many seconds after it went out (none)
  --report-states n,n  TP-Status of the reports of an SMS, 10 s apart: 48,0 is pending, then delivered (0)
  --report-first       the first report leaves before the OK of its SMS
  --long-sms name      joined, or parts: each part of a long SMS comes in as an SMS of its own (joined)
  --part-gap range     seconds between two parts (2)

What goes wrong with the lines, or with some:
  --bad-lines n        only with the last n lines (all)
  --block-after n      the operator blocks the SIM after n SMS; 0: it is blocked
  --fail-after n       after n SMS the network refuses all others
  --recover-after n    until it has refused n
  --logout-after n     after every n SMS the SIM has no network for a minute; 0: it has none
  --offline-after n    after every n SMS the line has no power for a minute
  --reject             refuses every session
  --refuse-password    refuses the password in every session
  --silent             answers nothing in sessions
`;

export const HABIT_FLAGS = {
  reports: { type: 'string' },
  'report-states': { type: 'string' },
  'report-first': { type: 'boolean' },
  'long-sms': { type: 'string' },
  'part-gap': { type: 'string' },
  'bad-lines': { type: 'string' },
  'block-after': { type: 'string' },
  'fail-after': { type: 'string' },
  'recover-after': { type: 'string' },
  'logout-after': { type: 'string' },
  'offline-after': { type: 'string' },
  reject: { type: 'boolean' },
  'refuse-password': { type: 'boolean' },
  silent: { type: 'boolean' },
} as const;

type Flags = {
  readonly [K in keyof typeof HABIT_FLAGS]?: (typeof HABIT_FLAGS)[K]['type'] extends 'string' ? string : boolean;
};

/** Only what was asked for. */
export function habitsOfAll(flags: Flags): Partial<LineSettings> {
  const { reports, 'report-states': states, 'report-first': first, 'long-sms': longSms, 'part-gap': partGap } = flags;
  return {
    // Without the number of the SMS in the OK no server knows which SMS a report is about.
    ...(reports !== undefined && { smsNo: true, deliveryReports: true, deliveryDelay: range('reports', reports) }),
    ...(states !== undefined && { deliveryState: readStates(states) }),
    ...(first && { deliveryFirst: true }),
    ...(longSms !== undefined && { longSms: readLongSms(longSms) }),
    ...(partGap !== undefined && { partGap: range('part-gap', partGap) }),
  };
}

/** The lines, the last ones with what goes wrong with them. */
export function withTroubles(lines: readonly LineOptions[], flags: Flags): readonly LineOptions[] {
  const troubles = readTroubles(flags);
  const bad = count(flags, 'bad-lines', 0) ?? lines.length;
  return lines.map((line, index) => (index < lines.length - bad ? line : { ...line, ...troubles }));
}

function readTroubles(flags: Flags): Partial<LineOptions> {
  const blockAfter = count(flags, 'block-after', 0);
  const failAfter = count(flags, 'fail-after', 0);
  const recoverAfter = count(flags, 'recover-after', 1);
  const logoutAfter = count(flags, 'logout-after', 0);
  const offlineAfter = count(flags, 'offline-after', 1);
  return {
    ...(blockAfter !== undefined && (blockAfter === 0 ? { blocked: true } : { blockAfter })),
    ...(failAfter !== undefined && { failAfter }),
    ...(recoverAfter !== undefined && { recoverAfter }),
    ...(logoutAfter !== undefined && (logoutAfter === 0 ? { gsmStatus: 'LOGOUT' } : { logoutAfter })),
    ...(offlineAfter !== undefined && { offlineAfter }),
    ...(flags.reject && { sessionError: 'too_many_sends_in_server' }),
    ...(flags['refuse-password'] && { refusePassword: true }),
    ...(flags.silent && { silent: true }),
  };
}

type CountFlag = 'bad-lines' | 'block-after' | 'fail-after' | 'recover-after' | 'logout-after' | 'offline-after';

function count(flags: Flags, name: CountFlag, least: number): number | undefined {
  const text = flags[name];
  return text === undefined ? undefined : integer(name, text, least, 1_000_000);
}

function readStates(text: string): number[] {
  return text.split(',').map((state) => integer('report-states', state, 0, 255));
}

function readLongSms(text: string): LineSettings['longSms'] {
  if (text === 'joined' || text === 'parts') return text;
  throw new UsageError('--long-sms must be joined or parts');
}
