// The catalogues as the editor loads them: the words of the help are in the help already.
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export function copyLocales(from, to) {
  cpSync(from, to, { recursive: true });
  for (const file of readdirSync(to, { recursive: true }).filter((name) => name.endsWith('.json'))) {
    const { help, ...catalogue } = JSON.parse(readFileSync(path.join(to, file), 'utf8'));
    if (help) writeFileSync(path.join(to, file), `${JSON.stringify(catalogue, null, 2)}\n`);
  }
}
