/** The help of a node, taken apart into what stays the same in every language and what is said in words. */

/** What stands between a tag that makes a block of its own and the next such tag. */
export interface Block {
  /** The tag that it follows, with its attributes. */
  readonly tag: string;
  /** Tags within its lines, and what is code. Sorted, for the words of another language come in another order. */
  readonly inline: readonly string[];
  readonly code: readonly string[];
  /** All that is not code, without tags. */
  readonly prose: string;
  /** What is set in italics: nodes, and words of the dialog. */
  readonly names: readonly string[];
  /** Whether it is a heading or what a list explains. */
  readonly isTitle: boolean;
  /** The prose without what is in spans, such as types. */
  readonly title: string;
}

const INLINE = '(?:a|b|code|i|span)';
const BLOCK_TAG = new RegExp(`(</?(?!${INLINE}\\b)[a-z][^<>]*>)`);

export function blocksOf(html: string): Block[] {
  const [, ...parts] = html.split(BLOCK_TAG);
  return parts.flatMap((part, index) => (index % 2 === 0 ? [blockOf(tidy(part), parts[index + 1] ?? '')] : []));
}

/** The nodes that a file has help for. */
export function dataHelpNames(html: string): string[] {
  return [...html.matchAll(/<script type="text\/html" data-help-name="([^"]*)">/g)].map(([, name = '']) => name);
}

function blockOf(tag: string, content: string): Block {
  return {
    tag,
    inline: (content.match(/<[^<>]+>/g) ?? []).map(tidy).sort(),
    code: contentsOf(content, 'code').sort(),
    prose: textOf(withoutElements(content, 'code')),
    names: contentsOf(content, 'i').filter(Boolean),
    isTitle: /^<(h\d|dt)\b/.test(tag),
    title: textOf(withoutElements(content, 'span')),
  };
}

function contentsOf(content: string, tag: string): string[] {
  return [...content.matchAll(elements(tag))].map(([, text = '']) => textOf(text));
}

function withoutElements(content: string, tag: string): string {
  return content.replace(elements(tag), ' ');
}

function elements(tag: string): RegExp {
  return new RegExp(`<${tag}(?: [^<>]*)?>(.*?)</${tag}\\s*>`, 'gs');
}

function textOf(content: string): string {
  return tidy(content.replace(/<[^<>]+>/g, ''));
}

/** Without the line breaks that a formatter puts between words and into tags. */
function tidy(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/ >$/, '>').trim();
}
