/** Tables in Markdown, and lists in HTML. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { escaped, htmlOf, ROOT } from './words.js';

export function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** A link to a section of a page in `docs/`, from another one, with the heading of the section as its text. */
export function linkTo(target: string, from: string): string {
  const [page = '', anchor = ''] = target.split('#');
  const headings = [...readFileSync(path.join(ROOT, 'docs', page), 'utf8').matchAll(/^#+ (.+)$/gm)];
  const heading = headings.map(([, text = '']) => text).find((text) => anchorOf(text) === anchor);
  if (heading === undefined) throw new Error(`docs/${page} has no section #${anchor}`);
  return `[${heading}](${page === from ? '' : page}#${anchor})`;
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replace(/\s/g, '-');
}

/** What a list of the help explains, and its explanation in words of a catalogue. */
export interface Item {
  readonly title: string;
  /** Such as the type of a property. */
  readonly note?: string | undefined;
  readonly words: string;
}

export function helpList(items: readonly Item[]): string {
  const entries = items.map(({ title, note, words }) => {
    const type = note === undefined ? '' : ` <span class="property-type">${escaped(note)}</span>`;
    return `<dt>${escaped(title)}${type}</dt><dd>${htmlOf(words)}</dd>`;
  });
  return `<dl class="message-properties">${entries.join('')}</dl>`;
}
