/** What is made from the tables in `src/tables/`: parts of pages in `docs/` and of the help of the nodes. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as prettier from 'prettier';
import { codesInDocs, codesInHelp } from './codes.js';
import { eventsInDocs, eventsInHelp } from './events.js';
import { settingsInDocs, settingsInHelp } from './settings.js';
import { LANGUAGES, ROOT } from './words.js';

/** A part of a file between `<!-- table: name -->` and `<!-- end of table -->`. */
interface Part {
  readonly file: string;
  readonly name: string;
  readonly make: () => string;
}

const SECTIONS = ['address', 'access', 'routing', 'limits', 'advanced', 'keeping'] as const;

const PARTS: readonly Part[] = [
  ...SECTIONS.flatMap((section) => [
    { file: 'docs/goip-server.md', name: section, make: () => settingsInDocs(section) },
    ...inHelp('goip-server', section, settingsInHelp(section)),
  ]),
  { file: 'docs/goip-in.md', name: 'events', make: eventsInDocs },
  ...inHelp('goip-in', 'events', eventsInHelp),
  { file: 'docs/goip-send.md', name: 'codes', make: codesInDocs },
  ...inHelp('goip-send', 'codes', codesInHelp),
];

/** A part of the help of a node, in each language. */
function inHelp(set: string, name: string, make: (language: string) => string): Part[] {
  return LANGUAGES.map((language) => ({
    file: `nodes/locales/${language}/${set}.html`,
    name,
    make: () => make(language),
  }));
}

export interface MadeFile {
  readonly name: string;
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** The files that hold parts, as they are and as they should be. */
export async function madeFiles(): Promise<MadeFile[]> {
  const names = [...new Set(PARTS.map(({ file }) => file))];
  return Promise.all(
    names.map(async (name) => {
      const file = path.join(ROOT, name);
      const before = readFileSync(file, 'utf8');
      const parts = PARTS.filter((part) => part.file === name);
      const text = parts.reduce(withPart, before);
      const options = { ...(await prettier.resolveConfig(file)), filepath: file };
      return { name, path: file, before, after: await prettier.format(text, options) };
    }),
  );
}

function withPart(text: string, { file, name, make }: Part): string {
  const [start, end] = [`<!-- table: ${name} -->`, '<!-- end of table -->'];
  const from = text.indexOf(start);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`${file} has no place for the table ${name}`);
  return `${text.slice(0, from + start.length)}\n\n${make()}\n\n${text.slice(to)}`;
}
