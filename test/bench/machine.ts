/** What the figures were measured on. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';

export function describeMachine(directory: string): string {
  const cpus = os.cpus();
  const load = os.loadavg().map((value) => value.toFixed(1));
  return [
    `machine   ${cpus.length} × ${cpus[0]?.model ?? 'unknown'}, ${(os.totalmem() / 2 ** 30).toFixed(1)} GB, ${os.type()} ${os.release()} ${os.arch()}`,
    `Node.js   ${process.version}, classic-level ${versionOf('classic-level')}`,
    `disk      ${describeDisk(directory)}`,
    `load      ${load.join(' ')} (1, 5, 15 min) at the start`,
  ].join('\n');
}

function versionOf(name: string): string {
  const { version } = JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')) as { version: string };
  return version;
}

/** A RAM disk would make every figure of durability worthless: so the file system is named. */
function describeDisk(directory: string): string {
  try {
    const [, line = ''] = execFileSync('df', ['-PT', directory], { encoding: 'utf8' }).trim().split('\n');
    const [device, type] = line.split(/\s+/);
    return `${directory} on ${device ?? '?'} (${type ?? '?'})`;
  } catch {
    return directory;
  }
}
