import assert from 'node:assert/strict';
import { DeviceList } from '../../src/devices.js';
import { Line } from '../../src/lines/line.js';
import { formatServerMessage, parseDeviceMessage, type SessionReply } from '../../src/protocol/index.js';
import { BulkSession } from '../../src/sessions/session.js';
import { settingsFrom, type ServerOptions } from '../../src/settings.js';
import { VirtualClock } from './virtual-clock.js';

interface Recipient {
  readonly to: string;
}

/** A session over `numbers` that writes down what happens. `on` is called with each line of that diary. */
function sessionOver(numbers: readonly string[], { options = {}, on }: { options?: ServerOptions; on?: OnEntry } = {}) {
  const [device] = new DeviceList([{ id: 'goipid1', password: 'password1' }], undefined);
  assert.ok(device);
  const line = new Line(device);
  const clock = new VirtualClock();
  const diary: string[] = [];
  const write = (entry: string): void => {
    diary.push(entry);
    on?.(entry, session);
  };
  const [first = { to: '' }, ...rest] = numbers.map((to) => ({ to }));
  const session: BulkSession<Recipient> = new BulkSession<Recipient>(
    11,
    line,
    'hello',
    first,
    {
      next: () => rest.shift(),
      submitting: ({ to }) => write(`${to} submitted`),
      waiting: ({ to }) => write(`${to} waiting`),
      result: ({ to }, { state }) => write(`${to} ${state}`),
      ended: ({ why }, untouched) => write(`ended ${why}${untouched ? `, ${untouched.to} untouched` : ''}`),
    },
    {
      clock,
      config: settingsFrom(options).session,
      send: (_, request) => write(`→ ${formatServerMessage(request).trimEnd()}`),
    },
  );
  const say = (...datagrams: string[]): void => {
    for (const datagram of datagrams) session.reply(parseDeviceMessage(datagram) as SessionReply);
  };
  /** What was written since the last time. */
  const news = (): string[] => diary.splice(0);
  return { session, line, clock, say, news };
}

type OnEntry = (entry: string, session: BulkSession<Recipient>) => void;

describe('bulk session: carries out what the machine decides', () => {
  it('says what happens to which number, before it sends and in the order of things', () => {
    const { session, say, news } = sessionOver(['+1', '+2']);
    session.start();
    assert.deepEqual(news(), ['→ MSG 11 5 hello']);
    say('PASSWORD 11');
    assert.deepEqual(news(), ['→ PASSWORD 11 password1']);
    say('SEND 11');
    assert.deepEqual(news(), ['+1 submitted', '→ SEND 11 1 +1']);
    say('WAIT 11 1', 'OK 11 1 160');
    assert.deepEqual(news(), ['+1 waiting', '+1 sent', '+2 submitted', '→ SEND 11 2 +2']);
    say('ERROR 11 2 errorstatus:38');
    assert.deepEqual(news(), ['+2 failed', '→ DONE 11']);
    say('DONE 11');
    assert.deepEqual(news(), ['ended done']);
  });

  it('counts itself, its number and the results at the line', () => {
    const { session, line, say } = sessionOver(['+1', '+2', '+3']);
    const counts = () => [line.sessions, line.sending, line.counters.sent, line.counters.failed, line.counters.unknown];
    session.start();
    assert.deepEqual(counts(), [1, 0, 0, 0, 0]);
    say('PASSWORD 11', 'SEND 11');
    assert.deepEqual(counts(), [1, 1, 0, 0, 0]);
    assert.equal(session.hasNumberOut, true);
    say('OK 11 1');
    assert.deepEqual(counts(), [1, 1, 1, 0, 0]);
    say('ERROR 11 2 errorstatus:1');
    assert.deepEqual(counts(), [1, 1, 1, 1, 0]);
    say('ERROR 11 SENDID');
    assert.deepEqual(counts(), [0, 0, 1, 1, 1]);
    assert.equal(session.hasNumberOut, false);
  });

  it('gives back the number that it was opened for if that never went out', () => {
    const { session, say, news } = sessionOver(['+1', '+2']);
    session.start();
    say('ERROR 11 too_many_sends_in_server');
    assert.deepEqual(news(), ['→ MSG 11 5 hello', '→ DONE 11', 'ended too-many, +1 untouched']);
  });

  it('teaches the line how the device tells results', () => {
    const { session, line, say, clock } = sessionOver(['+1', '+2', '+3', '+4'], { options: { statusQuery: 'auto' } });
    session.start();
    say('PASSWORD 11', 'SEND 11', 'WAIT 11 1', 'OK 11 1');
    assert.equal(line.habit, 'push');
    for (const telid of [2, 3]) {
      say(`WAIT 11 ${telid}`);
      clock.pass({ seconds: 40 });
      say(`OK 11 ${telid}`);
    }
    assert.equal(line.habit, 'poll');
  });

  it('leaves no timer behind, whatever it ended with', () => {
    const endings: readonly (readonly string[])[] = [
      ['PASSWORD 11', 'SEND 11', 'OK 11 1', 'DONE 11'],
      ['PASSWORD 11', 'SEND 11', 'WAIT 11 1', 'OK 11 1', 'DONE 11'],
      ['PASSWORD 11', 'SEND 11', 'ERROR 11 SENDID'],
      ['PASSWORD 11', 'SEND 11', 'WAIT 11 1', 'ERROR 11 GSM_LOGOUT', 'DONE 11'],
      ['PASSWORD 11', 'ERROR 11 PASSWORD', 'DONE 11'],
      ['ERROR 11 too_many_sends_in_server'],
      ['ERROR 11 busy'],
    ];
    for (const replies of endings) {
      const { session, say, clock, line, news } = sessionOver(['+1']);
      session.start();
      say(...replies);
      assert.match(news().at(-1) ?? '', /^ended/, replies.join(', '));
      assert.equal(clock.pending, 0, replies.join(', '));
      assert.equal(line.sessions, 0);
    }
  });

  it('gives up in the end on a device that is silent, and leaves no timer', () => {
    const { session, clock, news } = sessionOver(['+1'], { options: { resendInterval: 5, resendCount: 3 } });
    session.start();
    clock.pass({ seconds: 40 });
    assert.deepEqual(news(), [
      ...Array.from({ length: 4 }, () => '→ MSG 11 5 hello'),
      ...Array.from({ length: 4 }, () => '→ DONE 11'),
      'ended no-answer, +1 untouched',
    ]);
    assert.equal(clock.pending, 0);
  });

  it('ignores whatever comes after its end', () => {
    const { session, say, clock, news } = sessionOver(['+1', '+2']);
    session.start();
    session.abort();
    news();
    say('PASSWORD 11', 'SEND 11', 'OK 11 1', 'WAIT 11 1', 'ERROR 11 SENDID', 'DONE 11');
    session.abort();
    session.restarted();
    assert.deepEqual(news(), []);
    assert.equal(clock.pending, 0);
  });
});

describe('bulk session: aborted by somebody that it tells something', () => {
  /** Aborts a session the moment that it says `entry`, and returns what happened in all. */
  function abortedAt(entry: string, ...replies: string[]): string[] {
    const { session, say, news, clock, line } = sessionOver(['+1', '+2'], {
      on: (what, me) => {
        if (what === entry) me.abort();
      },
    });
    session.start();
    say(...replies);
    assert.equal(clock.pending, 0, 'no timer is left behind');
    assert.deepEqual([line.sessions, line.sending], [0, 0]);
    return news();
  }
  const OPENED = ['→ MSG 11 5 hello', '→ PASSWORD 11 password1'];
  const OPENING = ['PASSWORD 11', 'SEND 11'];

  it('that a number is submitted: finishes what it was about, then ends', () => {
    assert.deepEqual(abortedAt('+1 submitted', ...OPENING), [
      ...OPENED,
      '+1 submitted',
      '→ SEND 11 1 +1',
      '+1 unknown',
      '→ DONE 11',
      'ended aborted',
    ]);
  });

  it('that a number waits', () => {
    const story = abortedAt('+1 waiting', ...OPENING, 'WAIT 11 1');
    assert.deepEqual(story.slice(-4), ['+1 waiting', '+1 unknown', '→ DONE 11', 'ended aborted']);
  });

  it('that a number is sent: the next one, taken already, is given back', () => {
    const story = abortedAt('+1 sent', ...OPENING, 'OK 11 1');
    assert.deepEqual(story.slice(-3), ['+1 sent', '→ DONE 11', 'ended aborted, +2 untouched']);
  });

  it('that a number is left open because the SIM logged out', () => {
    const story = abortedAt('+1 unknown', ...OPENING, 'WAIT 11 1', 'ERROR 11 GSM_LOGOUT');
    assert.deepEqual(story.slice(-3), ['+1 unknown', '→ DONE 11', 'ended gsm-logout']);
  });

  it('that it ended', () => {
    assert.deepEqual(abortedAt('ended lost', ...OPENING, 'ERROR 11 SENDID').slice(-2), ['→ DONE 11', 'ended lost']);
  });
});
