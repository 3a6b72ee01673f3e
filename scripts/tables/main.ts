/** `npm run tables`: writes what is made from the tables into the pages and the help. */
import { writeFileSync } from 'node:fs';
import { madeFiles } from './made.js';

void madeFiles().then((files) => {
  for (const { name, path, before, after } of files) {
    if (before === after) continue;
    writeFileSync(path, after);
    console.log(name);
  }
});
