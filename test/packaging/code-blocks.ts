/** TypeScript that users see in pages and in doc comments. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Code blocks that import something: each one is a program. Named by their place, such as `docs-developers.md-1.mts`. */
export function programsIn(root: string): Record<string, string> {
  const pages = ['README.md', ...filesIn(root, 'docs', '.md')];
  const files = [...pages, ...filesIn(root, 'src', '.ts')];
  const programs: Record<string, string> = {};
  for (const file of files) {
    const text = readFileSync(path.join(root, file), 'utf8');
    const blocks = file.endsWith('.md') ? blocksIn(text) : commentsIn(text).flatMap(blocksIn);
    for (const [index, code] of blocks.filter((block) => /^import /m.test(block)).entries()) {
      programs[`${file.replaceAll('/', '-')}-${index + 1}.mts`] = `${code}\nexport {};\n`;
    }
  }
  return programs;
}

function blocksIn(markdown: string): string[] {
  return [...markdown.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
}

/** Doc comments without their stars. */
function commentsIn(source: string): string[] {
  return [...source.matchAll(/\/\*\*[\s\S]*?\*\//g)].map(([comment]) => comment.replace(/^[ \t]*\* ?/gm, ''));
}

function filesIn(root: string, folder: string, ending: string): string[] {
  const names = readdirSync(path.join(root, folder), { recursive: true }) as string[];
  return names.filter((name) => name.endsWith(ending)).map((name) => path.join(folder, name));
}
