import assert from 'node:assert/strict';
import { resultsOf, Stage } from './stage.js';

const times = (count: number, text: string): string[] => Array.from({ length: count }, () => text);

describe('outbox: a session that gets lost', () => {
  const lost: Readonly<Record<string, (stage: Stage, sendid: number) => Promise<void>>> = {
    'the device does not know it any more (ERROR SENDID)': (stage, sendid) => stage.say('a', `ERROR ${sendid} SENDID`),
    'the device ended it': (stage, sendid) => stage.say('a', `DONE ${sendid}`),
    'the device restarted': (stage) => stage.restart('a'),
  };
  for (const [how, lose] of Object.entries(lost)) {
    it(`${how}: the submitted number is unknown, the others go on in a session with a higher sendid`, async () => {
      const stage = await Stage.online();
      await stage.pass({ seconds: 95 });
      const { news, result } = await stage.accept({ to: '+1, +2, +3' });
      const first = await stage.opens('a');
      await stage.say('a', `OK ${first} 1`, `WAIT ${first} 2`);
      stage.sent();
      news();
      await lose(stage, first);
      assert.deepEqual(news(), ['+2 unknown']);
      assert.deepEqual(stage.sent('a'), [`DONE ${first}`]);
      await stage.pass({ seconds: 5 });
      const second = await stage.opens('a');
      assert.equal(second, first + 1);
      await stage.say('a', `OK ${second} 1`);
      assert.deepEqual(stage.sent('a').slice(-2), [`SEND ${second} 1 +3`, `DONE ${second}`]);
      assert.deepEqual(resultsOf(await result()), ['+1 sent a', '+2 unknown GOIP_TIMEOUT a', '+3 sent a']);
      assert.deepEqual(
        (await result()).results.map(({ attempts }) => attempts),
        [1, 1, 1],
      );
    });
  }

  it('before a number went out costs no number', async () => {
    const stage = await Stage.online();
    const { news } = await stage.accept({ to: '+1, +2' });
    const first = stage.sendid('a');
    await stage.say('a', `PASSWORD ${first}`, `ERROR ${first} SENDID`);
    stage.sent();
    await stage.pass({ seconds: 5 });
    const second = await stage.opens('a');
    assert.deepEqual(stage.sent('a').slice(-1), [`SEND ${second} 1 +1`]);
    assert.deepEqual(news(), ['+1 queued', '+2 queued', '+1 submitted']);
  });

  it('three times in a row: the line will not do for this job', async () => {
    const stage = await Stage.online();
    const { result } = await stage.accept({ to: '+1, +2' });
    for (let session = 0; session < 3; session += 1) {
      await stage.say('a', `ERROR ${stage.sendid('a')} SENDID`);
      assert.match(stage.sent('a').join(), /^DONE/);
      await stage.pass({ seconds: 5 });
    }
    const { results } = await result();
    assert.deepEqual(
      results.map(({ state, code, reason }) => [state, code, reason]),
      times(2, '').map(() => ['failed', 'GOIP_REJECTED', 'the device lost the session again and again']),
    );
    assert.deepEqual(stage.sent(), []);
  });

  it('now and then is no trouble as long as numbers get sent', async () => {
    const stage = await Stage.online();
    const { result } = await stage.accept({ to: '+1, +2, +3, +4, +5, +6, +7, +8, +9, +10' });
    for (let session = 0; session < 5; session += 1) {
      const sendid = await stage.opens('a');
      await stage.say('a', `OK ${sendid} 1`, `ERROR ${sendid} SENDID`);
      stage.sent();
      await stage.pass({ seconds: 5 });
    }
    const { sent, unknown } = await result();
    assert.deepEqual([sent, unknown], [5, 5]);
  });

  it('gives its number to another line that is free', async () => {
    const stage = await Stage.online({ ids: ['a', 'b'] });
    await stage.accept({ to: '+1' });
    await stage.say('a', `ERROR ${stage.sendid('a')} SENDID`);
    assert.deepEqual(stage.sent(), ['a: DONE 1', 'b: MSG 2 5 hello']);
  });
});

describe('outbox: a SIM that is not registered', () => {
  it('parks the line until a keepalive says LOGIN, and the job waits', async () => {
    const stage = await Stage.online();
    const { news } = await stage.accept({ to: '+1, +2' });
    const first = stage.sendid('a');
    await stage.say('a', `ERROR ${first} GSM_LOGOUT`, `DONE ${first}`);
    assert.deepEqual(stage.sent('a'), [`DONE ${first}`]);
    await stage.pass({ seconds: 20 });
    await stage.keepalive('a', 'gsm_status:LOGOUT;');
    await stage.pass({ seconds: 60 });
    assert.deepEqual(stage.sent('a'), []);
    assert.deepEqual(news(), ['+1 queued', '+2 queued']);
    await stage.keepalive('a', 'gsm_status:LOGIN;');
    assert.deepEqual(stage.sent('a'), [`MSG ${first + 1} 5 hello`]);
  });

  it('fails the number that was refused, if it cannot have gone out, and keeps the others', async () => {
    const stage = await Stage.online();
    const { news, result } = await stage.accept({ to: '+1, +2' });
    const first = await stage.opens('a');
    news();
    await stage.say('a', `ERROR ${first} GSM_LOGOUT`, `DONE ${first}`);
    assert.deepEqual(news(), ['+1 failed']);
    stage.sent();
    await stage.keepalive('a');
    const second = await stage.opens('a');
    await stage.say('a', `OK ${second} 1`);
    assert.deepEqual(resultsOf(await result()), ['+1 failed GOIP_GSM_LOGOUT a', '+2 sent a']);
  });

  it('leaves a number open that may have gone out before', async () => {
    const stage = await Stage.online();
    const { news } = await stage.accept({ to: '+1' });
    const sendid = await stage.opens('a');
    await stage.say('a', `WAIT ${sendid} 1`, `ERROR ${sendid} GSM_LOGOUT`);
    assert.equal(news().at(-1), '+1 unknown');
  });

  it('keeps a job away from the line from the start, where the keepalives say so', async () => {
    const stage = await Stage.create({ ids: ['a', 'b'] });
    await stage.keepalive('a', 'gsm_status:LOGOUT;');
    await stage.keepalive('b');
    await stage.accept({ to: '+1, +2' });
    assert.deepEqual(stage.sent(), ['b: MSG 1 5 hello']);
  });

  it('keeps the job waiting until it expires', async () => {
    const stage = await Stage.create({ expire: 300 });
    await stage.keepalive('a', 'gsm_status:LOGOUT;');
    const { news, result } = await stage.accept({ to: '+1' });
    await stage.pass({ seconds: 299 });
    assert.deepEqual(news(), ['+1 queued']);
    await stage.pass({ seconds: 1 });
    assert.deepEqual(resultsOf(await result()), ['+1 expired GOIP_EXPIRED']);
    assert.deepEqual(stage.sent(), []);
  });

  it('ends the job after the same patience where every keepalive says LOGIN and every session says LOGOUT', async () => {
    const stage = await Stage.create();
    const { result } = await stage.accept({ to: '+1, +2, +3' });
    stage.devices.set('a', (request) => {
      const [verb = '', sendid = ''] = request.trimEnd().split(' ');
      stage.clock.after(
        10,
        () => void stage.say('a', verb === 'DONE' ? `DONE ${sendid}` : `ERROR ${sendid} GSM_LOGOUT`),
      );
    });
    await stage.keepalive('a');
    await stage.pass({ seconds: 125 });
    assert.deepEqual(
      resultsOf(await result()),
      [1, 2, 3].map((number) => `+${number} failed GOIP_GSM_LOGOUT`),
    );
  });
});

describe('outbox: a device that has too many sessions', () => {
  it('is asked again every resend interval, and gets the job when it has room', async () => {
    const stage = await Stage.online();
    const { result } = await stage.accept({ to: '+1' });
    for (let session = 1; session <= 10; session += 1) {
      await stage.say('a', `ERROR ${stage.sendid('a')} too_many_sends_in_server`);
      assert.deepEqual(stage.sent('a'), [`DONE ${session}`]);
      await stage.pass({ seconds: 4 });
      assert.deepEqual(stage.sent('a'), []);
      await stage.pass({ seconds: 1 });
    }
    const sendid = await stage.opens('a');
    await stage.say('a', `OK ${sendid} 1`);
    assert.equal((await result()).ok, true);
  });

  it('for longer than two idle limits: the job gives up', async () => {
    const stage = await Stage.online();
    const { result } = await stage.accept({ to: '+1, +2' });
    let asked = 0;
    for (let seconds = 0; seconds < 200; seconds += 1) {
      const [request] = stage.sent('a');
      if (request) {
        asked += 1;
        await stage.say('a', `ERROR ${request.split(' ')[1] ?? ''} too_many_sends_in_server`);
        stage.sent();
      }
      await stage.pass({ seconds: 1 });
    }
    assert.equal(asked, 37, 'every 5 s for 180 s');
    const { results } = await result();
    assert.deepEqual(resultsOf(await result()), ['+1 failed GOIP_REJECTED', '+2 failed GOIP_REJECTED']);
    assert.equal(results[0]?.reason, 'the device refused the session: too_many_sends_in_server');
    await stage.assertQuiet();
  });

  it('does not count as a device that loses sessions', async () => {
    const stage = await Stage.online();
    const { news } = await stage.accept({ to: '+1' });
    for (let session = 0; session < 5; session += 1) {
      await stage.say('a', `ERROR ${stage.sendid('a')} too_many_sends_in_server`);
      stage.sent();
      await stage.pass({ seconds: 5 });
    }
    await stage.say('a', `ERROR ${stage.sendid('a')} SENDID`);
    stage.sent();
    await stage.pass({ seconds: 5 });
    assert.match(stage.sent('a').join(), /^MSG/);
    assert.deepEqual(news(), ['+1 queued']);
  });
});

describe('outbox: a device that refuses', () => {
  it('the password: GOIP_AUTH at once, with a DONE, and no second try', async () => {
    const stage = await Stage.online();
    const { result } = await stage.accept({ to: '+1, +2' });
    const sendid = stage.sendid('a');
    await stage.say('a', `PASSWORD ${sendid}`, `ERROR ${sendid} PASSWORD`, `DONE ${sendid}`);
    assert.deepEqual(stage.sent('a'), [`PASSWORD ${sendid} password1`, `DONE ${sendid}`]);
    assert.deepEqual(resultsOf(await result()), ['+1 failed GOIP_AUTH', '+2 failed GOIP_AUTH']);
    await stage.pass({ seconds: 200 });
    assert.deepEqual(stage.sent(), []);
  });

  it('the password: another line sends what this one cannot', async () => {
    const stage = await Stage.online({ ids: ['a', 'b'] });
    const { result } = await stage.accept({ to: '+1, +2' });
    stage.sent();
    await stage.say('a', 'PASSWORD 1', 'ERROR 1 PASSWORD', 'DONE 1');
    await stage.say('b', 'PASSWORD 2', 'SEND 2', 'OK 2 1', 'OK 2 2');
    assert.deepEqual(resultsOf(await result()), ['+1 sent b', '+2 sent b']);
  });

  it('the password: says nothing of it', async () => {
    const stage = await Stage.online();
    const { result, statuses } = await stage.accept({ to: '+1' });
    const sendid = stage.sendid('a');
    await stage.say('a', `PASSWORD ${sendid}`, `ERROR ${sendid} PASSWORD`, `DONE ${sendid}`);
    assert.doesNotMatch(JSON.stringify([await result(), statuses]), /password1/);
  });

  it("the session: three tries, then GOIP_REJECTED with the device's words", async () => {
    const stage = await Stage.online();
    const { result } = await stage.accept({ to: '+1' });
    for (let session = 1; session <= 3; session += 1) {
      await stage.say('a', `ERROR ${stage.sendid('a')} no such command`);
      assert.deepEqual(stage.sent('a'), [`DONE ${session}`]);
      await stage.pass({ seconds: 5 });
    }
    const { results } = await result();
    assert.deepEqual(resultsOf(await result()), ['+1 failed GOIP_REJECTED']);
    assert.equal(results[0]?.reason, 'the device refused the session: no such command');
  });
});

describe('outbox: a device that refuses several sessions at once', () => {
  it('the numbers of all of them end', async () => {
    const stage = await Stage.online({ sessionsPerLine: 2 });
    const { result } = await stage.accept({ to: '+1, +2, +3' });
    await stage.say('a', 'PASSWORD 1', 'PASSWORD 2', 'ERROR 1 PASSWORD', 'ERROR 2 PASSWORD', 'DONE 1', 'DONE 2');
    assert.deepEqual(
      resultsOf(await result()),
      [1, 2, 3].map((number) => `+${number} failed GOIP_AUTH`),
    );
    await stage.assertQuiet();
  });
});

describe('outbox: a device that is silent', () => {
  it('gets each datagram four times, and is left alone for 100 s; after three sessions the job ends', async () => {
    const stage = await Stage.online();
    const { result } = await stage.accept({ to: '+1, +2' });
    for (let sendid = 1; sendid <= 3; sendid += 1) {
      await stage.pass({ seconds: 40 });
      const requests = [...times(4, `MSG ${sendid} 5 hello`), ...times(4, `DONE ${sendid}`)];
      assert.deepEqual(stage.sent('a'), requests);
      await stage.pass({ seconds: 99 });
      assert.deepEqual(stage.sent('a'), []);
      await stage.pass({ seconds: 1 });
    }
    const { results } = await result();
    assert.deepEqual(resultsOf(await result()), ['+1 failed GOIP_TIMEOUT', '+2 failed GOIP_TIMEOUT']);
    assert.equal(results[0]?.reason, 'the device did not answer');
    await stage.assertQuiet();
  });

  it('about a number: that is unknown after four times, and the others go on after the rest', async () => {
    const stage = await Stage.online();
    const { news, result } = await stage.accept({ to: '+1, +2' });
    const first = await stage.opens('a');
    news();
    await stage.pass({ seconds: 42 });
    // A DONE may be repeated early.
    assert.deepEqual(stage.sent('a').slice(1), [...times(4, `SEND ${first} 1 +1`), ...times(8, `DONE ${first}`)]);
    assert.deepEqual(news(), ['+1 unknown']);
    await stage.pass({ seconds: 99.3 });
    const second = await stage.opens('a');
    await stage.say('a', `OK ${second} 1`);
    assert.deepEqual(resultsOf(await result()), ['+1 unknown GOIP_TIMEOUT a', '+2 sent a']);
  });

  it('leaves the line to nobody else meanwhile, and other lines alone', async () => {
    const stage = await Stage.online({ ids: ['a', 'b'] });
    await stage.accept({ to: '+1', device: 'a' });
    await stage.pass({ seconds: 40 });
    stage.sent();
    await stage.accept({ to: '+2', device: 'a' });
    await stage.accept({ to: '+3', text: 'other' });
    assert.deepEqual(stage.sent(), ['b: MSG 2 5 other']);
    await stage.pass({ seconds: 99 });
    assert.deepEqual(stage.sent('a'), []);
  });

  it('takes no number from another line: the one that answers sends all', async () => {
    const stage = await Stage.online({ ids: ['a', 'b'] });
    const { result } = await stage.accept({ to: '+1, +2, +3' });
    stage.sent();
    await stage.say('b', 'PASSWORD 2', 'SEND 2', 'OK 2 1', 'OK 2 2', 'DONE 2');
    stage.sent();
    await stage.pass({ seconds: 40 });
    const sendid = Number(stage.sent('b').at(-1)?.split(' ')[1]);
    await stage.say('b', `PASSWORD ${sendid}`, `SEND ${sendid}`, `OK ${sendid} 1`);
    assert.deepEqual(resultsOf(await result()), ['+1 sent b', '+2 sent b', '+3 sent b']);
  });
});

describe('outbox: a device that says WAIT for ever', () => {
  it('costs its number after 300 s; the line goes on at once, and is no failing line', async () => {
    const stage = await Stage.online();
    const { news, result } = await stage.accept({ to: '+1, +2' });
    const first = await stage.opens('a');
    news();
    for (let second = 0; second < 300; second += 1) {
      await stage.say('a', `WAIT ${first} 1`);
      await stage.pass({ seconds: 1 });
    }
    assert.deepEqual(news(), ['+1 waiting', '+1 unknown']);
    stage.sent();
    await stage.say('a', `DONE ${first}`);
    const second = await stage.opens('a');
    await stage.say('a', `OK ${second} 1`);
    assert.deepEqual(resultsOf(await result()), ['+1 unknown GOIP_TIMEOUT a', '+2 sent a']);
    assert.equal(stage.state().hold, null);
  });

  it('goes on at once even if it does not answer DONE', async () => {
    const stage = await Stage.online();
    await stage.accept({ to: '+1, +2' });
    const first = await stage.opens('a');
    for (let second = 0; second < 300; second += 1) {
      await stage.say('a', `WAIT ${first} 1`);
      await stage.pass({ seconds: 1 });
    }
    await stage.pass({ seconds: 23 });
    assert.match(stage.sent('a').at(-1) ?? '', /^MSG /);
  });

  it('and is not asked: a lost result costs no rest if the device answers DONE', async () => {
    const stage = await Stage.online({ statusQuery: 'never' });
    await stage.accept({ to: '+1, +2' });
    const first = await stage.opens('a');
    await stage.say('a', `WAIT ${first} 1`);
    await stage.pass({ seconds: 90 });
    stage.sent();
    await stage.say('a', `DONE ${first}`);
    await stage.opens('a');
  });
});

describe('outbox: a path that drops fragments', () => {
  const LONG = 'ü'.repeat(1000);

  /** Answers what fits into one datagram, after 10 ms. */
  async function withSmallPath(isDoneAnswered: boolean): Promise<Stage> {
    const stage = await Stage.online();
    stage.devices.set('a', (datagram) => {
      const [verb = '', sendid = '', telid = ''] = datagram.trimEnd().split(' ');
      if (Buffer.byteLength(datagram) > 1472 || (verb === 'DONE' && !isDoneAnswered)) return;
      const answers: Readonly<Record<string, string>> = {
        ...{ MSG: `PASSWORD ${sendid}`, PASSWORD: `SEND ${sendid}` },
        ...{ SEND: `OK ${sendid} ${telid}`, DONE: `DONE ${sendid}` },
      };
      stage.clock.after(10, () => void stage.hears(answers[verb] ?? '', stage.addressOf('a')));
    });
    return stage;
  }

  for (const [what, isDoneAnswered, seconds] of [
    ['the device answers DONE', true, 21],
    ['only keepalives are heard', false, 42],
  ] as const) {
    it(`does not hold short texts up (${what})`, async () => {
      const stage = await withSmallPath(isDoneAnswered);
      await stage.accept({ to: '+1, +2', text: LONG });
      const alarm = await stage.accept({ to: '+3', text: 'alarm' });
      await stage.pass({ seconds });
      assert.deepEqual(resultsOf(await alarm.result()), ['+3 sent a']);
      const { failing, hold, lastError } = stage.state();
      assert.deepEqual([failing, hold], [false, null]);
      assert.match(lastError?.reason ?? '', /2000 bytes.*fragments/);
      for (let text = 0; text < 20; text += 1) {
        const { result } = await stage.accept({ to: '+4', text: `alarm ${text}` });
        await stage.pass({ seconds: isDoneAnswered ? 1 : 21 });
        if (isDoneAnswered) assert.deepEqual(resultsOf(await result()), ['+4 sent a']);
      }
    });
  }

  it('ends the long text after three tries, 100 s apart, with a reason that names the size', async () => {
    const stage = await withSmallPath(true);
    const { result } = await stage.accept({ to: '+1', text: LONG });
    await stage.pass({ seconds: 250 });
    await assert.rejects(result(), /has not ended/);
    assert.equal(new Set(stage.sent('a').filter((datagram) => datagram.startsWith('MSG'))).size, 3);
    await stage.pass({ seconds: 20 });
    const { results } = await result();
    assert.deepEqual(resultsOf(await result()), ['+1 failed GOIP_TIMEOUT']);
    assert.equal(
      results[0]?.reason,
      'the device is heard of, but did not answer a text of 2000 bytes: the network may drop large datagrams, which travel in fragments',
    );
    assert.deepEqual(stage.events, []);
  });

  it('is no excuse for a device that is silent about everything: the line rests', async () => {
    const stage = await Stage.online();
    stage.silence('a');
    await stage.accept({ to: '+1', text: LONG });
    await stage.pass({ seconds: 41 });
    assert.equal(stage.state().hold?.reason, 'rest');
  });
});

describe('outbox: lines that are offline', () => {
  it('a job waits until it expires', async () => {
    const stage = await Stage.create({ expire: 600 });
    const { news, result } = await stage.accept({ to: '+1' });
    await stage.pass({ seconds: 599 });
    assert.deepEqual(news(), ['+1 queued']);
    await stage.pass({ seconds: 1 });
    assert.deepEqual(news(), ['+1 expired']);
    assert.deepEqual(resultsOf(await result()), ['+1 expired GOIP_EXPIRED']);
    await stage.keepalive('a');
    assert.deepEqual(stage.sent(), []);
  });

  /** A line that is heard of for the last time, and 60 s later gets two numbers of which it has the first on WAIT. */
  async function fallingSilent() {
    const stage = await Stage.online({ expire: 600 });
    stage.silence('a');
    await stage.pass({ seconds: 60 });
    const { result } = await stage.accept({ to: '+1, +2' });
    const sendid = await stage.opens('a');
    await stage.say('a', `WAIT ${sendid} 1`);
    await stage.pass({ seconds: 33 });
    assert.equal(stage.line().online, false);
    return { stage, sendid, result };
  }

  it('a line that goes offline in the middle takes no more numbers; without another one the rest expires', async () => {
    const { stage, sendid, result } = await fallingSilent();
    await stage.say('a', `OK ${sendid} 1`);
    assert.deepEqual(stage.sent('a').slice(-1), [`DONE ${sendid}`]);
    await stage.say('a', `DONE ${sendid}`);
    await stage.pass({ seconds: 600 });
    assert.deepEqual(stage.sent('a'), []);
    assert.deepEqual(resultsOf(await result()), ['+1 sent a', '+2 expired GOIP_EXPIRED']);
  });

  it('a line that comes back in time goes on', async () => {
    const { stage, sendid, result } = await fallingSilent();
    await stage.say('a', `OK ${sendid} 1`, `DONE ${sendid}`);
    await stage.pass({ seconds: 80 });
    stage.sent();
    await stage.keepalive('a');
    const second = await stage.opens('a');
    await stage.say('a', `OK ${second} 1`);
    assert.equal((await result()).ok, true);
  });

  it('a job does not fail where its line comes and goes', async () => {
    const stage = await Stage.online({ ids: ['a', 'b'] });
    await stage.accept({ to: '+1', device: 'a' });
    await stage.opens('a');
    const { news } = await stage.accept({ to: '+2', device: 'a', text: 'waits' });
    for (let round = 0; round < 3; round += 1) {
      stage.silence('a');
      await stage.pass({ seconds: 150 });
      await stage.keepalive('a');
    }
    assert.deepEqual(news(), ['+2 queued']);
  });
});
