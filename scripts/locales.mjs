// The words as the editor loads them. Those that the help is made from are in the help already.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** @returns the text of each file by its path in the folder of locales */
export function localesIn(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((name) => /\.(html|json)$/.test(name));
  return new Map(files.map((file) => [file.replaceAll(path.sep, '/'), textOf(path.join(folder, file))]));
}

function textOf(file) {
  const text = readFileSync(file, 'utf8');
  if (!file.endsWith('.json')) return text;
  const { help, ...catalogue } = JSON.parse(text);
  return help ? `${JSON.stringify(catalogue, null, 2)}\n` : text;
}
