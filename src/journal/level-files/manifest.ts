/** LevelDB's manifest: which tables and logs belong to the store. */
import { ByteReader, FormatError } from './bytes.js';
import { readLog } from './log-file.js';
import { userKey } from './table.js';

export interface TableFile {
  readonly number: number;
  readonly size: number;
  readonly smallest: string;
  readonly largest: string;
}

export interface Manifest {
  readonly tables: readonly TableFile[];
  /** Logs before this one are in the tables. */
  readonly logNumber: number;
  readonly lastSequence: number;
}

/** Undefined if it is damaged. What a crash has left of a change that was not written to its end is none. */
export function readManifest(bytes: Buffer): Manifest | undefined {
  const tables = new Map<number, TableFile>();
  let logNumber: number | undefined;
  let [lastSequence, isDamaged] = [0, false];
  try {
    for (const item of readLog(bytes)) {
      // A record behind the damage: it is not at the end.
      if (isDamaged) return undefined;
      if (item.kind === 'damage') {
        isDamaged = true;
        continue;
      }
      for (const change of changesOf(item.data)) {
        if (change.kind === 'log') logNumber = change.value;
        else if (change.kind === 'sequence') lastSequence = change.value;
        else if (change.kind === 'added') tables.set(change.table.number, change.table);
        else tables.delete(change.value);
      }
    }
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
  return logNumber === undefined ? undefined : { tables: [...tables.values()], logNumber, lastSequence };
}

type VersionChange =
  | { readonly kind: 'log'; readonly value: number }
  | { readonly kind: 'sequence'; readonly value: number }
  | { readonly kind: 'deleted'; readonly value: number }
  | { readonly kind: 'added'; readonly table: TableFile };

function* changesOf(record: Buffer): Iterable<VersionChange> {
  const reader = new ByteReader(record);
  const deleted: VersionChange[] = [];
  const added: VersionChange[] = [];
  while (!reader.isAtEnd) {
    const tag = reader.varint();
    switch (tag) {
      case 1:
        reader.slice();
        break;
      case 2:
        yield { kind: 'log', value: reader.varint() };
        break;
      case 3:
      case 9:
        reader.varint();
        break;
      case 4:
        yield { kind: 'sequence', value: reader.varint() };
        break;
      case 5:
        reader.varint();
        reader.slice();
        break;
      case 6:
        reader.varint();
        deleted.push({ kind: 'deleted', value: reader.varint() });
        break;
      case 7: {
        reader.varint();
        const [number, size] = [reader.varint(), reader.varint()];
        const [smallest, largest] = [userKey(reader.slice()), userKey(reader.slice())];
        added.push({ kind: 'added', table: { number, size, smallest, largest } });
        break;
      }
      default:
        throw new FormatError(`an unknown change ${tag}`);
    }
  }
  // A table that moves to another level is deleted and added with one change.
  yield* deleted;
  yield* added;
}
