/** What people read in the repository, without the code around it: comments, pages, help, labels, messages and test names. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** A piece of prose, and the place where it begins. */
export interface Prose {
  readonly line: number;
  readonly text: string;
}

/** Returns the prose of a file, by the kind of the file; nothing for a kind that holds none. */
export function proseOf(root: string, file: string): Prose[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  if (/\.(ts|mjs|cjs|js)$/.test(file)) return proseOfScript(text, isTest(file));
  if (file.endsWith('.md')) return [{ line: 1, text: proseOfMarkdown(text) }];
  if (file.startsWith('nodes/locales/')) {
    return file.endsWith('.json') ? proseOfJson(text, () => true) : [{ line: 1, text: proseOfHelp(text) }];
  }
  if (/^nodes\/.*\.html$/.test(file)) return proseOfPage(text);
  if (file.startsWith('examples/')) return proseOfJson(text, (key) => /^(name|info|label)$/.test(key));
  if (/\.(yml|yaml)$|^\.ci\//.test(file)) return hashComments(text);
  return [];
}

function isTest(file: string): boolean {
  return file.startsWith('test/');
}

/** Comments, and texts of several words: names of tests, or else messages that a program shows. */
export function proseOfScript(source: string, isTestFile: boolean): Prose[] {
  const file = ts.createSourceFile('a.ts', source, ts.ScriptTarget.Latest, false);
  const found: Prose[] = [];
  const add = (pos: number, text: string): void => {
    found.push({ line: file.getLineAndCharacterOfPosition(pos).line + 1, text: withoutTicks(text) });
  };
  // What looks like a comment within a literal is none: literals are blanked before comments are looked for.
  const parts: string[] = [];
  let end = 0;
  const visit = (node: ts.Node): void => {
    if (ts.isLiteralExpression(node) || ts.isTemplateLiteralToken(node)) {
      const start = node.getStart(file);
      parts.push(source.slice(end, start), ' '.repeat(node.end - start));
      end = node.end;
    }
    const name = isTestFile ? testName(node) : isMessage(node) ? node : undefined;
    if (name) add(name.getStart(file), textOf(name, file));
    ts.forEachChild(node, visit);
  };
  visit(file);
  const withoutLiterals = parts.join('') + source.slice(end);
  for (const { 0: comment, index } of withoutLiterals.matchAll(/\/\*[\s\S]*?\*\/|\/\/.*/g)) add(index, comment);
  return found;
}

/** The name in `it('…')`, `describe.skip('…')`, `describeInEditor('…')` and the like. */
function testName(node: ts.Node): ts.Expression | undefined {
  if (!ts.isCallExpression(node)) return undefined;
  const callee = ts.isPropertyAccessExpression(node.expression) ? node.expression.expression : node.expression;
  return ts.isIdentifier(callee) && /^(it|describe)(?![a-z])/.test(callee.text) ? node.arguments[0] : undefined;
}

/** A text of several words. */
function isMessage(node: ts.Node): boolean {
  return (ts.isStringLiteral(node) || ts.isTemplateLiteralToken(node)) && /\p{L},? \p{L}/u.test(node.text);
}

/** A text without its quotes, or an expression without the values that it fills in. */
function textOf(node: ts.Node, file: ts.SourceFile): string {
  return ts.isStringLiteral(node) ? node.text : node.getText(file).replace(/\$\{[^{}]*\}/g, ' ');
}

/** The scripts of a page of the editor. Its markup holds no words: `words.test.ts` checks that. */
function proseOfPage(html: string): Prose[] {
  const scripts = html.matchAll(/<script type="text\/javascript">([\s\S]*?)<\/script>/g);
  return [...scripts].flatMap(({ 1: script = '', index }) => {
    const before = html.slice(0, index).split('\n').length - 1;
    return proseOfScript(script, false).map(({ line, text }) => ({ line: before + line, text }));
  });
}

function proseOfMarkdown(markdown: string): string {
  return markdown.replace(/^( *)(```+|~~~+)[^\n]*\n[\s\S]*?^\s*\2[^\n]*$|(`+)[^`][\s\S]*?\3/gm, linesOf);
}

function proseOfHelp(html: string): string {
  return html.replace(/<code>[\s\S]*?<\/code>|<[^<>]*>/g, linesOf);
}

/** Blanks with as many line breaks as a text. */
function linesOf(text: string): string {
  return ` ${text.replace(/[^\n]/g, '')}`;
}

/** Texts of a JSON file, under keys that a filter accepts. Their line is that of the first place where they stand. */
function proseOfJson(json: string, accepts: (key: string) => boolean): Prose[] {
  const found: Prose[] = [];
  JSON.parse(json, (key, value: unknown) => {
    if (typeof value === 'string' && accepts(key)) found.push({ line: lineOf(json, value), text: withoutTicks(value) });
    return value;
  });
  return found;
}

function lineOf(json: string, value: string): number {
  const index = json.indexOf(JSON.stringify(value));
  return json.slice(0, Math.max(0, index)).split('\n').length;
}

function hashComments(text: string): Prose[] {
  return text.split('\n').flatMap((line, index) => {
    const [, comment] = /(?:^|\s)#\s(.*)$/.exec(line) ?? [];
    return comment === undefined ? [] : [{ line: index + 1, text: comment }];
  });
}

/** Names and values in backticks are code. */
function withoutTicks(text: string): string {
  return text.replace(/`[^`\n]*`/g, ' ');
}
