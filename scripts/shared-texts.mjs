// What the dialogs judge as the runtime does, for browsers: from the compiled core, so that there are no two of it.
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Each before those that import it. */
const MODULES = ['parameters', 'gsm/gsm7', 'gsm/segments', 'gsm/dialled'];

/** @param dist where the compiled core is. Returns a script that puts all that these modules export into `RED.goip.texts`. */
export function sharedTexts(dist) {
  const definitions = MODULES.map((name) => {
    const code = readFileSync(path.join(dist, 'src', `${name}.js`), 'utf8');
    return `define('./${path.basename(name)}.js', (exports) => {\n${code}});\n`;
  });
  return `// Made from src/ by npm run build.
(function () {
const modules = {};
const require = (name) => modules[name];
const define = (name, run) => run((modules[name] = {}));
${definitions.join('')}
RED.goip ??= {};
RED.goip.texts = Object.assign({}, ...Object.values(modules));
})();
`;
}
