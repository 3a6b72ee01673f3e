import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const CHILD = path.join(__dirname, 'time-zone-child.ts');
const ALL = ['everywhere', 'withoutGaps', 'withWholeHours'];

interface Zone {
  readonly why: string;
  readonly groups: readonly string[];
  /** Minutes from the local time to UTC after each change of its clocks in 2026. */
  readonly offsets: readonly number[];
}

const ZONES: Readonly<Record<string, Zone>> = {
  'Europe/Berlin': { why: 'at 2 and 3 at night', groups: ALL, offsets: [-120, -60] },
  'America/Havana': { why: 'at midnight and after it', groups: ALL, offsets: [240, 300] },
  'Asia/Kolkata': { why: 'never, and hours begin at half past', groups: ALL, offsets: [-330] },
  // An hour has thirty minutes, and one ninety.
  'Australia/Lord_Howe': { why: 'by half an hour', groups: ['everywhere', 'withoutGaps'], offsets: [-630, -660] },
  // The hours that come twice there are not next to themselves.
  'Pacific/Chatham': { why: 'at a quarter to an hour', groups: ['everywhere'], offsets: [-765, -825] },
};

interface Found {
  readonly offsets: readonly number[];
  readonly failures: readonly string[];
}

describe('lines: limits and quiet hours where clocks are changed', () => {
  let found: Readonly<Record<string, Found>>;
  before(async () => {
    const zones = Object.entries(ZONES).map(([zone, { groups }]) => `${zone}=${groups.join()}`);
    const args = ['--require', require.resolve('tsx/cjs'), CHILD, ...zones];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    found = JSON.parse(stdout) as typeof found;
  });

  for (const [zone, { why, offsets }] of Object.entries(ZONES)) {
    it(`${why} (${zone})`, () => {
      assert.deepEqual(found[zone], { offsets, failures: [] });
    });
  }
});
