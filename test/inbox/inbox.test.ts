import assert from 'node:assert/strict';
import { Inbox, type Sms, type SmsTaker } from '../../src/inbox/inbox.js';
import { DUPLICATE_WINDOW, HELD_LIMIT } from '../../src/parameters.js';

function sms(changes: Partial<Sms> = {}): Sms {
  return {
    event: 'sms',
    device: 'a',
    name: 'a',
    from: '+86138',
    text: 'hello',
    recvid: '1',
    receivedAt: '2026-11-22T10:00:00.000Z',
    remote: { address: '192.0.2.7', port: 9991 },
    ...changes,
  };
}

/** Accepts and delivers, as the server does; returns the verdict. */
function receive(inbox: Inbox, message: Sms, now = 0): ReturnType<Inbox['accept']> {
  const verdict = inbox.accept(message, now);
  if (verdict === 'accepted') inbox.deliver(message);
  return verdict;
}

/** Writes down the texts that it takes. */
function takerOf(...devices: string[]): SmsTaker & { readonly texts: string[] } {
  const texts: string[] = [];
  const take = ({ text }: Sms): void => void texts.push(text);
  return devices.length === 0 ? { texts, take } : { texts, take, devices: new Set(devices) };
}

const fill = (inbox: Inbox, device: string): void => {
  for (let recvid = 0; recvid < HELD_LIMIT; recvid += 1) receive(inbox, sms({ device, recvid: `full${recvid}` }));
};

describe('inbox: copies (PROTOCOL §3)', () => {
  it('takes an SMS once, however often the device sends it', () => {
    const inbox = new Inbox();
    const taker = takerOf();
    inbox.addTaker(taker);
    assert.equal(receive(inbox, sms()), 'accepted');
    for (const now of [3000, 6000, 9000]) assert.equal(receive(inbox, sms(), now), 'duplicate');
    assert.deepEqual(taker.texts, ['hello']);
  });

  it('knows a copy by line, recvid, sender and text together', () => {
    const inbox = new Inbox();
    receive(inbox, sms());
    for (const change of [{ device: 'b' }, { recvid: '2' }, { from: '+86139' }, { text: 'hello ' }]) {
      assert.equal(receive(inbox, sms(change)), 'accepted', JSON.stringify(change));
    }
    const other = { receivedAt: '2026-11-22T10:00:03.000Z', remote: { address: '192.0.2.7', port: 1 }, name: 'Office' };
    assert.equal(receive(inbox, sms(other)), 'duplicate', 'wherever and whenever it comes from');
  });

  it('knows it for the window, and takes the same again after it', () => {
    const inbox = new Inbox();
    receive(inbox, sms());
    assert.equal(receive(inbox, sms(), DUPLICATE_WINDOW * 1000 - 1), 'duplicate');
    assert.equal(receive(inbox, sms(), DUPLICATE_WINDOW * 2000), 'accepted');
  });
});

describe('inbox: takers', () => {
  it('holds what nobody takes, in order, for the first who comes', () => {
    const inbox = new Inbox();
    for (const text of ['one', 'two', 'three']) receive(inbox, sms({ text }));
    assert.equal(inbox.held, 3);
    const [first, second] = [takerOf(), takerOf()];
    inbox.addTaker(first);
    inbox.addTaker(second);
    assert.deepEqual([first.texts, second.texts, inbox.held], [['one', 'two', 'three'], [], 0]);
  });

  it('gives each new SMS to all who want it', () => {
    const inbox = new Inbox();
    const [first, second] = [takerOf(), takerOf('a')];
    inbox.addTaker(first);
    inbox.addTaker(second);
    receive(inbox, sms());
    assert.deepEqual([first.texts, second.texts, inbox.held], [['hello'], ['hello'], 0]);
  });

  it('gives nobody what he does not want, and holds it for somebody who does', () => {
    const inbox = new Inbox();
    const [onlyA, onlyB, nothing] = [takerOf('a'), takerOf('b', 'c'), { ...takerOf(), devices: new Set<string>() }];
    inbox.addTaker(onlyA);
    inbox.addTaker(nothing);
    receive(inbox, sms({ device: 'a', text: 'for a' }));
    receive(inbox, sms({ device: 'b', text: 'for b' }));
    assert.equal(inbox.held, 1);
    inbox.addTaker(onlyB);
    assert.deepEqual([onlyA.texts, onlyB.texts, nothing.texts], [['for a'], ['for b'], []]);
  });

  it('holds again when the taker has gone', () => {
    const inbox = new Inbox();
    const taker = takerOf();
    const leave = inbox.addTaker(taker);
    leave();
    leave();
    receive(inbox, sms());
    assert.deepEqual([taker.texts, inbox.held], [[], 1]);
  });

  it('gives a held SMS once, also where a taker brings another one along', () => {
    const inbox = new Inbox();
    for (const text of ['one', 'two']) receive(inbox, sms({ text }));
    const late = takerOf();
    const texts: string[] = [];
    inbox.addTaker({
      take: ({ text }) => {
        texts.push(text);
        if (text === 'one') inbox.addTaker(late);
      },
    });
    assert.deepEqual([texts, late.texts], [['one', 'two'], ['two']]);
  });

  it('gives an SMS that comes while another is taken', () => {
    const inbox = new Inbox();
    const texts: string[] = [];
    inbox.addTaker({
      take: ({ text }) => {
        texts.push(text);
        if (text === 'one') receive(inbox, sms({ text: 'two' }));
      },
    });
    receive(inbox, sms({ text: 'one' }));
    assert.deepEqual([texts, inbox.held], [['one', 'two'], 0]);
  });
});

describe('inbox: bounds', () => {
  it('does not accept what it has no room for: the device sends it again', () => {
    const inbox = new Inbox();
    fill(inbox, 'a');
    assert.equal(receive(inbox, sms({ text: 'one more' })), 'full');
    assert.equal(inbox.held, HELD_LIMIT);
    inbox.addTaker(takerOf());
    assert.equal(receive(inbox, sms({ text: 'one more' })), 'accepted', 'it is no copy: it was not taken before');
  });

  it('acks copies of what it holds, even when it is full', () => {
    const inbox = new Inbox();
    fill(inbox, 'a');
    assert.equal(receive(inbox, sms({ recvid: 'full0' })), 'duplicate');
  });

  it('still takes what somebody wants when it is full of what nobody does', () => {
    const inbox = new Inbox();
    const onlyB = takerOf('b');
    inbox.addTaker(onlyB);
    fill(inbox, 'a');
    assert.equal(receive(inbox, sms({ device: 'b', text: 'wanted' })), 'accepted');
    assert.deepEqual([onlyB.texts, inbox.held], [['wanted'], HELD_LIMIT]);
    assert.equal(receive(inbox, sms({ device: 'a', text: 'unwanted' })), 'full');
  });
});
