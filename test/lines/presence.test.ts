import assert from 'node:assert/strict';
import { DeviceList } from '../../src/devices.js';
import { Line } from '../../src/lines/line.js';
import { Presence } from '../../src/lines/presence.js';
import { VirtualClock } from '../sessions/virtual-clock.js';

/** A line that comes and goes, and what is told of it. */
function watched(delaySeconds: number) {
  const clock = new VirtualClock();
  const began = clock.now();
  const [device] = new DeviceList([{ id: 'a', password: 'p' }]);
  assert.ok(device);
  const line = new Line(device);
  const told: string[] = [];
  const presence = new Presence(clock, delaySeconds * 1000, ({ online }, now) =>
    told.push(`${online ? 'online' : 'offline'} at ${(now - began) / 1000}`),
  );
  const is = (online: boolean): void => {
    line.online = online;
    presence.changed(line, clock.now());
  };
  return { clock, told, presence, comes: () => is(true), goes: () => is(false) };
}

describe('lines: presence', () => {
  it('is told at once without a delay', () => {
    const { told, comes, goes } = watched(0);
    comes();
    goes();
    comes();
    assert.deepEqual(told, ['online at 0', 'offline at 0', 'online at 0']);
  });

  it('is told when it has lasted', async () => {
    const { clock, told, comes, goes } = watched(60);
    comes();
    await clock.pass({ seconds: 59 });
    assert.deepEqual(told, []);
    await clock.pass({ seconds: 1 });
    goes();
    await clock.pass({ seconds: 60 });
    assert.deepEqual(told, ['online at 60', 'offline at 120']);
  });

  it('that does not last is not told, and neither is its end', async () => {
    const { clock, told, comes, goes } = watched(60);
    comes();
    await clock.pass({ seconds: 100 });
    for (let times = 0; times < 5; times += 1) {
      goes();
      await clock.pass({ seconds: 30 });
      comes();
      await clock.pass({ seconds: 30 });
    }
    await clock.pass({ seconds: 100 });
    assert.deepEqual(told, ['online at 60']);
  });

  it('counts from the last change', async () => {
    const { clock, told, comes, goes } = watched(60);
    comes();
    await clock.pass({ seconds: 100 });
    goes();
    await clock.pass({ seconds: 50 });
    comes();
    goes();
    await clock.pass({ seconds: 59 });
    assert.deepEqual(told, ['online at 60']);
    await clock.pass({ seconds: 1 });
    assert.deepEqual(told, ['online at 60', 'offline at 210']);
  });

  it('is nothing to tell any more when the server stops', async () => {
    const { clock, told, comes, presence } = watched(60);
    comes();
    presence.stop();
    await clock.pass({ seconds: 100 });
    assert.deepEqual([told, clock.pending], [[], 0]);
  });
});
