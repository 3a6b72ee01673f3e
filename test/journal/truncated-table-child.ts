/** Opens a journal, truncates its tables, and reports what becomes of it. Arguments: the folder; more files to damage. */
import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { storeOnDisk } from '../../src/journal/open-store.js';
import { StoreCorruptError } from '../../src/journal/store.js';

const [directory = '', other] = process.argv.slice(2);

async function main(): Promise<void> {
  const open = storeOnDisk(directory, ({ error }) => {
    throw error;
  });
  const store = await open();
  for (const name of readdirSync(directory)) {
    if (name.endsWith('.ldb')) truncateSync(path.join(directory, name), 5000);
    if (other !== undefined && name.startsWith(other)) writeFileSync(path.join(directory, name), '');
  }
  const error = await store.check?.().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  await store.close();
  const again = await open(error instanceof StoreCorruptError ? error : undefined);
  process.stdout.write(
    JSON.stringify({ error: String(error), jobs: again.damage?.jobs, problems: again.damage?.problems }),
  );
  await again.close();
}

void main();
