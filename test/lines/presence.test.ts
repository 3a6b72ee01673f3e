import assert from 'node:assert/strict';
import { DeviceList } from '../../src/lines/devices.js';
import { Line } from '../../src/lines/line.js';
import { Presence } from '../../src/lines/presence.js';
import { ADDRESS, keepaliveOf } from './keepalives.js';
import { VirtualClock } from '../sessions/virtual-clock.js';

/** A line that comes and goes, and what is told of it. */
class Scene {
  readonly clock = new VirtualClock();
  readonly told: string[] = [];
  readonly line: Line;
  readonly #began = this.clock.now();
  presence: Presence;

  constructor(private readonly delaySeconds: number) {
    const [device] = new DeviceList([{ id: 'a', password: 'password1' }]);
    assert.ok(device);
    this.line = new Line(device);
    this.presence = this.newPresence();
  }

  newPresence(): Presence {
    return new Presence(this.clock, this.delaySeconds * 1000, ({ online }, now) =>
      this.told.push(`${(now - this.#began) / 1000} ${online ? 'online' : 'offline'}`),
    );
  }

  become(online: boolean): void {
    if (online) this.line.heard(keepaliveOf(), ADDRESS, this.clock.now());
    else this.line.wentOffline(this.clock.now());
    this.presence.changed(this.line);
  }
}

describe('lines: presence', () => {
  it('is told at once without a delay', () => {
    const scene = new Scene(0);
    for (const online of [true, false, true]) scene.become(online);
    assert.deepEqual(scene.told, ['0 online', '0 offline', '0 online']);
  });

  it('is told when the line has stayed as it is', async () => {
    const scene = new Scene(10);
    scene.become(true);
    await scene.clock.pass({ seconds: 9.9 });
    assert.deepEqual(scene.told, []);
    await scene.clock.pass({ seconds: 0.1 });
    assert.deepEqual(scene.told, ['10 online']);
  });

  it('is not told of a line that comes and goes, and is again as it was told', async () => {
    const scene = new Scene(10);
    scene.become(true);
    await scene.clock.pass({ seconds: 10 });
    for (const online of [false, true, false, true]) {
      scene.become(online);
      await scene.clock.pass({ seconds: 9 });
    }
    await scene.clock.pass({ seconds: 100 });
    assert.deepEqual(scene.told, ['10 online']);
    assert.equal(scene.clock.pending, 0);
  });

  it('counts the time from the last change', async () => {
    const scene = new Scene(10);
    for (const online of [true, false, true]) {
      scene.become(online);
      await scene.clock.pass({ seconds: 6 });
    }
    await scene.clock.pass({ seconds: 4 });
    assert.deepEqual(scene.told, ['22 online']);
  });

  it('goes on in the next life, which knows what was told', async () => {
    const scene = new Scene(10);
    scene.become(true);
    scene.presence.stop();
    assert.equal(scene.clock.pending, 0);
    scene.presence = scene.newPresence();
    scene.presence.changed(scene.line);
    await scene.clock.pass({ seconds: 10 });
    scene.presence.changed(scene.line);
    await scene.clock.pass({ seconds: 10 });
    assert.deepEqual(scene.told, ['10 online']);
  });
});
