import assert from 'node:assert/strict';
import { DeviceList } from '../../src/lines/devices.js';
import { AllowList } from '../../src/net/addresses.js';
import { Gate } from '../../src/gate/gate.js';
import type { Rejection } from '../../src/gate/rejections.js';
import type { Address, DeviceOptions } from '../../src/index.js';
import { Journal } from '../../src/journal/journal.js';
import { MemoryStore } from '../../src/journal/memory-store.js';
import {
  ERROR_ANSWERS,
  FAILURES_FORGIVEN,
  KEEPALIVE_INTERVAL,
  LONGEST_PAUSE,
  REJECTIONS_KEPT,
} from '../../src/parameters.js';
import { VirtualClock } from '../sessions/virtual-clock.js';

const HOME = { address: '192.0.2.7', port: 10991 };
const ELSEWHERE = { address: '192.0.2.8', port: 10991 };
const LINE = { id: 'goip1', password: 'secret1' };
const SISTER = { id: 'goip2', password: 'secret2' };

/** A gate, the time before it, and what it told. */
class Scene {
  now = Date.UTC(2026, 10, 22, 10);
  readonly homes = new Map<string, Address>();
  readonly told: Rejection[] = [];
  readonly gate: Gate;

  constructor({ devices = [LINE, SISTER], allow }: { devices?: DeviceOptions[]; allow?: string[] } = {}) {
    this.gate = new Gate({
      devices: new DeviceList(devices),
      allow: AllowList.from(allow),
      journal: new Journal(() => Promise.resolve(new MemoryStore()), new VirtualClock()),
      addressOf: (id) => this.homes.get(id),
      rejected: (rejection) => this.told.push(rejection),
    });
  }

  pass(seconds: number): void {
    this.now += seconds * 1000;
  }

  /** Is it let in? */
  knock(id: string, password: string, from: Address = HOME): boolean {
    return this.gate.authenticate(id, password, from, this.now) !== undefined;
  }

  /** So many wrong passwords. */
  fail(times: number, id = LINE.id, from: Address = HOME): void {
    for (let n = 0; n < times; n += 1) assert.equal(this.knock(id, 'wrong', from), false);
  }

  get reasons(): string[] {
    return this.gate.rejections.map(({ id, reason }) => `${id}: ${reason}`);
  }
}

describe('gate', () => {
  it('refuses a device that is switched off, whatever its password, and says that it is', () => {
    const scene = new Scene({ devices: [{ ...LINE, disabled: true }, SISTER] });
    assert.equal(scene.knock(LINE.id, LINE.password), false);
    assert.equal(scene.knock(LINE.id, 'wrong'), false);
    assert.equal(scene.knock(SISTER.id, SISTER.password), true);
    assert.deepEqual(scene.reasons, ['goip1: disabled']);
    // Its id and its password swapped: the password is as secret as that of the others.
    assert.equal(scene.knock(LINE.password, LINE.id), false);
    assert.deepEqual(scene.reasons, [': unknown id', 'goip1: disabled']);
  });

  it('lets in who gives the right password, and says nothing about that', () => {
    const scene = new Scene();
    assert.equal(scene.gate.authenticate(LINE.id, LINE.password, HOME, scene.now)?.id, LINE.id);
    assert.deepEqual(scene.gate.rejections, []);
    assert.deepEqual(scene.told, []);
  });

  it('tells people, and nobody else, what was wrong', () => {
    const scene = new Scene();
    assert.equal(scene.knock(LINE.id, 'wrong'), false);
    assert.equal(scene.knock('stranger', 'wrong'), false);
    assert.deepEqual(scene.reasons, ['stranger: unknown id', 'goip1: wrong password']);
    assert.deepEqual(
      scene.told.map(({ id }) => id),
      ['goip1', 'stranger'],
    );
  });

  it('lets a line pause that fails again and again, and in again when the pause is over', () => {
    const scene = new Scene();
    scene.fail(FAILURES_FORGIVEN);
    assert.ok(scene.knock(LINE.id, LINE.password), 'those were forgiven');
    scene.fail(1);
    assert.equal(scene.knock(LINE.id, LINE.password), false);
    assert.deepEqual(scene.reasons, ['goip1: paused', 'goip1: wrong password']);
    scene.pass(LONGEST_PAUSE);
    assert.ok(scene.knock(LINE.id, LINE.password));
  });

  it('lets a device that was mended in after the longest pause, however often it tries meanwhile', () => {
    const scene = new Scene();
    for (let second = 0; second < 60; second += 1) {
      scene.fail(1);
      scene.pass(1);
    }
    for (let second = 0; second < LONGEST_PAUSE - 1; second += 1) {
      scene.knock(LINE.id, LINE.password);
      scene.pass(1);
    }
    assert.ok(scene.knock(LINE.id, LINE.password));
  });

  it('lets a device in at once that failed with every keepalive', () => {
    const scene = new Scene();
    for (let n = 0; n < 100; n += 1) {
      scene.fail(1);
      scene.pass(KEEPALIVE_INTERVAL);
    }
    assert.ok(scene.knock(LINE.id, LINE.password));
  });

  it('lets the sisters of a line with a wrong password in, on the same address', () => {
    const scene = new Scene();
    scene.fail(100);
    assert.ok(scene.knock(SISTER.id, SISTER.password));
    scene.fail(100, 'stranger');
    assert.ok(scene.knock(SISTER.id, SISTER.password), 'nor does a stranger there bring them down');
  });

  it('never lets a line pause that is at home', () => {
    const scene = new Scene();
    scene.homes.set(LINE.id, HOME);
    scene.fail(100, LINE.id, { ...HOME, port: 4711 });
    scene.fail(100);
    assert.ok(scene.knock(LINE.id, LINE.password));
    assert.equal(scene.knock(LINE.id, LINE.password, { ...HOME, port: 4711 }), false, 'same address, another port');
  });

  it('has one pause for all ids of a source that nobody knows', () => {
    const scene = new Scene();
    for (let n = 0; n < 10; n += 1) scene.knock(`id${n}`, 'x');
    assert.equal(scene.reasons.filter((reason) => reason.endsWith('paused')).length, 10 - FAILURES_FORGIVEN - 1);
    assert.ok(scene.knock(LINE.id, LINE.password));
  });

  it('keeps a bounded memory of a flood of ids from a flood of addresses', () => {
    const scene = new Scene();
    for (let n = 0; n < 30_000; n += 1) {
      scene.knock(`id${n}`, 'x', { address: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, port: 1 + n });
    }
    assert.equal(scene.gate.rejections.length, REJECTIONS_KEPT);
    assert.ok(scene.told.length < 100, `${scene.told.length} events`);
    assert.ok(scene.knock(LINE.id, LINE.password));
  });

  it('answers a stranger a few times, and never in more bytes than it has sent', () => {
    const scene = new Scene();
    const answers = (asked: number, answer: number): boolean => scene.gate.mayAnswer(HOME, asked, answer, scene.now);
    assert.equal(answers(28, 29), false);
    for (let n = 0; n < ERROR_ANSWERS; n += 1) assert.ok(answers(29, 29));
    assert.equal(answers(60_000, 29), false);
  });

  it('does not tell by its answers which ids there are', () => {
    const answersTo = (id: string): readonly boolean[] => {
      const scene = new Scene();
      return Array.from({ length: 60 }, () => {
        scene.fail(1, id);
        scene.pass(1);
        return scene.gate.mayAnswer(HOME, 100, 10, scene.now);
      });
    };
    assert.deepEqual(answersTo(LINE.id), answersTo('stranger'));
  });

  it('shows no password, and hides no id of ours that is somebody’s password', () => {
    const scene = new Scene({ devices: [LINE, { id: 'goip', password: 'goip' }] });
    scene.knock(LINE.password, LINE.id);
    scene.knock('goip', 'wrong');
    assert.deepEqual(scene.reasons, ['goip: wrong password', ': unknown id']);
  });
});

describe('gate: where devices may talk from', () => {
  it('lets everybody talk where no list says otherwise', () => {
    const scene = new Scene();
    assert.ok(scene.gate.admits(ELSEWHERE, scene.now));
  });

  it('admits only those of the list of the server, and counts the others', () => {
    const scene = new Scene({ allow: ['192.0.2.7'] });
    assert.ok(scene.gate.admits(HOME, scene.now));
    assert.equal(scene.gate.admits(ELSEWHERE, scene.now), false);
    assert.deepEqual(scene.reasons, [': address not allowed']);
  });

  it('lets a device in only from its own list, without a pause for those who are elsewhere', () => {
    const scene = new Scene({ devices: [{ ...LINE, allow: ['192.0.2.7'] }, SISTER] });
    assert.ok(scene.knock(LINE.id, LINE.password));
    for (let n = 0; n < 100; n += 1) assert.equal(scene.knock(LINE.id, LINE.password, ELSEWHERE), false);
    assert.ok(scene.knock(SISTER.id, SISTER.password, ELSEWHERE));
    assert.deepEqual(scene.reasons, ['goip1: address not allowed']);
  });

  it('says “wrong password” of a wrong password, wherever that comes from', () => {
    const scene = new Scene({ devices: [{ ...LINE, allow: ['192.0.2.7'] }] });
    scene.fail(1, LINE.id, ELSEWHERE);
    assert.deepEqual(scene.reasons, ['goip1: wrong password']);
  });

  it('keeps a pinned device where it was heard of first, and says who came from elsewhere', () => {
    const scene = new Scene({ devices: [{ ...LINE, pinAddress: true }, SISTER] });
    for (const from of [HOME, ELSEWHERE]) {
      const device = scene.gate.authenticate(LINE.id, LINE.password, from, scene.now);
      if (device) scene.gate.heard(device, from);
    }
    assert.ok(scene.knock(LINE.id, LINE.password, { ...HOME, port: 4711 }), 'another port is no other address');
    assert.deepEqual(scene.reasons, ['goip1: address changed']);
    assert.ok(scene.knock(SISTER.id, SISTER.password, ELSEWHERE));
  });
});
