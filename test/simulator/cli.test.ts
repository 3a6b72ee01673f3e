/** The command `goip-simulator`. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { FLAGS, HELP, readCliOptions, UsageError } from '../../src/simulator/cli-options.js';
import type { LineSettings, SimulatorOptions } from '../../src/simulator/index.js';
import { BareServer } from './stage.js';

const CLI = path.join(__dirname, '../../src/simulator/cli.ts');

/** What the command line makes of these arguments. */
function simulatorOf(...args: readonly string[]): SimulatorOptions {
  const options = readCliOptions(args, {});
  assert(options !== 'help');
  return options.simulator;
}

/** Without server, lines and faults. */
function settingsOf(...args: readonly string[]): Partial<LineSettings> {
  const { server, lines, faults, seed, timers, ...settings } = simulatorOf(...args);
  return settings;
}

class Command {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #ended: Promise<unknown[]>;
  output = '';
  errors = '';

  constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const env = { ...process.env, ...environment };
    this.#child = spawn(process.execPath, ['--require', 'tsx/cjs', CLI, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#ended = once(this.#child, 'close');
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
  }

  async printed(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.output)) await once(this.#child.stdout, 'data');
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The exit code and the signal that it died of. */
  async end(): Promise<unknown[]> {
    return this.#ended;
  }
}

describe('simulator: command line', function () {
  // Processes take their time to start on a busy machine.
  this.timeout(20_000);

  it('registers, sends and receives, reports it, and ends at SIGTERM', async () => {
    const server = await BareServer.open();
    const command = new Command(
      [
        '--server',
        `127.0.0.1:${server.port}`,
        '--lines',
        '2',
        '--prefix',
        'gw1-',
        '--line-time',
        '0.01',
        '--inbound',
        '1',
      ],
      { GOIP_SIMULATOR_PASSWORD: 'top-secret' },
    );
    try {
      assert.match(await server.nextKeepalive(), /^req:1;id:gw1-01;pass:top-secret;/);
      assert.match(await server.nextKeepalive(), /^req:1;id:gw1-02;pass:top-secret;/);
      const line = server.peerOf('gw1-02');
      server.send(line, 'reg:1;status:0;');
      await command.printed(/gw1-02 {2}registered, UDP port \d+\n/);

      const receive = await server.next();
      const [, recvid = '', id = ''] = /^RECEIVE:(\d+);id:(gw1-0\d);password:top-secret;srcnum:/.exec(receive) ?? [];
      server.send(server.peerOf(id), `RECEIVE ${recvid} OK\n`);
      await command.printed(/gw1-0\d {2}SMS in from .* acked: ".*"\n/);

      server.send(line, 'MSG 11 6 a\u001b[1mb\n');
      while ((await server.next()) !== 'PASSWORD 11\n');
      server.send(line, 'PASSWORD 11 top-secret\n');
      while ((await server.next()) !== 'SEND 11\n');
      server.send(line, 'SEND 11 1 +861\n');
      await command.printed(/gw1-02 {2}SMS on air to \+861: "a\\u001b\[1mb"\n/);
      command.kill('SIGTERM');
      assert.deepEqual(await command.end(), [0, null]);
      assert.equal(command.errors, '');
      assert.doesNotMatch(command.output, /top-secret/);
      assert.match(command.output, /stopped\n$/);
    } finally {
      command.kill('SIGKILL');
      await command.end();
      await server.close();
    }
  });

  it('--quiet prints nothing, and SIGINT ends it too', async () => {
    const server = await BareServer.open();
    const command = new Command(['--server', `127.0.0.1:${server.port}`, '--quiet']);
    try {
      assert.match(await server.nextKeepalive(), /^req:1;id:goip-01;pass:password1;/);
      command.kill('SIGINT');
      assert.deepEqual(await command.end(), [0, null]);
      assert.deepEqual([command.output, command.errors], ['', '']);
    } finally {
      command.kill('SIGKILL');
      await command.end();
      await server.close();
    }
  });

  it('says what is wrong with the arguments and ends with 2', async () => {
    const command = new Command(['--lines', 'many', '--password', 'top-secret']);
    assert.deepEqual(await command.end(), [2, null]);
    assert.equal(command.output, '');
    assert.equal(
      command.errors,
      'goip-simulator: --lines must be a number from 1 to 1000\nTry goip-simulator --help\n',
    );
  });

  it('--help explains every option and ends with 0', async () => {
    const command = new Command(['--help']);
    assert.deepEqual(await command.end(), [0, null]);
    assert.equal(command.output, HELP);
    for (const option of Object.keys(FLAGS)) assert.match(HELP, new RegExp(`^  --${option} `, 'm'), option);
  });

  it('reads the options', () => {
    const options = readCliOptions(
      ['--server', '[::1]:5000', '--firmware', 'poll', '--loss', '0.1', '--seed', '7', '--password', 'a', '--quiet'],
      { GOIP_SIMULATOR_PASSWORD: 'b' },
    );
    assert.deepEqual(options, {
      seed: 7,
      quiet: true,
      inbound: null,
      simulator: {
        server: { host: '::1', port: 5000 },
        lines: [{ id: 'goip-01', password: 'a' }],
        firmware: 'poll',
        lineTime: 3,
        keepaliveInterval: 30,
        faults: { loss: 0.1, duplicate: 0, reorder: 0 },
        seed: 7,
      },
    });
    const defaults = readCliOptions([], {});
    assert(defaults !== 'help');
    assert.deepEqual(defaults.simulator.server, { host: '127.0.0.1', port: 44444 });
    assert.deepEqual(readCliOptions(['--help', '--lines', 'x'], {}), 'help');
  });

  it('reads the habits of all lines', () => {
    assert.deepEqual(
      settingsOf('--line-time', '2-5', '--reports', '1-60', '--report-states', '48,0', '--report-first'),
      {
        firmware: 'push',
        lineTime: [2, 5],
        keepaliveInterval: 30,
        smsNo: true,
        deliveryReports: true,
        deliveryDelay: [1, 60],
        deliveryState: [48, 0],
        deliveryFirst: true,
      },
    );
    const { longSms, partGap } = settingsOf('--long-sms', 'parts', '--part-gap', '30');
    assert.deepEqual([longSms, partGap], ['parts', 30]);
  });

  const troubles: readonly (readonly [readonly string[], object])[] = [
    [['--block-after', '5'], { blockAfter: 5 }],
    [['--block-after', '0'], { blocked: true }],
    [['--fail-after', '0'], { failAfter: 0 }],
    [['--fail-after', '7', '--recover-after', '3'], { failAfter: 7, recoverAfter: 3 }],
    [['--logout-after', '5'], { logoutAfter: 5 }],
    [['--logout-after', '0'], { gsmStatus: 'LOGOUT' }],
    [['--offline-after', '5'], { offlineAfter: 5 }],
    [['--reject'], { sessionError: 'too_many_sends_in_server' }],
    [['--refuse-password'], { refusePassword: true }],
    [['--silent'], { silent: true }],
  ];
  for (const [args, habits] of troubles) {
    it(`${args.join(' ')} is for all lines, or for the last ones`, () => {
      const line = (id: string) => ({ id, password: 'password1' });
      const lines = (...more: readonly string[]) => simulatorOf('--lines', '3', ...args, ...more).lines;
      const bad = (id: string) => ({ ...line(id), ...habits });
      assert.deepEqual(lines(), [bad('goip-01'), bad('goip-02'), bad('goip-03')]);
      assert.deepEqual(lines('--bad-lines', '1'), [line('goip-01'), line('goip-02'), bad('goip-03')]);
      assert.deepEqual(lines('--bad-lines', '0'), [line('goip-01'), line('goip-02'), line('goip-03')]);
    });
  }

  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['--server', 'host:99999'], /--server must be host:port/],
    [['--server', ':1'], /--server must be host:port/],
    [['--server', '::1'], /--server must be host:port/],
    [['--firmware', 'new'], /--firmware must be push, poll or direct/],
    [['--loss', '2'], /--loss must be a number from 0 to 1/],
    [['--loss', ''], /--loss must be a number from 0 to 1/],
    [['--lines', '1.5'], /--lines must be a whole number/],
    [['--line-time', '5-2'], /--line-time must be seconds from 0 to 86400, or a range such as 2-5/],
    [['--line-time=-1'], /--line-time must be seconds/],
    [['--line-time', '1-2-3'], /--line-time must be seconds/],
    [['--line-time', '2-'], /--line-time must be seconds/],
    [['--reports', ''], /--reports must be seconds/],
    [['--report-states', '0,x'], /--report-states must be a number from 0 to 255/],
    [['--long-sms', 'cut'], /--long-sms must be joined or parts/],
    [['--offline-after', '0'], /--offline-after must be a number from 1/],
    [['--fail-after', '1.5'], /--fail-after must be a whole number/],
    [['--keepalive', '0'], /--keepalive must be a number from 0.01/],
    [['--password', 'a;b'], /the password must have no blanks/],
    [['--prefix', 'a b'], /--prefix must have no blanks/],
    [['--speed', '1'], /Unknown option '--speed'/],
    [['top-secret'], /^there is an argument without an option$/],
  ];
  for (const [args, message] of wrong) {
    it(`refuses ${args.join(' ')}`, () => {
      assert.throws(
        () => readCliOptions(args, {}),
        (error) => error instanceof UsageError && message.test(error.message),
      );
    });
  }
});
