/** What has to be known of a markdown file to follow its links: where they lead, and which places it has. */

/** Where a link leads. `file` is empty for a place in the same file, `anchor` for the whole file. */
export interface Link {
  readonly written: string;
  readonly file: string;
  readonly anchor: string;
}

/** Links and pictures, also those in html, without what stands in code. */
export function linksIn(markdown: string): Link[] {
  const prose = withoutCode(markdown);
  const inMarkdown = prose.matchAll(/\]\(<?([^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*)>?(?:\s+"[^"]*")?\)/g);
  const inHtml = prose.matchAll(/\s(?:src|srcset|href)="([^"]*)"/g);
  return [...inMarkdown, ...inHtml].map(([, written = '']) => {
    const [file = '', anchor = ''] = written.split('#');
    return { written, file: decodeURIComponent(file), anchor: decodeURIComponent(anchor) };
  });
}

/** The anchors of a file as GitHub makes them: of its headings, of which the second of the same name gets a number, and in html. */
export function anchorsIn(markdown: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  const counts = new Map<string, number>();
  const prose = withoutFences(markdown);
  for (const [, heading = ''] of prose.matchAll(/^#{1,6}\s+(.*?)(?:\s+#+)?\s*$/gm)) {
    const slug = slugOf(heading);
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  for (const [, anchor = ''] of prose.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)) anchors.add(anchor);
  return anchors;
}

/** The part of a file from a heading to the next one that is no deeper; without the heading's own line. */
export function sectionOf(markdown: string, heading: string): string {
  const lines = markdown.split('\n');
  const start = lines.findIndex((line) => line.replace(/^#+ /, '') === heading && line.startsWith('#'));
  if (start < 0) return '';
  const depth = depthOf(lines[start]);
  const length = lines.slice(start + 1).findIndex((line) => depthOf(line) > 0 && depthOf(line) <= depth);
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join('\n');
}

/** All that is written as code within a line, with what is code in tables and lists. */
export function codeIn(markdown: string): string[] {
  return [...withoutFences(markdown).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

/** The cells of all rows of all tables, without those of the headings. */
export function tableRowsIn(markdown: string): string[][] {
  const tables = withoutFences(markdown).matchAll(/^\|.*\|\n\|[-|: ]+\|\n((?:\|.*\|\n?)*)/gm);
  return [...tables].flatMap(([, rows = '']) =>
    rows
      .trimEnd()
      .split('\n')
      .map((row) =>
        row
          .slice(1, -1)
          .split('|')
          .map((cell) => cell.trim()),
      ),
  );
}

function depthOf(line = ''): number {
  return /^(#{1,6}) /.exec(line)?.[1]?.length ?? 0;
}

function slugOf(heading: string): string {
  return heading
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/`|\*|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

function withoutFences(markdown: string): string {
  return markdown.replace(/^( *)(```+|~~~+)[^\n]*\n[\s\S]*?^\s*\2[^\n]*$/gm, '');
}

function withoutCode(markdown: string): string {
  return withoutFences(markdown).replace(/(`+)[^`][\s\S]*?\1/g, '');
}
