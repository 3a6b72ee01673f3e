/** The command line of `goip-simulator`. */
import { parseArgs } from 'node:util';
import { DEFAULT_PORT, KEEPALIVE_INTERVAL } from '../parameters.js';
import { HABIT_FLAGS, habitsOfAll, HABITS_HELP, withTroubles } from './cli-habits.js';
import { integer, number, range, seconds, UsageError } from './cli-values.js';
import { makeLines, type Firmware, type SimulatorOptions } from './options.js';

export interface CliOptions {
  readonly simulator: SimulatorOptions;
  /** Seconds between two invented SMS; null for none. */
  readonly inbound: number | null;
  readonly seed: number;
  readonly quiet: boolean;
}

export { UsageError } from './cli-values.js';

export const HELP = `Usage: goip-simulator [options]

A GoIP GSM gateway in software: it registers at an SMS server, answers what the server sends and hands SMS in.

  --server host:port   where the SMS server listens (127.0.0.1:${DEFAULT_PORT})
  --lines n            count of lines (1)
  --prefix text        ids are the prefix and a number: goip-01, goip-02, … (goip-)
  --password text      password of all lines; better: the environment variable GOIP_SIMULATOR_PASSWORD (password1)
  --firmware name      push: results come by themselves; poll: only when asked; direct: without WAIT (push)
  --line-time range    seconds that an SMS takes on the air: 3, or random such as 2-5 (3)
  --keepalive s        seconds between keepalives (${KEEPALIVE_INTERVAL})
  --inbound s          every s seconds an SMS from an invented number
  --loss p             chance that a datagram is lost, 0 to 1, both directions
  --duplicate p        chance that a datagram arrives twice
  --reorder p          chance that a datagram is overtaken by later ones
  --longest n          bytes of the longest datagram that arrives: a network that drops fragments loses longer ones
  --seed n             of all random decisions: the same seed, the same faults (1)
  --quiet              print no reports
  --help               print this
${HABITS_HELP}`;

export const FLAGS = {
  server: { type: 'string' },
  lines: { type: 'string' },
  prefix: { type: 'string' },
  password: { type: 'string' },
  firmware: { type: 'string' },
  'line-time': { type: 'string' },
  keepalive: { type: 'string' },
  inbound: { type: 'string' },
  loss: { type: 'string' },
  duplicate: { type: 'string' },
  reorder: { type: 'string' },
  longest: { type: 'string' },
  seed: { type: 'string' },
  quiet: { type: 'boolean' },
  help: { type: 'boolean' },
  ...HABIT_FLAGS,
} as const;

/** Reads the arguments; `help` where the user asks for it. Throws a {@link UsageError}. */
export function readCliOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): CliOptions | 'help' {
  const values = readFlags(args);
  if (values.help) return 'help';
  const { prefix, inbound, longest } = values;
  const lines = makeLines({
    count: integer('lines', values.lines ?? '1', 1, 1000),
    ...(prefix === undefined ? {} : { prefix: idPrefix(prefix) }),
    password: password(values.password ?? environment['GOIP_SIMULATOR_PASSWORD'] ?? 'password1'),
  });
  const seed = integer('seed', values.seed ?? '1', 0, 2 ** 32 - 1);
  return {
    seed,
    quiet: values.quiet ?? false,
    inbound: inbound === undefined ? null : seconds('inbound', inbound),
    simulator: {
      server: readServer(values.server ?? `127.0.0.1:${DEFAULT_PORT}`),
      lines: withTroubles(lines, values),
      firmware: firmware(values.firmware ?? 'push'),
      lineTime: range('line-time', values['line-time'] ?? '3'),
      keepaliveInterval: seconds('keepalive', values.keepalive ?? String(KEEPALIVE_INTERVAL)),
      ...habitsOfAll(values),
      faults: {
        loss: number('loss', values.loss ?? '0', 0, 1),
        duplicate: number('duplicate', values.duplicate ?? '0', 0, 1),
        reorder: number('reorder', values.reorder ?? '0', 0, 1),
        ...(longest !== undefined && { longest: integer('longest', longest, 1, 65_535) }),
      },
      seed,
    },
  };
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS }).values;
  } catch (error) {
    // Its messages quote an argument that is no option, which may be a password that lost its option.
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') throw new UsageError('there is an argument without an option');
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** `host:port`, `host`, `[::1]:port`. */
function readServer(text: string): SimulatorOptions['server'] {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? DEFAULT_PORT);
  if (host === undefined || port < 1 || port > 65535) {
    throw new UsageError(`--server must be host:port, such as 127.0.0.1:${DEFAULT_PORT} or [::1]:${DEFAULT_PORT}`);
  }
  return { host, port };
}

function firmware(text: string): Firmware {
  if (text === 'push' || text === 'poll' || text === 'direct') return text;
  throw new UsageError('--firmware must be push, poll or direct');
}

/** These two stand between semicolons in every keepalive. */
function idPrefix(text: string): string {
  if (/[;\s]/.test(text)) throw new UsageError('--prefix must have no blanks and no semicolons');
  return text;
}

function password(text: string): string {
  if (text === '' || /[;\s]/.test(text)) throw new UsageError('the password must have no blanks and no semicolons');
  return text;
}
