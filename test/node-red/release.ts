/** The release of Node-RED that the tests run with: `NODE_RED_MAJOR` is 4.0, 4 (4.1, the default) or 5. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Folders whose node_modules have a release, from the root of the repository. */
const HOMES: Readonly<Partial<Record<string, string>>> = {
  '4.0': 'test/node-red-4.0',
  '4': '.',
  '5': 'test/node-red-5',
};

/** Beginning of its version. */
export const RELEASE = process.env.NODE_RED_MAJOR ?? '4';

/** Requires a module that stands beside Node-RED, such as Node-RED itself. */
export const requireBesideNodeRed = requireFrom(HOMES[RELEASE]);

function requireFrom(home: string | undefined): NodeJS.Require {
  assert(home !== undefined, `NODE_RED_MAJOR must be one of ${Object.keys(HOMES).join(', ')}, not ${RELEASE}`);
  return createRequire(path.join(__dirname, '..', '..', home, 'package.json'));
}
