// Imported first by the scripts that need them, so that what is missing is said in a sentence and not in a stack trace.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { engines } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const [wantedMajor, wantedMinor] = engines.node.match(/\d+/g).map(Number);
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor)) {
  end(
    `This needs Node.js ${wantedMajor}.${wantedMinor} or newer; you have ${process.version}. See https://nodejs.org/.`,
  );
}
if (!existsSync(path.join(root, 'node_modules', 'typescript'))) {
  end('The dependencies are not installed yet. Please run: npm install');
}

function end(sentence) {
  console.error(sentence);
  process.exit(1);
}
