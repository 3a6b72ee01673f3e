import assert from 'node:assert/strict';
import { getHeapStatistics } from 'node:v8';
import { inspect } from 'node:util';
import { settingsFrom, type ServerOptions } from '../../src/config/settings.js';
import { SETTINGS } from '../../src/tables/settings.js';

describe('settings', () => {
  it('have the defaults of the contract and of protocol §7', () => {
    const { queueBytes, ...settings } = settingsFrom({}, false);
    assert(queueBytes > 0 && queueBytes < getHeapStatistics().heap_size_limit / 2);
    assert.deepEqual(settings, {
      host: '0.0.0.0',
      port: 44444,
      keepaliveStatus: 0,
      offlineAfterMs: 92_000,
      sessionsPerLine: 1,
      session: {
        resendMs: 5000,
        resendCount: 3,
        statusQuery: 'auto',
        queryMs: 3000,
        idleMs: 90_000,
        waitLimitMs: 300_000,
      },
      expireMs: 86_400_000,
      queueLimit: 100_000,
      retentionMs: 7 * 86_400_000,
      joinPartsMs: 0,
      allow: undefined,
      pinAddress: false,
      attempts: 2,
      retryUnknown: false,
      sticky: false,
      country: undefined,
      timeZone: undefined,
      eventDelayMs: 0,
      isPersistent: false,
      sendingProblem: undefined,
    });
  });

  it('that are undefined have their defaults', () => {
    const options = Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, undefined]));
    assert.deepEqual(settingsFrom(options, true), settingsFrom({}, true));
  });

  it('are taken, and times become milliseconds', () => {
    const options = {
      host: '::1',
      port: 0,
      offlineAfter: 60,
      keepaliveStatus: 200,
      resendInterval: 2,
      resendCount: 0,
      statusQuery: 'never',
      queryInterval: 7,
      sessionsPerLine: 5,
      sessionIdle: 30,
      expire: 1.5,
      queueLimit: 5,
      queueBytes: 1_000_000,
      retention: 0.5,
      joinParts: 2.5,
      pinAddress: true,
      attempts: 3,
      retryUnknown: true,
      sticky: true,
      country: 'de',
      timeZone: ' Asia/Kolkata ',
      eventDelay: 5,
    } satisfies ServerOptions;
    const { timeZone, ...settings } = settingsFrom(options, true);
    assert.equal(timeZone?.name, 'Asia/Kolkata');
    assert.deepEqual(settings, {
      host: '::1',
      port: 0,
      keepaliveStatus: 200,
      offlineAfterMs: 60_000,
      sessionsPerLine: 5,
      session: {
        resendMs: 2000,
        resendCount: 0,
        statusQuery: 'never',
        queryMs: 7000,
        idleMs: 30_000,
        waitLimitMs: 300_000,
      },
      expireMs: 1500,
      queueLimit: 5,
      queueBytes: 1_000_000,
      retentionMs: 43_200_000,
      joinPartsMs: 2500,
      allow: undefined,
      pinAddress: true,
      attempts: 3,
      retryUnknown: true,
      sticky: true,
      country: 'DE',
      eventDelayMs: 5000,
      isPersistent: true,
      sendingProblem: undefined,
    });
  });

  it('expire 0 is never', () => {
    assert.equal(settingsFrom({ expire: 0 }, true).expireMs, 0);
  });

  it('joinParts 0 joins nothing, eventDelay 0 is at once', () => {
    const { joinPartsMs, eventDelayMs } = settingsFrom({ joinParts: 0, eventDelay: 0 }, true);
    assert.deepEqual([joinPartsMs, eventDelayMs], [0, 0]);
  });

  it('of expiry and retention may be long', () => {
    const { expireMs, retentionMs } = settingsFrom({ expire: 30 * 86_400, retention: 365 }, true);
    assert.deepEqual([expireMs, retentionMs], [30 * 86_400_000, 365 * 86_400_000]);
  });

  it('of time may have fractions', () => {
    const { offlineAfterMs, session } = settingsFrom(
      {
        offlineAfter: 0.5,
        resendInterval: 0.25,
        queryInterval: 0.125,
        sessionIdle: 1.5,
      },
      true,
    );
    assert.deepEqual([offlineAfterMs, session.resendMs, session.queryMs, session.idleMs], [500, 250, 125, 1500]);
  });

  it('may be texts of numbers, and numbers of texts', () => {
    const written = { port: '44444', retryUnknown: 'true', sticky: ' false ', retention: '0.5', host: 127, expire: '' };
    const { port, retryUnknown, sticky, retentionMs, host, expireMs } = settingsFrom(
      written as unknown as ServerOptions,
      true,
    );
    assert.deepEqual(
      [port, retryUnknown, sticky, retentionMs, host, expireMs],
      [44444, true, false, 43_200_000, '127', 86_400_000],
    );
  });

  const REFUSED: Readonly<Record<string, readonly unknown[]>> = {
    port: [-1, 65_536, 1.5, NaN, 'abc', true, {}, [44444]],
    keepaliveStatus: [-1, 1000, 0.5, NaN],
    offlineAfter: [0, -1, NaN, Infinity, 86_401],
    resendInterval: [0, -0.1, NaN, Infinity],
    queryInterval: [0, -3, NaN, Infinity],
    sessionIdle: [0, -90, NaN, Infinity],
    resendCount: [-1, 0.5, 101, NaN],
    sessionsPerLine: [0, 6, 1.5, NaN],
    expire: [-1, NaN, Infinity, 10 * 365 * 86_400 + 1],
    queueLimit: [0, -1, 1.5, NaN, Infinity],
    retention: [0, -1, NaN],
    joinParts: [-1, NaN, Infinity, 86_401],
    eventDelay: [-1, NaN, Infinity, 86_401],
    attempts: [0, -1, 1.5, 101, NaN],
    retryUnknown: ['yes', 1, 0, {}],
    sticky: ['no', 0, []],
    country: ['Germany', 'XX', 'ß', 49, {}],
    timeZone: ['Europe/Bonn', 'Berlin', 7, {}],
    host: [{}, true, ['::']],
    pinAddress: ['maybe', 1],
    allow: ['10.0.0.300', ',', { a: 1 }, 7, true, [null]],
    statusQuery: ['Auto', 'sometimes', '__proto__'],
  };
  for (const [name, values] of Object.entries(REFUSED)) {
    for (const value of values) {
      it(`refuse ${name} ${inspect(value)}, and name it`, () => {
        const message = new RegExp(`^${name} must be `);
        assert.throws(() => settingsFrom({ [name]: value }, true), { code: 'GOIP_BAD_SETTING', message });
      });
    }
  }
});
