import assert from 'node:assert/strict';
import { DEVICE, Stage } from './stage.js';

/** Far ahead of all other zones in use: its night is nobody else's. */
const ZONE = 'Pacific/Kiritimati';

/** Quiet hours around the time that the clocks of the zone show now. */
function quietNow(): string {
  const shown = new Intl.DateTimeFormat('en-US', { timeZone: ZONE, hour: 'numeric', hourCycle: 'h23' });
  const hour = Number(shown.format());
  const at = (later: number): string => `${String((hour + later + 24) % 24).padStart(2, '0')}:00`;
  return `${at(-1)}-${at(2)}`;
}

describe('server: the time zone', () => {
  const stage = new Stage();
  afterEach(() => stage.close());

  it('is that of the quiet hours of all lines', async () => {
    const options = { quietHours: quietNow() };
    const there = await stage.server({ ...options, timeZone: ZONE });
    const here = await stage.server(options);
    assert.deepEqual(
      [there, here].map(({ server }) => server.lines()[0]?.hold?.reason),
      ['quiet-hours', undefined],
    );
    const settings = [there, here].map(({ server }) => server.diagnostics().settings.timeZone);
    assert.deepEqual(settings, [ZONE, Intl.DateTimeFormat().resolvedOptions().timeZone]);
  });

  it('that does not exist is named, and nothing is sent until it is corrected', async () => {
    const { server, address } = await stage.server({ timeZone: 'Europe/Bonn' }, { isTolerant: true });
    const reason = 'must be a time zone such as Europe/Berlin, not "Europe/Bonn"';
    const message = `timeZone ${reason}; nothing is sent until this is corrected, SMS are received`;
    assert.deepEqual(server.problems, [{ what: 'setting', name: 'timeZone', reason, effect: 'no sending', message }]);
    await stage.registeredDevice(address);
    await assert.rejects(server.send({ to: '+1', text: 'x', device: DEVICE.id }), {
      code: 'GOIP_BAD_SETTING',
      message,
    });
  });

  it('that does not exist is an error of a server that is not tolerant', () => {
    const message = 'timeZone must be a time zone such as Europe/Berlin, not "Europe/Bonn"';
    assert.throws(() => stage.unstarted({ timeZone: 'Europe/Bonn' }), { code: 'GOIP_BAD_SETTING', message });
  });
});
