import assert from 'node:assert/strict';
import { describeInEditor } from './editor.js';
import { BAD_NUMBERS, GOOD_NUMBERS } from '../gsm/number-cases.js';
import { SETTINGS_IN_NODE } from '../../src/tables/settings.js';
import { TAB } from './flows.js';

/** Values of each setting, right ones and wrong ones. */
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  pauseMin: ['', 0, '0', 0.5, ' 5 ', '1e3', 86_400, 86_401, -1, 'soon', '1,5'],
  pauseMax: ['', 0, '0', 0.5, 86_400, '86401', -1, 'late'],
  hourLimit: ['', 0, '100', 1_000_000, 1_000_001, -1, 1.5, 'many', '0x10'],
  dayLimit: ['', 0, '100', 1_000_000, 1_000_001, -1, 1.5, 'many'],
  quietHours: [
    ...['', ' ', ',', '22:00-07:00', '22:00-7:00', '22:00 - 07:00', '22:00–07:00', '22:00-07:00, 12:30-13:30'],
    ...['22:00-07:00;12:30-13:30', '22:00-07:00 12:30-13:30', '22:00-24:00', '0:00-12:00,12:00-23:59', '9:05-9:06'],
    ...['0:00-24:00', '0:00-12:00,12:00-24:00', '12:00-11:00,10:00-13:00', '22:00-24:01', '24:00-07:00', '25:00-7:00'],
    ...['22:00', '22:00-22:00', '22:60-23:00', '22:0-23:00', '22-7', '-07:00', '22:00-07:00-08:00', 'at night'],
  ],
  cooldownAfter: ['', 0, 5, '5', 1_000_000, 1_000_001, -1, 0.5, 'often'],
  cooldown: ['', 0, 0.5, '300', 86_400, 86_401, -1, 'long'],
  attempts: ['', 1, '2', 100, 0, 101, 1.5, -1, 'all'],
  retryUnknown: ['', true, false, 'true', 'false', 'yes', 'TRUE'],
  sticky: ['', true, false, 'true', 'false', 'no'],
  pinAddress: ['', true, false, 'true', 'false', 'no'],
  country: ['', ' ', 'DE', 'de', ' DE ', 'XK', 'AC', 'XX', 'AQ', 'D', 'DEU', 'ß', 'Germany', '49'],
  timeZone: ['', ' ', 'Europe/Berlin', ' europe/berlin ', 'UTC', 'Berlin', 'Europe/Bonn', '25:00'],
  eventDelay: ['', 0, '0', 0.5, '10', 86_400, 86_401, -1, 'soon'],
  host: ['', '127.0.0.1', ' 127.0.0.1 '],
  // 0 is right, and a warning all the same.
  port: ['', 1, '65535', -1, 65_536, 1.5],
  offlineAfter: ['', 0.5, '92', 0, 86_401, 'soon'],
  resendInterval: ['', 5, 0, -1],
  resendCount: ['', 0, 100, 101, 1.5],
  statusQuery: ['', 'auto', 'poll', 'never', ' never ', 'sometimes'],
  queryInterval: ['', 3, 0],
  sessionsPerLine: ['', 1, 5, 0, 6, 1.5],
  keepaliveStatus: ['', 0, '200', 999, 1000, -1],
  joinParts: ['', 0, 30, 86_401, -1],
  retention: ['', 0.5, 365, 0, -1],
  queueLimit: ['', 1, 10_000_000, 0, 1.5],
  storage: ['', 'memory', 'somewhere'],
  allow: ['', ' ', '192.0.2.7, 10.1.0.0/16', ['192.0.2.7'], '10.0.0.300'],
};

/** Settings that depend on one another. */
const TOGETHER: readonly object[] = [
  { pauseMin: 5, pauseMax: 5 },
  { pauseMin: 5, pauseMax: '10' },
  { pauseMin: 5, pauseMax: 0 },
  { pauseMin: 5, pauseMax: '' },
  { pauseMin: '5', pauseMax: 4.9 },
  { pauseMin: '10', pauseMax: '9' },
];

const ROUTES: readonly (readonly object[])[] = [
  [],
  [{}],
  [{ prefix: '', device: ' ' }],
  [{ prefix: '+49', device: 'de' }],
  [{ prefix: '49', device: 'goip-02' }],
  [{ prefix: 49, device: ['de', 'goip-01, goip-02'] }],
  [{ prefix: ' +49 (0) 171-2.3 ', device: ' de ; goip-02, ' }],
  [{ prefix: '12345678901234567890', device: 'de' }],
  [{ prefix: '123456789012345678901', device: 'de' }],
  [{ prefix: '', device: 'de' }],
  [{ prefix: '+', device: 'de' }],
  [{ prefix: '++49', device: 'de' }],
  [{ prefix: '+49a', device: 'de' }],
  [{ prefix: '+49' }],
  [{ prefix: '+49', device: ' , ;' }],
  [{ prefix: '+49', device: [] }],
  [{ prefix: '+49', device: 'DE' }],
  [{ prefix: '+49', device: 'de, nowhere' }],
  [{ prefix: '+49', device: ['de', 'nowhere'] }],
  [
    { prefix: '+49', device: 'de' },
    { prefix: '+33', device: 'fr' },
  ],
];

const PREFIXES = [...Object.values(GOOD_NUMBERS).map(([written]) => written), ...Object.values(BAD_NUMBERS)];

/** Of a device, while the server says `pauseMin: 2` and `pauseMax: 8`. */
const LIMITS_OF_ITS_OWN: readonly object[] = [
  {},
  { hourLimit: 20, quietHours: '22:00-07:00' },
  { pauseMin: '', hourLimit: '' },
  { hourLimit: -1 },
  { pauseMin: 9 },
  { pauseMin: 9, pauseMax: 9 },
  { pauseMax: 1 },
  { quietHours: 'at night' },
  { cooldown: 'long' },
];

const DEVICES = [
  { key: 'a', id: 'goip-01', group: ' de ' },
  { key: 'b', id: 'goip-02', group: '' },
];

/** All settings of a node have values here. */
function settingsWithValues(): [string, readonly unknown[]][] {
  const missing = SETTINGS_IN_NODE.filter((name) => VALUES[name] === undefined);
  assert.deepEqual(missing, []);
  return Object.entries(VALUES);
}

describeInEditor('the settings of goip-server', (editor) => {
  it('are judged by the editor as by the server', async () => {
    const cases: object[] = [
      ...settingsWithValues().flatMap(([property, values]) => values.map((value) => ({ [property]: value }))),
      ...TOGETHER,
      ...ROUTES.map((routes) => ({ routes })),
      ...PREFIXES.map((prefix) => ({ routes: [{ prefix, device: 'de' }] })),
      ...LIMITS_OF_ITS_OWN.map((limits) => ({
        pauseMin: 2,
        pauseMax: 8,
        devices: [...DEVICES, { key: 'c', id: 'goip-03', limits }],
      })),
    ];
    const common = {
      // Without a node that uses it, a server does not bind: all of them may have the same port.
      ...{ type: 'goip-server', port: 44444, storage: 'memory', devices: DEVICES, version: 2 },
      // A device without one is a warning.
      credentials: { password: 'password' },
    };
    const nodes = cases.map((settings, index) => ({
      id: `case-${index}`,
      name: `rule ${index}`,
      ...common,
      ...settings,
    }));
    const log = await editor.nodeRed.deploy([TAB, ...nodes]);
    await editor.reload();
    const byServer = nodes.map(({ name }) => !log.some((line) => line.includes(`[goip-server:${name}]`)));
    const ids = JSON.stringify(nodes.map(({ id }) => id));
    const byEditor = await editor.page.evaluate<boolean[]>(
      `${ids}.map((id) => RED.editor.validateNode(RED.nodes.node(id)))`,
    );
    assert.deepEqual(
      cases.map((settings, index) => [settings, byEditor[index]]),
      cases.map((settings, index) => [settings, byServer[index]]),
    );
    assert(byServer.includes(true) && byServer.includes(false));
  });
});
