import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { NodeAPI } from 'node-red';
import { JournalTidier } from '../../nodes/shared/journal-tidier.js';

describe('the tidier of journals', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), 'goip-tidier-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('shares a run among deploys that come faster than it can look, and looks once more after the last one', async () => {
    let looks = 0;
    const log = { warn: (text: string) => assert.fail(text) };
    // As much of Node-RED as it uses.
    const RED = { log, nodes: { eachNode: () => (looks += 1) } } as unknown as NodeAPI;
    const tidier = new JournalTidier(
      RED,
      () => folder,
      (id) => id,
      () => [],
      () => [],
      () => false,
    );
    const deploys = (): void => {
      for (let count = 0; count < 100; count += 1) tidier.tidy();
    };
    deploys();
    while (looks < 1) await turn();
    deploys();
    while (looks < 2) await turn();
    for (let turns = 0; turns < 100; turns += 1) await turn();
    assert.equal(looks, 2);
  });
});
