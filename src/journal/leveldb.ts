/** Loads LevelDB, a native module, only when a journal on disk is opened: without it everything else still works. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as ClassicLevelModule from 'classic-level';

export type { ClassicLevel } from 'classic-level';

/**
 * Returns the module `classic-level`. Each call tries again, so that a module that was built meanwhile needs no restart.
 * @throws Error that names the platform and the remedy
 */
export function loadLevelDb(): typeof ClassicLevelModule {
  try {
    // An `import` would remember the failure until the process ends.
    return createRequire(__filename)('classic-level') as typeof ClassicLevelModule;
  } catch (error) {
    throw new Error(reasonFor(error as Error & { code?: string }), { cause: error });
  }
}

function reasonFor({ code, message }: Error & { code?: string }): string {
  const libc = existsSync('/etc/alpine-release') ? ' (Alpine, musl)' : '';
  const platform = `${process.platform} ${process.arch}${libc}`;
  const [firstLine = ''] = message.split('\n');
  const command = code === 'MODULE_NOT_FOUND' ? 'npm install' : 'npm rebuild classic-level';
  return (
    `storage on disk needs the native module classic-level, which cannot be loaded on ${platform}: ${firstLine}. ` +
    `Install Python, make and a C++ compiler, then run "${command}" in the folder that this package is installed in ` +
    '(for Node-RED its user directory); or set the storage to memory.'
  );
}
