import assert from 'node:assert/strict';
import { ids, numbers, Site } from './site.js';
import { resultsOf, Stage, type StageOptions } from './stage.js';

const STICKY: StageOptions = { ids: ['a', 'b', 'c'], sticky: true };

/** The line that takes this number now; it sends it. */
async function lineOf(
  stage: Stage,
  to: string,
  request: { readonly device?: unknown; readonly priority?: unknown } = {},
): Promise<string> {
  const { result } = await stage.accept({ to, ...request });
  const [[line = '', sendid = ''] = []] = [stage.sent().map((sent) => sent.split(/: MSG | /))[0]];
  await stage.say(line, `PASSWORD ${sendid}`, `SEND ${sendid}`, `OK ${sendid} 1`, `DONE ${sendid}`);
  assert.deepEqual(resultsOf(await result()), [`${to} sent ${line}`]);
  stage.sent();
  return line;
}

/** Keeps a line busy with a job of its own. Returns what ends that. */
async function occupy(stage: Stage, id: string): Promise<() => Promise<void>> {
  await stage.accept({ to: '+999', device: id, text: 'busy' });
  const sendid = await stage.opens(id);
  stage.sent();
  return () => stage.say(id, `OK ${sendid} 1`, `DONE ${sendid}`);
}

describe('outbox: sticky lines', () => {
  it('are off by default', async () => {
    const stage = await Stage.online({ ...STICKY, sticky: false });
    assert.deepEqual([await lineOf(stage, '+1'), await lineOf(stage, '+1')], ['a', 'b']);
    assert.deepEqual(stage.disk.keys('sticky/'), []);
  });

  it('a number goes out on the line that it went out on before', async () => {
    const stage = await Stage.online(STICKY);
    const first = [await lineOf(stage, '+1'), await lineOf(stage, '+2'), await lineOf(stage, '+3')];
    assert.deepEqual(first, ['a', 'b', 'c']);
    for (const to of ['+3', '+1', '+2', '+2', '+3'])
      assert.equal(await lineOf(stage, to), { '+1': 'a', '+2': 'b', '+3': 'c' }[to]);
  });

  it('it waits for that line while it is busy, and holds up no other number', async () => {
    const stage = await Stage.online(STICKY);
    assert.equal(await lineOf(stage, '+1'), 'a');
    const free = await occupy(stage, 'a');
    const { news } = await stage.accept({ to: '+1, +2, +3' });
    assert.deepEqual(
      stage.sent().map((sent) => sent[0]),
      ['b', 'c'],
    );
    assert.equal(stage.outbox.waitingFor('a'), 1);
    assert.equal(stage.outbox.waitingFor('b'), 0);
    await free();
    assert.match(stage.sent('a').at(-1) ?? '', /^MSG/);
    await stage.say('a', 'PASSWORD 5', 'SEND 5');
    assert.equal(news().at(-1), '+1 submitted');
  });

  it('many jobs for one number at once all take one line', async () => {
    const site = await Site.open(STICKY);
    for (let count = 0; count < 10; count += 1) await site.accept({ to: '+1', text: `text ${count}` });
    await site.end();
    assert.deepEqual(Object.values(site.shares).toSorted(), [0, 0, 10]);
  });

  it('many jobs for the same numbers share the lines, each number on its own', async () => {
    const site = await Site.open({ ids: ids(4), sticky: true });
    for (let job = 0; job < 5; job += 1) await site.accept({ to: numbers(20), text: `text ${job}` });
    const seconds = await site.end();
    for (const id of ids(4)) {
      assert.equal(new Set(site.onAir(id)).size * 5, site.onAir(id).length, 'all SMS for a number are on one line');
      assert.ok(site.onAir(id).length > 0);
    }
    assert.ok(seconds < 120, `${seconds} s: the lines work side by side`);
  });

  it('the lines are remembered over a restart', async () => {
    const stage = await Stage.online({ ...STICKY, persistent: true });
    for (const [to, line] of [
      ['+1', 'a'],
      ['+2', 'b'],
      ['+3', 'c'],
    ] as const)
      assert.equal(await lineOf(stage, to), line);
    await stage.startAgain();
    for (const id of ['a', 'b', 'c']) await stage.keepalive(id);
    stage.sent();
    for (const [to, line] of [
      ['+3', 'c'],
      ['+2', 'b'],
      ['+1', 'a'],
    ] as const)
      assert.equal(await lineOf(stage, to), line);
  });

  it('and are forgotten after 90 days without an SMS', async () => {
    const stage = await Stage.online({ ...STICKY, persistent: true });
    await lineOf(stage, '+1');
    await lineOf(stage, '+2');
    await stage.clock.pass({ seconds: 50 * 86_400 });
    for (const id of ['a', 'b', 'c']) await stage.keepalive(id);
    assert.equal(await lineOf(stage, '+1'), 'a');
    await stage.clock.pass({ seconds: 40 * 86_400 });
    await stage.outbox.prune(stage.clock.now());
    await stage.clock.pass({ seconds: 1 });
    assert.deepEqual(stage.disk.keys('sticky/'), ['sticky/+1']);
  });

  it('what the message names comes first, and is the line from then on', async () => {
    const stage = await Stage.online(STICKY);
    assert.equal(await lineOf(stage, '+1'), 'a');
    assert.equal(await lineOf(stage, '+1', { device: 'c' }), 'c');
    assert.equal(await lineOf(stage, '+1'), 'c');
  });

  it('hold within the lines that the message names, too', async () => {
    const stage = await Stage.online({ ...STICKY, groups: { b: 'g', c: 'g' } });
    assert.equal(await lineOf(stage, '+1', { device: 'g' }), 'b');
    assert.equal(await lineOf(stage, '+1', { device: 'g' }), 'b');
    assert.equal(await lineOf(stage, '+2', { device: 'a' }), 'a');
    assert.notEqual(await lineOf(stage, '+2', { device: 'g' }), 'a');
  });

  it('hold within the lines of a rule only', async () => {
    const stage = await Stage.online({ ...STICKY, routes: [{ prefix: '+49', device: ['b', 'c'] }] });
    assert.equal(await lineOf(stage, '+491', { device: 'a' }), 'a');
    assert.equal(await lineOf(stage, '+491'), 'b');
    assert.equal(await lineOf(stage, '+491'), 'b');
  });

  it('a disk that is out of order makes nothing worse', async () => {
    const stage = await Stage.online({ ...STICKY, persistent: true });
    assert.equal(await lineOf(stage, '+1'), 'a');
    await occupy(stage, 'a');
    const { news } = await stage.accept({ to: '+2, +3' });
    await stage.accept({ to: '+1', priority: 'high' });
    await stage.say('b', 'PASSWORD 3');
    stage.disk.isBroken = true;
    await stage.say('b', 'SEND 3');
    // Now nobody can look up whose number it is.
    await stage.say('a', 'OK 2 1');
    await stage.pass({ seconds: 5 });
    assert.deepEqual(news(), ['+2 queued', '+3 queued'], 'nothing goes out');
    stage.disk.isBroken = false;
    await stage.pass({ seconds: 5 });
    assert.ok(stage.sent('b').some((sent) => sent.startsWith('MSG')));
  });
});

describe('outbox: a sticky line that cannot send', () => {
  type Trouble = (stage: Stage) => Promise<void>;
  /** Line a answers to its next three numbers. */
  const answers = async (stage: Stage, answer: (telid: number) => string): Promise<void> => {
    for (const telid of [1, 2, 3]) await stage.say('a', answer(telid));
  };
  const goesOffline: Trouble = async (stage) => {
    stage.silence('a');
    await stage.pass({ seconds: 95 });
  };
  const logsOut: Trouble = (stage) => stage.keepalive('a', 'gsm_status:LOGOUT;');
  /** What happens to line a while it is idle, and while it is busy with session `sendid`. */
  const troubles: Readonly<
    Record<string, readonly [idle: Trouble, busy: (stage: Stage, sendid: number) => Promise<void>]>
  > = {
    'is offline': [goesOffline, goesOffline],
    'has lost its network': [logsOut, logsOut],
    'has sent its SMS of the hour': [
      async (stage) => {
        for (let count = 0; count < 4; count += 1) await lineOf(stage, '+5', { device: 'a' });
      },
      (stage, sendid) => answers(stage, (telid) => `OK ${sendid} ${telid}`),
    ],
    'keeps failing': [
      async (stage) => {
        for (let count = 0; count < 3; count += 1) {
          await stage.accept({ to: '+5', device: 'a' });
          const sendid = await stage.opens('a');
          await stage.say('a', `ERROR ${sendid} 1 errorstatus:38`, `DONE ${sendid}`);
          stage.sent();
        }
      },
      (stage, sendid) => answers(stage, (telid) => `ERROR ${sendid} ${telid} errorstatus:38`),
    ],
  };
  for (const [how, [trouble, troubleNow]] of Object.entries(troubles)) {
    it(`that ${how}: another one sends, and is the line of the number from then on`, async () => {
      const stage = await Stage.online({ ...STICKY, hourLimit: 5 });
      assert.equal(await lineOf(stage, '+1'), 'a');
      await trouble(stage);
      stage.sent();
      const other = await lineOf(stage, '+1');
      assert.notEqual(other, 'a');
      await stage.pass({ seconds: 3600 });
      for (const id of ['a', 'b', 'c']) await stage.keepalive(id);
      assert.equal(await lineOf(stage, '+1'), other);
    });

    it(`that ${how} while the number waits for it: another one sends`, async () => {
      const stage = await Stage.online({ ...STICKY, hourLimit: how === 'has sent its SMS of the hour' ? 5 : 0 });
      assert.equal(await lineOf(stage, '+1'), 'a');
      await stage.accept({ to: numbers(5), device: 'a' });
      const sendid = await stage.opens('a');
      stage.sent();
      const { news } = await stage.accept({ to: '+1' });
      assert.deepEqual(stage.sent(), []);
      assert.deepEqual([stage.outbox.waitingFor('a'), stage.outbox.waitingFor('b')], [4 + 1, 0]);
      await troubleNow(stage, sendid);
      await stage.pass({ seconds: 1 });
      assert.deepEqual(news(), ['+1 queued']);
      assert.ok(stage.sent().some((sent) => /^[bc]: MSG/.test(sent)));
    });
  }

  it('that failover has left is not its line any more', async () => {
    const stage = await Stage.online({ ...STICKY, ids: ['a', 'b'] });
    const { result } = await stage.accept({ to: '+1' });
    const first = await stage.opens('a');
    await stage.say('a', `ERROR ${first} 1 errorstatus:38`, `DONE ${first}`);
    const second = await stage.opens('b');
    await stage.say('b', `OK ${second} 1`, `DONE ${second}`);
    assert.deepEqual(resultsOf(await result()), ['+1 sent b']);
    stage.sent();
    assert.equal(await lineOf(stage, '+1'), 'b');
    assert.equal(await lineOf(stage, '+2'), 'a');
  });

  it('in its quiet hours does not hold up what other lines may send', async () => {
    const stage = await Stage.online({ ...STICKY, limits: { a: { quietHours: '00:30-23:00' } } });
    await stage.passTo(23, 30);
    assert.equal(await lineOf(stage, '+1', { device: 'a' }), 'a');
    await stage.passTo(1);
    assert.equal(await lineOf(stage, '+1', { device: 'a', priority: 'high' }), 'a');
    assert.notEqual(await lineOf(stage, '+1'), 'a');
  });

  it('goes offline while it is idle: what waits for its pause goes out on another one', async () => {
    const stage = await Stage.online({ ...STICKY, limits: { a: { pauseMin: 3600 } } });
    assert.equal(await lineOf(stage, '+1'), 'a');
    await stage.accept({ to: '+1' });
    await stage.pass({ seconds: 60 });
    assert.deepEqual([stage.sent(), stage.outbox.waitingFor('a')], [[], 1]);
    stage.silence('a');
    await stage.pass({ seconds: 95 });
    assert.match(stage.sent()[0] ?? '', /^[bc]: MSG/);
  });

  it('does not answer: the number goes out on another one, and not after the rest of its line', async () => {
    const stage = await Stage.online(STICKY);
    assert.equal(await lineOf(stage, '+1'), 'a');
    await stage.accept({ to: '+1' });
    assert.match(stage.sent().join(), /^a: MSG/);
    // Neither to MSG nor to DONE.
    await stage.pass({ seconds: 45 });
    assert.ok(stage.sent().some((sent) => /^[bc]: MSG/.test(sent)));
    assert.equal(stage.line('a').readiness, 'resting');
  });

  it('in its cooldown does not hold up what waits for it', async () => {
    const stage = await Stage.online({ ...STICKY, cooldownAfter: 1, attempts: 1 });
    assert.equal(await lineOf(stage, '+1'), 'a');
    await stage.accept({ to: '+5', device: 'a' });
    const sendid = await stage.opens('a');
    stage.sent();
    await stage.accept({ to: '+1' });
    assert.deepEqual(stage.sent(), []);
    await stage.say('a', `ERROR ${sendid} 1 errorstatus:38`);
    assert.match(stage.sent().join(), /[bc]: MSG/);
  });

  it('has no room for a long text: it goes out where there is', async () => {
    const stage = await Stage.online({ ...STICKY, hourLimit: 5 });
    for (let count = 0; count < 3; count += 1) assert.equal(await lineOf(stage, '+1'), 'a');
    await stage.accept({ to: '+1', text: 'x'.repeat(400) });
    assert.match(stage.sent().at(-1) ?? '', /^[bc]: MSG/);
  });
});
