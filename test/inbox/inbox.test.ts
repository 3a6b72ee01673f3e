import assert from 'node:assert/strict';
import { DUPLICATE_WINDOW, HELD_LIMIT } from '../../src/parameters.js';
import { later, Life, sms, takerOf } from './stage.js';

const fill = async (life: Life, device: string): Promise<void> => {
  const all = Array.from({ length: HELD_LIMIT }, (_, n) => life.receive(sms({ device, recvid: `full${n}` })));
  for (const verdict of await Promise.all(all)) assert.equal(verdict, 'accepted');
};

describe('inbox: copies (protocol §3)', () => {
  it('takes an SMS once, however often the device sends it', async () => {
    const life = await Life.begin();
    const taker = takerOf();
    life.inbox.addTaker(taker);
    assert.equal(await life.receive(sms()), 'accepted');
    for (const now of [3000, 6000, 9000]) assert.equal(await life.receive(sms(), later(now)), 'duplicate');
    assert.deepEqual(taker.texts, ['hello']);
  });

  it('knows a copy by line, recvid, sender and text together', async () => {
    const life = await Life.begin();
    await life.receive(sms());
    for (const change of [{ device: 'b' }, { recvid: '2' }, { from: '+86139' }, { text: 'hello ' }]) {
      assert.equal(await life.receive(sms(change)), 'accepted', JSON.stringify(change));
    }
    const other = { receivedAt: '2026-11-22T10:00:03.000Z', remote: { address: '192.0.2.7', port: 1 }, name: 'Office' };
    assert.equal(await life.receive(sms(other)), 'duplicate', 'wherever and whenever it comes from');
  });

  it('knows it for the window, and takes the same again after it where the device restarted since', async () => {
    const life = await Life.begin();
    await life.receive(sms());
    life.duplicates.deviceRestarted('a', later(1000));
    assert.equal(await life.receive(sms(), later(DUPLICATE_WINDOW * 1000 - 1)), 'duplicate');
    assert.equal(await life.receive(sms(), later(DUPLICATE_WINDOW * 2000)), 'accepted');
  });
});

describe('inbox: takers', () => {
  it('holds what nobody takes, in order, for the first who comes', async () => {
    const life = await Life.begin();
    for (const text of ['one', 'two', 'three']) await life.receive(sms({ text }));
    assert.equal(life.inbox.held, 3);
    const [first, second] = [takerOf(), takerOf()];
    life.inbox.addTaker(first);
    life.inbox.addTaker(second);
    assert.deepEqual([first.texts, second.texts, life.inbox.held], [['one', 'two', 'three'], [], 0]);
  });

  it('marks what was held, and nothing else, as delivered again', async () => {
    const life = await Life.begin();
    await life.receive(sms({ text: 'held' }));
    const taker = takerOf();
    life.inbox.addTaker(taker);
    await life.receive(sms({ text: 'live' }));
    assert.deepEqual(taker.all, [sms({ text: 'held', redelivered: true }), sms({ text: 'live' })]);
  });

  it('gives each new SMS to all who want it', async () => {
    const life = await Life.begin();
    const [first, second] = [takerOf(), takerOf('a')];
    life.inbox.addTaker(first);
    life.inbox.addTaker(second);
    await life.receive(sms());
    assert.deepEqual([first.texts, second.texts, life.inbox.held], [['hello'], ['hello'], 0]);
  });

  it('gives nobody what he does not want, and holds it for somebody who does', async () => {
    const life = await Life.begin();
    const [onlyA, onlyB, nothing] = [takerOf('a'), takerOf('b', 'c'), { ...takerOf(), devices: new Set<string>() }];
    life.inbox.addTaker(onlyA);
    life.inbox.addTaker(nothing);
    await life.receive(sms({ device: 'a', text: 'for a' }));
    await life.receive(sms({ device: 'b', text: 'for b' }));
    assert.equal(life.inbox.held, 1);
    life.inbox.addTaker(onlyB);
    assert.deepEqual([onlyA.texts, onlyB.texts, nothing.texts], [['for a'], ['for b'], []]);
  });

  it('holds again when the taker has gone', async () => {
    const life = await Life.begin();
    const taker = takerOf();
    const leave = life.inbox.addTaker(taker);
    leave();
    leave();
    await life.receive(sms());
    assert.deepEqual([taker.texts, life.inbox.held], [[], 1]);
  });

  it('gives a held SMS once, also where a taker brings another one along', async () => {
    const life = await Life.begin();
    for (const text of ['one', 'two']) await life.receive(sms({ text }));
    const late = takerOf();
    const texts: string[] = [];
    life.inbox.addTaker({
      take: ({ text }) => {
        texts.push(text);
        if (text === 'one') life.inbox.addTaker(late);
      },
    });
    assert.deepEqual([texts, late.texts], [['one', 'two'], ['two']]);
  });

  it('gives an SMS that comes while another is taken', async () => {
    const life = await Life.begin();
    const texts: string[] = [];
    let second: Promise<unknown> | undefined;
    life.inbox.addTaker({
      take: ({ text }) => {
        texts.push(text);
        if (text === 'one') second = life.receive(sms({ text: 'two' }));
      },
    });
    await life.receive(sms({ text: 'one' }));
    await second;
    assert.deepEqual([texts, life.inbox.held], [['one', 'two'], 0]);
  });

  it('gives what comes in one burst in its order', async () => {
    const life = await Life.begin();
    const taker = takerOf();
    life.inbox.addTaker(taker);
    const texts = Array.from({ length: 50 }, (_, n) => `${n}`);
    await Promise.all(texts.map((text) => life.receive(sms({ text, device: `line${text.length}` }))));
    assert.deepEqual(taker.texts, texts);
  });
});

describe('inbox: bounds', () => {
  it('does not accept what it has no room for: the device sends it again', async () => {
    const life = await Life.begin();
    await fill(life, 'a');
    assert.equal(await life.receive(sms({ text: 'one more' })), 'refused');
    assert.equal(life.inbox.held, HELD_LIMIT);
    life.inbox.addTaker(takerOf());
    assert.equal(await life.receive(sms({ text: 'one more' })), 'accepted', 'it is no copy: it was not taken before');
  });

  it('has no more room in a burst', async () => {
    const life = await Life.begin();
    const burst = Array.from({ length: HELD_LIMIT + 10 }, (_, n) => life.receive(sms({ recvid: `${n}` })));
    const refused = (await Promise.all(burst)).filter((verdict) => verdict === 'refused');
    assert.deepEqual([refused.length, life.inbox.held], [10, HELD_LIMIT]);
  });

  it('acks copies of what it holds, even when it is full', async () => {
    const life = await Life.begin();
    await fill(life, 'a');
    assert.equal(await life.receive(sms({ recvid: 'full0' })), 'duplicate');
  });

  it('still takes what somebody wants when it is full of what nobody does', async () => {
    const life = await Life.begin();
    const onlyB = takerOf('b');
    life.inbox.addTaker(onlyB);
    await fill(life, 'a');
    assert.equal(await life.receive(sms({ device: 'b', text: 'wanted' })), 'accepted');
    assert.deepEqual([onlyB.texts, life.inbox.held], [['wanted'], HELD_LIMIT]);
    assert.equal(await life.receive(sms({ device: 'a', text: 'unwanted' })), 'refused');
  });

  it('has the same bound, and the same order, over a restart', async () => {
    const before = await Life.begin();
    await fill(before, 'a');
    const life = await before.afterCrash();
    assert.equal(life.inbox.held, HELD_LIMIT);
    assert.equal(await life.receive(sms({ text: 'one more' })), 'refused');
    const taker = takerOf();
    life.inbox.addTaker(taker);
    assert.deepEqual([taker.all[0]?.recvid, taker.all.at(-1)?.recvid], ['full0', `full${HELD_LIMIT - 1}`]);
  });
});
