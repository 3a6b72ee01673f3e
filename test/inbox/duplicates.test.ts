import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Duplicates } from '../../src/inbox/duplicates.js';
import { SeenInMemory } from '../../src/inbox/seen-in-memory.js';
import { Journal } from '../../src/journal/journal.js';
import { MemoryStore } from '../../src/journal/memory-store.js';
import { DUPLICATE_WINDOW, REPORT_LIMIT } from '../../src/parameters.js';
import { Later } from '../journal/later.js';
import { check } from '../protocol/property.js';
import { RETENTION, sms } from './stage.js';

const WINDOW = DUPLICATE_WINDOW * 1000;

function duplicatesOf(reports?: SeenInMemory): Duplicates {
  const journal = new Journal(() => Promise.resolve(new MemoryStore()), new Later());
  return new Duplicates(journal, new SeenInMemory(), RETENTION, reports);
}

const reportOf = (duplicates: Duplicates, recvid: string) =>
  duplicates.keyOfReport('a', 'DELIVER', { recvid, state: 0 });

describe('duplicates of reports', () => {
  it('are known for as long as the window', () => {
    const duplicates = duplicatesOf();
    const [one, other] = [reportOf(duplicates, '1'), reportOf(duplicates, '2')];
    duplicates.saved(one, 0);
    assert.equal(duplicates.find(other, 0), undefined);
    assert.equal(duplicates.find(one, WINDOW - 1), 'saved');
  });

  it('are new reports at the end of the window: a recvid can come again', () => {
    const duplicates = duplicatesOf();
    const report = reportOf(duplicates, '1');
    duplicates.saved(report, 0);
    assert.equal(duplicates.find(report, WINDOW), undefined);
  });

  it('prolong the window', () => {
    const duplicates = duplicatesOf();
    const report = reportOf(duplicates, '1');
    duplicates.saved(report, 0);
    for (const part of [0.9, 1.8, 2.7]) assert.equal(duplicates.find(report, part * WINDOW), 'saved');
    assert.equal(duplicates.find(report, 3.7 * WINDOW), undefined);
  });

  it('differ by device, verb and all that they say', () => {
    const duplicates = duplicatesOf();
    duplicates.saved(duplicates.keyOfReport('a', 'DELIVER', { recvid: '1' }), 0);
    for (const [device, verb, payload, found] of [
      ['a', 'DELIVER', { recvid: '1' }, 'saved'],
      ['b', 'DELIVER', { recvid: '1' }, undefined],
      ['a', 'STATE', { recvid: '1' }, undefined],
      ['a', 'DELIVER', { recvid: '1', state: 0 }, undefined],
    ] as const) {
      assert.equal(duplicates.find(duplicates.keyOfReport(device, verb, payload), 0), found);
    }
  });

  it('are known to the server that replaces this one', () => {
    const before = duplicatesOf();
    before.saved(reportOf(before, '1'), 0);
    const after = duplicatesOf(before.reports);
    assert.equal(after.find(reportOf(after, '1'), 0), 'saved');
  });

  it('do not make room for themselves: one that comes again and again pushes out no other', async () => {
    const duplicates = duplicatesOf();
    const [one, other] = [reportOf(duplicates, '1'), reportOf(duplicates, '2')];
    duplicates.saved(other, 0);
    duplicates.saved(one, 0);
    for (let count = 0; count < 4 * REPORT_LIMIT; count += 1) void duplicates.find(one, 1);
    await duplicates.prune(2);
    assert.deepEqual([duplicates.find(one, 2), duplicates.find(other, 2)], ['saved', 'saved']);
  });

  it('are bounded in number: of too many, the oldest are forgotten', async () => {
    const reports = new SeenInMemory(3);
    const duplicates = duplicatesOf(reports);
    const keys = ['1', '2', '3', '4'].map((recvid) => reportOf(duplicates, recvid));
    for (const key of keys) duplicates.saved(key, 0);
    await duplicates.prune(0);
    assert.deepEqual(
      keys.map((key) => duplicates.find(key, 0)),
      [undefined, 'saved', 'saved', 'saved'],
    );
  });

  it('are never known for longer than the window after the last one', () => {
    const steps = fc.array(fc.record({ key: fc.integer({ min: 0, max: 9 }), wait: fc.nat({ max: WINDOW }) }));
    check(steps, (all) => {
      const duplicates = duplicatesOf();
      const seenAt = new Map<string, number>();
      let now = 0;
      for (const { key: number, wait } of all) {
        now += wait;
        const key = reportOf(duplicates, String(number));
        const last = seenAt.get(key.text);
        assert.equal(duplicates.find(key, now), last !== undefined && now - last < WINDOW ? 'saved' : undefined);
        duplicates.saved(key, now);
        seenAt.set(key.text, now);
      }
    });
  });
});

describe('duplicates of a message that is being saved', () => {
  for (const kind of ['sms', 'report'] as const) {
    const keyOf = (duplicates: Duplicates) => (kind === 'sms' ? duplicates.keyOfSms(sms()) : reportOf(duplicates, '1'));

    it(`wait until it is saved: ${kind}`, async () => {
      const duplicates = duplicatesOf();
      const key = keyOf(duplicates);
      let save: () => void = () => assert.fail();
      const saved = duplicates.saving(key, 0, new Promise<void>((resolve) => (save = resolve)));
      const duplicate = duplicates.find(key, 1);
      assert(duplicate instanceof Promise);
      save();
      await Promise.all([saved, duplicate]);
      assert.equal(duplicates.find(key, 1), 'saved');
    });

    it(`are new if that fails: ${kind}`, async () => {
      const duplicates = duplicatesOf();
      const key = keyOf(duplicates);
      const saved = duplicates.saving(key, 0, Promise.reject(new Error('EIO')));
      const duplicate = duplicates.find(key, 1);
      assert(duplicate instanceof Promise);
      await assert.rejects(duplicate, /EIO/);
      await assert.rejects(saved, /EIO/);
      assert.equal(duplicates.find(key, 1), undefined);
    });
  }
});
