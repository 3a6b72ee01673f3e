import assert from 'node:assert/strict';
import { DeviceList } from '../../src/lines/devices.js';
import { Line } from '../../src/lines/line.js';
import { formatServerMessage, parseDeviceMessage, type SessionReply } from '../../src/protocol/index.js';
import { BulkSession } from '../../src/sessions/session.js';
import { settingsFrom, type ServerOptions } from '../../src/config/settings.js';
import { VirtualClock } from './virtual-clock.js';

interface Recipient {
  readonly to: string;
}

interface Circumstances {
  readonly options?: ServerOptions;
  /** Is called with each line of the diary. */
  readonly on?: OnEntry;
  /** The answer of the journal, by what is saved (`session`, or a number): `withheld`, or anything else for saved. */
  readonly journal?: (what: string) => Promise<unknown>;
}

/** A session over `numbers` that writes down what happens. */
function sessionOver(numbers: readonly string[], { options = {}, on, journal }: Circumstances = {}) {
  const [device] = new DeviceList([{ id: 'goipid1', password: 'password1' }]);
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
      saveSession: async () => {
        await journal?.('session');
      },
      saveSubmission: async ({ to }, telid) =>
        (await journal?.(`${to} as ${telid}`)) === 'withheld' ? 'withheld' : 'saved',
      submitted: ({ to }) => write(`${to} submitted`),
      waiting: ({ to }) => write(`${to} waiting`),
      resumed: ({ to }) => write(`${to} resumed`),
      result: ({ to }, { state }) => write(`${to} ${state}`),
      resultsSaved: () => journal?.('results') ?? Promise.resolve(),
      ended: ({ why }, untouched) => write(`ended ${why}${untouched ? `, ${untouched.to} untouched` : ''}`),
    },
    {
      clock,
      config: settingsFrom(options, true).session,
      send: (_, request) => write(`→ ${formatServerMessage(request).trimEnd()}`),
    },
  );
  const say = async (...datagrams: string[]): Promise<void> => {
    for (const datagram of datagrams) {
      session.reply(parseDeviceMessage(datagram) as SessionReply);
      await clock.settle();
    }
  };
  const start = async (): Promise<void> => {
    session.start();
    await clock.settle();
  };
  /** What was written since the last time. */
  const news = (): string[] => diary.splice(0);
  return { session, line, clock, start, say, news };
}

type OnEntry = (entry: string, session: BulkSession<Recipient>) => void;

describe('bulk session: carries out what the machine decides', () => {
  it('says what happens to which number, before it sends and in the order of things', async () => {
    const { start, say, news } = sessionOver(['+1', '+2']);
    await start();
    assert.deepEqual(news(), ['→ MSG 11 5 hello']);
    await say('PASSWORD 11');
    assert.deepEqual(news(), ['→ PASSWORD 11 password1']);
    await say('SEND 11');
    assert.deepEqual(news(), ['+1 submitted', '→ SEND 11 1 +1']);
    await say('WAIT 11 1', 'OK 11 1 160');
    assert.deepEqual(news(), ['+1 waiting', '+1 sent', '+2 submitted', '→ SEND 11 2 +2']);
    await say('ERROR 11 2 errorstatus:38');
    assert.deepEqual(news(), ['+2 failed', '→ DONE 11']);
    await say('DONE 11');
    assert.deepEqual(news(), ['ended done']);
  });

  it('counts itself, its number and the results at the line', async () => {
    const { session, start, line, say } = sessionOver(['+1', '+2', '+3']);
    const counts = () => [line.sessions, line.sending, line.counters.sent, line.counters.failed, line.counters.unknown];
    await start();
    assert.deepEqual(counts(), [1, 0, 0, 0, 0]);
    await say('PASSWORD 11', 'SEND 11');
    assert.deepEqual(counts(), [1, 1, 0, 0, 0]);
    assert.equal(session.hasNumberOut, true);
    await say('OK 11 1');
    assert.deepEqual(counts(), [1, 1, 1, 0, 0]);
    await say('ERROR 11 2 errorstatus:1');
    assert.deepEqual(counts(), [1, 1, 1, 1, 0]);
    await say('ERROR 11 SENDID');
    assert.deepEqual(counts(), [0, 0, 1, 1, 1]);
    assert.equal(session.hasNumberOut, false);
  });

  it('gives back the number that it was opened for if that never went out', async () => {
    const { start, say, news } = sessionOver(['+1', '+2']);
    await start();
    await say('ERROR 11 too_many_sends_in_server');
    assert.deepEqual(news(), ['→ MSG 11 5 hello', '→ DONE 11', 'ended too-many, +1 untouched']);
  });

  it('teaches the line how the device tells results', async () => {
    const { start, line, say, clock } = sessionOver(['+1', '+2', '+3', '+4'], { options: { statusQuery: 'auto' } });
    await start();
    await say('PASSWORD 11', 'SEND 11', 'WAIT 11 1', 'OK 11 1');
    assert.equal(line.habit, 'push');
    for (const telid of [2, 3]) {
      await say(`WAIT 11 ${telid}`);
      await clock.pass({ seconds: 40 });
      await say(`OK 11 ${telid}`);
    }
    assert.equal(line.habit, 'poll');
  });

  it('leaves no timer behind, whatever it ended with', async () => {
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
      const { start, say, clock, line, news } = sessionOver(['+1']);
      await start();
      await say(...replies);
      assert.match(news().at(-1) ?? '', /^ended/, replies.join(', '));
      assert.equal(clock.pending, 0, replies.join(', '));
      assert.equal(line.sessions, 0);
    }
  });

  it('gives up in the end on a device that is silent, and leaves no timer', async () => {
    const { start, clock, news } = sessionOver(['+1'], { options: { resendInterval: 5, resendCount: 3 } });
    await start();
    await clock.pass({ seconds: 40 });
    assert.deepEqual(news(), [
      ...Array.from({ length: 4 }, () => '→ MSG 11 5 hello'),
      ...Array.from({ length: 4 }, () => '→ DONE 11'),
      'ended no-answer, +1 untouched',
    ]);
    assert.equal(clock.pending, 0);
  });

  it('ignores whatever comes after its end', async () => {
    const { session, start, say, clock, news } = sessionOver(['+1', '+2']);
    await start();
    session.abort();
    news();
    await say('PASSWORD 11', 'SEND 11', 'OK 11 1', 'WAIT 11 1', 'ERROR 11 SENDID', 'DONE 11');
    session.abort();
    session.restarted();
    assert.deepEqual(news(), []);
    assert.equal(clock.pending, 0);
  });
});

describe('bulk session: aborted by somebody that it tells something', () => {
  /** Aborts a session the moment that it says `entry`, and returns what happened in all. */
  async function abortedAt(entry: string, ...replies: string[]): Promise<string[]> {
    const { start, say, news, clock, line } = sessionOver(['+1', '+2'], {
      on: (what, me) => {
        if (what === entry) me.abort();
      },
    });
    await start();
    await say(...replies);
    assert.equal(clock.pending, 0, 'no timer is left behind');
    assert.deepEqual([line.sessions, line.sending], [0, 0]);
    return news();
  }
  const OPENED = ['→ MSG 11 5 hello', '→ PASSWORD 11 password1'];
  const OPENING = ['PASSWORD 11', 'SEND 11'];

  it('that a number is submitted: finishes what it was about, then ends', async () => {
    assert.deepEqual(await abortedAt('+1 submitted', ...OPENING), [
      ...OPENED,
      '+1 submitted',
      '→ SEND 11 1 +1',
      '+1 unknown',
      '→ DONE 11',
      'ended aborted',
    ]);
  });

  it('that a number waits', async () => {
    const story = await abortedAt('+1 waiting', ...OPENING, 'WAIT 11 1');
    assert.deepEqual(story.slice(-4), ['+1 waiting', '+1 unknown', '→ DONE 11', 'ended aborted']);
  });

  it('that a number is sent: the next one, taken already, is given back', async () => {
    const story = await abortedAt('+1 sent', ...OPENING, 'OK 11 1');
    assert.deepEqual(story.slice(-3), ['+1 sent', '→ DONE 11', 'ended aborted, +2 untouched']);
  });

  it('that a number is left open because the SIM logged out', async () => {
    const story = await abortedAt('+1 unknown', ...OPENING, 'WAIT 11 1', 'ERROR 11 GSM_LOGOUT');
    assert.deepEqual(story.slice(-3), ['+1 unknown', '→ DONE 11', 'ended gsm-logout']);
  });

  it('that it ended', async () => {
    assert.deepEqual((await abortedAt('ended lost', ...OPENING, 'ERROR 11 SENDID')).slice(-2), [
      '→ DONE 11',
      'ended lost',
    ]);
  });
});

describe('bulk session: and the journal', () => {
  const full = (): Promise<void> => Promise.reject(new Error('the disk is full'));

  it('saves the session and each number before it sends, and sends what is saved', async () => {
    const saved: (() => void)[] = [];
    const { clock, start, say, news } = sessionOver(['+1', '+2'], {
      journal: () => new Promise<void>((resolve) => saved.push(resolve)),
    });
    const save = async (): Promise<void> => {
      saved.shift()?.();
      await clock.settle();
    };
    await start();
    await clock.pass({ seconds: 60 });
    assert.deepEqual(news(), []);
    await save();
    assert.deepEqual(news(), ['→ MSG 11 5 hello']);
    await say('PASSWORD 11', 'SEND 11');
    assert.deepEqual(news(), ['→ PASSWORD 11 password1']);
    await save();
    assert.deepEqual(news(), ['+1 submitted', '→ SEND 11 1 +1']);
    await say('OK 11 1');
    assert.deepEqual(news(), ['+1 sent']);
    await save();
    assert.deepEqual(news(), ['+2 submitted', '→ SEND 11 2 +2']);
  });

  it('that does not take the session: nothing was sent, the number is given back', async () => {
    const { clock, line, start, news } = sessionOver(['+1', '+2'], { journal: full });
    await start();
    assert.deepEqual(news(), ['ended not-saved, +1 untouched']);
    assert.deepEqual([clock.pending, line.sessions, line.sending], [0, 0, 0]);
  });

  it('withholds a number: it is not sent and given back, and the session is released', async () => {
    const journal = (what: string): Promise<unknown> => Promise.resolve(what === '+2 as 2' ? 'withheld' : 'saved');
    const { clock, line, start, say, news } = sessionOver(['+1', '+2'], { journal });
    await start();
    await say('PASSWORD 11', 'SEND 11', 'OK 11 1');
    const before = ['+1 submitted', '→ SEND 11 1 +1', '+1 sent'];
    assert.deepEqual(news().slice(2), [...before, '→ DONE 11', 'ended withheld, +2 untouched']);
    assert.deepEqual([clock.pending, line.sessions, line.sending], [0, 0, 0]);
  });

  it('that does not take a number: it is not sent and given back, and the session is released', async () => {
    for (const [refused, replies, told] of [
      ['+1 as 1', [], []],
      ['+2 as 2', ['OK 11 1'], ['+1 submitted', '→ SEND 11 1 +1', '+1 sent']],
    ] as const) {
      const journal = (what: string): Promise<void> => (what === refused ? full() : Promise.resolve());
      const { clock, line, start, say, news } = sessionOver(['+1', '+2'], { journal });
      await start();
      await say('PASSWORD 11', 'SEND 11', ...replies);
      const [number] = refused.split(' ');
      assert.deepEqual(news().slice(2), [...told, '→ DONE 11', `ended not-saved, ${number} untouched`]);
      assert.deepEqual([clock.pending, line.sessions, line.sending], [0, 0, 0]);
    }
  });

  it('sends DONE when the results are saved: a device that is told DONE cannot be asked again', async () => {
    let save = (): void => undefined;
    const journal = (what: string): Promise<void> =>
      what === 'results' ? new Promise((resolve) => (save = resolve)) : Promise.resolve();
    const { clock, start, say, news } = sessionOver(['+1'], { journal });
    await start();
    await say('PASSWORD 11', 'SEND 11', 'OK 11 1');
    assert.deepEqual(news().slice(-1), ['+1 sent']);
    await clock.pass({ seconds: 60 });
    assert.deepEqual(news(), []);
    save();
    await clock.settle();
    assert.deepEqual(news(), ['→ DONE 11']);
  });

  for (const how of ['abort', 'restarted', 'leave'] as const) {
    for (const phase of ['preparing', 'saving'] as const) {
      for (const answer of ['saved', 'not saved'] as const) {
        it(`${how} while ${phase}, and then it is ${answer}: no number goes out`, async () => {
          let settle = (): void => undefined;
          const { session, clock, line, start, say, news } = sessionOver(['+1', '+2'], {
            journal: (what) => {
              if ((what === 'session') !== (phase === 'preparing')) return Promise.resolve();
              return new Promise<void>((resolve, reject) => {
                settle = () => (answer === 'saved' ? resolve() : reject(new Error('the disk is full')));
              });
            },
          });
          await start();
          if (phase === 'saving') await say('PASSWORD 11', 'SEND 11');
          assert.equal(session.hasNumberOut, phase === 'saving', 'about to get a number');
          news();
          session[how]();
          const release = phase === 'saving' ? ['→ DONE 11'] : [];
          const end = how === 'abort' ? 'aborted' : 'lost';
          assert.deepEqual(news(), how === 'leave' ? [] : [...release, `ended ${end}, +1 untouched`]);
          settle();
          await clock.pass({ seconds: 300 });
          assert.deepEqual(news(), []);
          assert.equal(clock.pending, 0);
          if (how !== 'leave') assert.deepEqual([line.sessions, line.sending], [0, 0]);
        });
      }
    }
  }

  it('left with a number out it says nothing more, and sends no DONE', async () => {
    const { session, clock, start, say, news } = sessionOver(['+1', '+2']);
    await start();
    await say('PASSWORD 11', 'SEND 11', 'WAIT 11 1');
    news();
    session.leave();
    await say('OK 11 1', 'DONE 11');
    await clock.pass({ seconds: 300 });
    assert.deepEqual([news(), clock.pending], [[], 0]);
  });

  it('resumed, it asks for the first number and goes on with the others', async () => {
    const { session, clock, line, say, news } = sessionOver(['+1', '+2']);
    session.resume(7, clock.now() - 10_000);
    assert.deepEqual([line.sessions, line.sending, session.hasNumberOut], [1, 1, true]);
    assert.deepEqual(news(), ['+1 resumed', '→ SEND 11 7 +1']);
    await say('WAIT 11 7', 'OK 11 7');
    assert.deepEqual(news(), ['+1 sent', '+2 submitted', '→ SEND 11 8 +2']);
    await say('OK 11 8', 'DONE 11');
    assert.deepEqual(news(), ['+2 sent', '→ DONE 11', 'ended done']);
    assert.deepEqual([line.sessions, line.sending, line.counters.sent, clock.pending], [0, 0, 2, 0]);
  });
});

describe('bulk session: resumed with several numbers in doubt', () => {
  function resumed() {
    const stage = sessionOver(['+1', '+9']);
    const at = stage.clock.now() - 10_000;
    const others = [
      { recipient: { to: '+2' }, telid: 8, at },
      { recipient: { to: '+3' }, telid: 9, at },
    ];
    stage.session.resume(7, at, others);
    assert.deepEqual([stage.line.sessions, stage.line.sending], [1, 3]);
    assert.deepEqual(stage.news(), ['+1 resumed', '→ SEND 11 7 +1']);
    return stage;
  }

  it('asks for them one after the other before it goes on with others', async () => {
    const { line, clock, say, news } = resumed();
    await say('OK 11 7');
    assert.deepEqual(news(), ['+1 sent', '+2 resumed', '→ SEND 11 8 +2']);
    await say('OK 11 8');
    assert.deepEqual(news(), ['+2 sent', '+3 resumed', '→ SEND 11 9 +3']);
    await say('ERROR 11 9 errorstatus:38');
    assert.deepEqual(news(), ['+3 failed', '+9 submitted', '→ SEND 11 10 +9']);
    await say('OK 11 10', 'DONE 11');
    assert.deepEqual([line.sessions, line.sending, clock.pending], [0, 0, 0]);
  });

  it('asks for none of the others once the session is over', async () => {
    const { line, clock, say, news } = resumed();
    await say('ERROR 11 SENDID');
    assert.deepEqual(news(), ['+1 unknown', '→ DONE 11', '+2 unknown', '+3 unknown', 'ended lost']);
    assert.deepEqual([line.sessions, line.sending, line.counters.unknown, clock.pending], [0, 0, 3, 0]);
  });
});

describe('bulk session: measures its line', () => {
  it('the round trip, and the time from WAIT to a result that came unasked', async () => {
    const { clock, line, start, say } = sessionOver(['+1']);
    await start();
    await clock.pass({ seconds: 0.4 });
    await say('PASSWORD 11');
    assert.equal(line.roundTripMs, 400 + 4 * 200);
    await say('SEND 11', 'WAIT 11 1');
    await clock.pass({ seconds: 3 });
    await say('OK 11 1');
    assert.equal(line.resultMs, 3000 + 4 * 1500);
  });

  it('and repeats MSG as early as that is', async () => {
    const { clock, line, start, news } = sessionOver(['+1']);
    for (let sample = 0; sample < 50; sample += 1) line.roundTripMeasured(300);
    await start();
    await clock.pass({ seconds: 1 });
    assert.deepEqual(news(), ['→ MSG 11 5 hello', '→ MSG 11 5 hello', '→ MSG 11 5 hello']);
  });
});
