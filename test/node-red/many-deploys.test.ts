/** What deploys leave in the process, in one of its own: to look at all objects of one that has run other tests takes a minute. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';

describe('a hundred deploys of each kind', function () {
  this.timeout(400_000);

  it('leave nothing behind', async () => {
    const { MOCHA_WORKER_ID: _worker, ...env } = process.env;
    const options = ['--no-config', '--require', 'tsx/cjs', '--extension', 'ts', '--timeout', '120000'];
    const child = spawn(
      process.execPath,
      [require.resolve('mocha/bin/mocha.js'), ...options, path.join(__dirname, 'many-deploys-child.ts')],
      { env, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close') as Promise<[number | null]>]);
    assert.equal(code, 0, output);
    assert.match(output, /3 passing/);
  });
});
