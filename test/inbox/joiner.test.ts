import assert from 'node:assert/strict';
import { Joiner } from '../../src/inbox/joiner.js';
import { PARTS_JOINED, PARTS_WAITING } from '../../src/parameters.js';
import { Later } from '../journal/later.js';
import { CYRILLIC, EMOJI, LATIN, partsOf, textOf } from './long-sms.js';
import { sms } from './stage.js';

/** Seconds. */
const WAIT = 30;
const FULL = textOf(LATIN, 153);
const FULL_UCS2 = textOf(CYRILLIC, 67);

type TestPart = ReturnType<Scene['part']>;

class Scene {
  readonly clock = new Later();
  /** Texts of what was delivered, the parts of each in brackets. */
  readonly delivered: string[][] = [];
  onDelivered: (texts: readonly string[]) => void = () => undefined;
  readonly joiner = new Joiner<TestPart>({
    clock: this.clock,
    waitMs: WAIT * 1000,
    deliver: (parts) => {
      const texts = parts.map((part) => part.sms.text);
      this.delivered.push(texts);
      this.onDelivered(texts);
    },
  });

  part(text: string, from = '+1', device = 'a', secondsAgo = 0) {
    return { sms: sms({ text, from, device }), at: this.clock.now() - secondsAgo * 1000 };
  }

  add(text: string, from?: string, device?: string): void {
    this.joiner.add(this.part(text, from, device));
  }
}

describe('joiner', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });

  for (const text of ['', 'hello', textOf(LATIN, 150), textOf(LATIN, 155), textOf(LATIN, 500), textOf(EMOJI, 300)]) {
    it(`delivers at once what is no part: ${text.length} characters`, () => {
      assert.equal(scene.joiner.concerns(sms({ text })), false);
      scene.add(text);
      assert.deepEqual(scene.delivered, [[text]]);
      assert.equal(scene.clock.pending, 0);
    });
  }

  it('joins parts as they come, and waits no longer than for the last one', () => {
    const parts = partsOf(textOf(LATIN, 400));
    assert.equal(parts.length, 3);
    for (const part of parts) {
      assert.deepEqual(scene.delivered, []);
      scene.add(part);
      scene.clock.pass(WAIT - 0.001);
    }
    assert.deepEqual(scene.delivered, [parts]);
    assert.deepEqual([scene.clock.pending, scene.joiner.waiting], [0, 0]);
  });

  it('delivers after the wait what is there: one part', () => {
    scene.add(FULL);
    scene.clock.pass(WAIT - 0.001);
    assert.deepEqual(scene.delivered, []);
    scene.clock.pass(0.001);
    assert.deepEqual(scene.delivered, [[FULL]]);
    scene.add('the rest');
    assert.deepEqual(scene.delivered, [[FULL], ['the rest']]);
  });

  it('delivers after the wait what is there: several parts, and no more than once', () => {
    for (const part of [FULL, FULL]) scene.add(part);
    scene.clock.pass(WAIT);
    assert.deepEqual(scene.delivered, [[FULL, FULL]]);
    scene.clock.pass(10 * WAIT);
    assert.equal(scene.delivered.length, 1);
  });

  it('joins in the order of arrival, whatever the recvids say', () => {
    const recvids = ['-5', '1571812849', '2'];
    for (const [index, recvid] of recvids.entries()) {
      const text = index < 2 ? FULL : 'end';
      const part = scene.part(text);
      scene.joiner.add({ ...part, sms: { ...part.sms, recvid } });
    }
    assert.deepEqual(scene.delivered, [[FULL, FULL, 'end']]);
  });

  it('lets SMS of other senders and lines overtake, and joins nothing of theirs', () => {
    scene.add(FULL, '+1', 'a');
    assert.equal(scene.joiner.concerns(sms({ from: '+2', text: 'x' })), false);
    assert.equal(scene.joiner.concerns(sms({ from: '+1', text: 'x' })), true);
    scene.add('other sender', '+2', 'a');
    scene.add('other line', '+1', 'b');
    scene.add(FULL_UCS2, '', 'a');
    scene.add('end', '+1', 'a');
    assert.deepEqual(scene.delivered, [['other sender'], ['other line'], [FULL, 'end']]);
    scene.add('конец', '', 'a');
    assert.deepEqual(scene.delivered.at(-1), [FULL_UCS2, 'конец'], 'a sender may be empty');
  });

  for (const [what, next] of [
    ['in another alphabet', 'привет'],
    ['longer than an SMS', textOf(LATIN, 161)],
    ['of no length', ''],
  ] as const) {
    it(`does not join what cannot go on with it, being ${what}, and keeps the order`, () => {
      scene.add(FULL);
      scene.add(next);
      assert.deepEqual(scene.delivered, [[FULL], [next]]);
      assert.equal(scene.clock.pending, 0);
    });
  }

  it('begins anew with what cannot go on with it and is as long as a part itself', () => {
    scene.add(FULL);
    scene.add(FULL_UCS2);
    assert.deepEqual(scene.delivered, [[FULL]]);
    scene.add('конец');
    assert.deepEqual(scene.delivered, [[FULL], [FULL_UCS2, 'конец']]);
  });

  it('joins what has its emoji only in the last part', () => {
    const parts = partsOf('a'.repeat(150) + '🎉');
    assert.deepEqual(
      parts.map(({ length }) => length),
      [67, 67, 18],
    );
    for (const part of parts) scene.add(part);
    assert.deepEqual(scene.delivered, [parts]);
  });

  it('joins so many parts and no more: who sends nothing but full ones does not wait for ever', () => {
    for (let count = 0; count < PARTS_JOINED; count += 1) {
      assert.deepEqual(scene.delivered, []);
      scene.add(FULL);
      scene.clock.pass(WAIT / 2);
    }
    assert.deepEqual(scene.delivered, [Array(PARTS_JOINED).fill(FULL)]);
    scene.add('end');
    assert.deepEqual(scene.delivered.at(-1), ['end']);
  });

  it('lets so many parts wait and no more: what has waited longest is delivered', () => {
    for (let from = 0; from < PARTS_WAITING; from += 1) scene.add(FULL, String(from));
    scene.add(FULL, '0');
    assert.deepEqual(scene.delivered, [[FULL]], 'the one of 1, for 0 goes on');
    assert.equal(scene.joiner.waiting, PARTS_WAITING);
    scene.add('end', '0');
    scene.add('end', '1');
    scene.add('end', '2');
    assert.deepEqual(scene.delivered.slice(1), [[FULL, FULL, 'end'], ['end'], [FULL, 'end']]);
    scene.clock.pass(WAIT);
    assert.deepEqual([scene.joiner.waiting, scene.clock.pending], [0, 0]);
    assert.equal(scene.delivered.length, PARTS_WAITING + 1, 'one of each sender, but two of 1');
  });

  it('keeps the order of a sender where a delivery brings the next SMS along', () => {
    scene.add(FULL);
    scene.onDelivered = ([text]) => {
      if (text === FULL) scene.add('конец');
    };
    scene.add(FULL_UCS2);
    assert.deepEqual(scene.delivered, [[FULL], [FULL_UCS2, 'конец']]);
  });
});

describe('joiner: SMS of an earlier life', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });

  it('are joined, however long ago they came', () => {
    const ages = [3600, 3580, 3550];
    scene.joiner.resume([FULL, FULL, 'end'].map((text, index) => scene.part(text, '+1', 'a', ages[index])));
    assert.deepEqual(scene.delivered, [[FULL, FULL, 'end']]);
  });

  it('are not joined where more than the wait was between them', () => {
    scene.joiner.resume([scene.part(FULL, '+1', 'a', 3600), scene.part('yesterday', '+1', 'a', 3600 - WAIT - 1)]);
    assert.deepEqual(scene.delivered, [[FULL], ['yesterday']]);
  });

  it('wait no more where they would have been delivered by now', () => {
    scene.joiner.resume([scene.part(FULL, '+1', 'a', WAIT)]);
    assert.deepEqual(scene.delivered, [[FULL]]);
    assert.equal(scene.clock.pending, 0);
  });

  it('wait anew where they would still wait', () => {
    scene.joiner.resume([scene.part(FULL, '+1', 'a', WAIT - 1), scene.part(FULL, '+2', 'a', WAIT - 1)]);
    scene.clock.pass(1);
    scene.add('end', '+1');
    assert.deepEqual(scene.delivered, [[FULL, 'end']]);
    scene.clock.pass(WAIT - 1);
    assert.deepEqual(scene.delivered.at(-1), [FULL]);
  });

  it('wait, but not for ever, where the clock was set back meanwhile', () => {
    scene.joiner.resume([scene.part(FULL, '+1', 'a', -86_400)]);
    scene.clock.pass(WAIT);
    assert.deepEqual(scene.delivered, [[FULL]]);
  });
});

describe('joiner: its end', () => {
  it('delivers what waits, and all that comes later at once, where nobody keeps it', () => {
    const scene = new Scene();
    scene.add(FULL, '+1');
    scene.add(FULL, '+2');
    scene.joiner.pass();
    assert.deepEqual([scene.delivered, scene.clock.pending], [[[FULL], [FULL]], 0]);
    scene.add(FULL);
    scene.add('end');
    assert.deepEqual(scene.delivered.slice(2), [[FULL], ['end']]);
  });

  it('delivers nothing any more where it is kept', () => {
    const scene = new Scene();
    scene.add(FULL);
    scene.joiner.close();
    scene.add('end');
    scene.clock.pass(WAIT);
    assert.deepEqual([scene.delivered, scene.clock.pending, scene.joiner.waiting], [[], 0, 0]);
  });
});
