/** All that a line shows, and what of it the line of the next server goes on with. */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { DeviceList } from '../../src/lines/devices.js';
import { Line } from '../../src/lines/line.js';
import { LineRegistry } from '../../src/lines/registry.js';
import { ADDRESS, keepaliveOf, NOW } from './keepalives.js';

const ID = 'goipid1';
const ELSEWHERE = { address: '192.0.2.8', port: 9992 };
const FIELDS =
  'num:13800138000;signal:21;gsm_status:LOGIN;voip_status:LOGOUT;voip_state:IDLE;imei:86;imsi:460;iccid:8986;pro:CHINA MOBILE;';

/** Of the settings, or of sessions: these end with their server, as does the order in which its lines were served. */
const NOT_INHERITED: ReadonlySet<string> = new Set([
  ...['id', 'state.device', 'state.name', 'state.group'],
  ...['sessions', 'sending', 'state.queue', 'lastTurn'],
]);

function registry(before?: LineRegistry): { readonly lines: LineRegistry; readonly line: Line } {
  const limits = { pauseMin: 60, hourLimit: 1, cooldownAfter: 2, cooldown: 600 };
  const lines = new LineRegistry(new DeviceList([{ id: ID, password: 'password1', limits }]), before);
  const line = lines.get(ID);
  assert.ok(line);
  return { lines, line };
}

/** A line that has been through everything. */
function experiencedLine(): ReturnType<typeof registry> {
  const { lines, line } = registry();
  // Two devices with the same id, each with a counter of its own.
  for (let count = 1; count < 6; count += 1)
    for (const [from, ahead] of [
      [ADDRESS, 100],
      [ELSEWHERE, 0],
    ] as const)
      lines.heard(keepaliveOf(FIELDS, { count: String(ahead + count) }), from, NOW + count);
  line.presenceReported();
  line.park();
  line.smsReceived();
  for (const state of ['sent', 'failed', 'unknown'] as const) {
    line.numberSubmitted();
    line.numberEnded(state);
  }
  line.roundTripMeasured(50);
  line.resultObserved('push', 3000);
  for (let failures = 0; failures < 3; failures += 1) line.failed(NOW);
  // In a cooldown, where an urgent number may be tried once.
  line.usageSaved(line.reserve(1, NOW));
  line.recordError({ code: 'GOIP_SEND_FAILED', reason: 'no network' }, NOW);
  return { lines, line };
}

/** All that a line shows, by name. */
function shownBy(line: Line): Readonly<Record<string, unknown>> {
  const now = NOW + 1000;
  const shown: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(line.state(0, now))) shown[`state.${name}`] = value;
  for (const [name, value] of Object.entries(line.condition(now))) shown[`condition.${name}`] = value;
  const holds = [line.hold(now, 1, false), line.hold(now, 1, true), line.hold(now, 1, true, true)];
  Object.assign(shown, { holds, asideUntil: line.asideUntil(now), isSpent: line.isSpent(now) });
  for (const prototype of [Line.prototype, Object.getPrototypeOf(Line.prototype) as object])
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype)))
      if ('get' in property) shown[name] = property.get.call(line);
  return shown;
}

describe('lines: a line of the next server', () => {
  it('shows all that the line before has shown', () => {
    const { lines, line } = experiencedLine();
    const expected = shownBy(line);
    const inherited = shownBy(registry(lines).line);
    for (const [name, value] of Object.entries(expected))
      if (!NOT_INHERITED.has(name)) assert.deepEqual([name, inherited[name]], [name, value]);
  });

  it('differs in all of it from a line that nothing is known of', () => {
    const fresh = shownBy(registry().line);
    const alike = Object.entries(shownBy(experiencedLine().line)).flatMap(([name, value]) => {
      return isDeepStrictEqual(value, fresh[name]) && !NOT_INHERITED.has(name) ? [name] : [];
    });
    assert.deepEqual(alike, []);
  });

  it('knows whose fault a number was that the line before has refused', () => {
    const { lines, line } = registry();
    const number = {};
    line.suspect(number, NOW);
    line.failed(NOW);
    line.failed(NOW);
    assert.equal(registry(lines).line.convict(number, NOW), true);
  });
});
