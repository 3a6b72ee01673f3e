/** Texts with fields, such as `Dear {{name}}`: mustache, for telephones and not for web pages. */
import { Context, Writer, type OpeningAndClosingTags, type TemplateSpans } from 'mustache';
import { GoipError } from '../../errors.js';
import { quoted } from '../../secrets.js';

/** Characters. Several times what a device takes, as there may be sections and comments. */
const LONGEST_TEMPLATE = 10_000;

/** Characters written and values looked up for one text. Lists within lists would make endless ones out of a few. */
const MOST_WORK = 200_000;

/**
 * The text of a template for somebody's fields, of which only own data counts: nothing inherited, no getters, and no function
 * is called. A variable that has no value is an error, as one misspelt name would send a whole list of maimed texts; what may
 * be missing is put in a section, `{{#title}}{{title}} {{/title}}{{name}}`.
 *
 * @throws GoipError `GOIP_TEXT_INVALID` for a template that is not understood, and a field that is missing or is no text;
 *   `GOIP_TEXT_TOO_LONG` for a template, or a result, that is far longer than any text
 */
export function renderTemplate(template: string, fields: Readonly<Record<string, unknown>>): string {
  checkTemplate(template);
  return writer.write(template, new Fields(fields, undefined, new Work()));
}

/**
 * Checks what does not depend on anybody's fields.
 * @throws GoipError as {@link renderTemplate}
 */
export function checkTemplate(template: string): void {
  if (template.length > LONGEST_TEMPLATE) {
    throw new GoipError(
      'GOIP_TEXT_TOO_LONG',
      `the template has ${template.length} characters, at most ${LONGEST_TEMPLATE} are possible`,
    );
  }
  writer.read(template);
}

/** Named, so that nobody who sets other ones for the whole of Node-RED changes what our templates mean. */
const TAGS: OpeningAndClosingTags = ['{{', '}}'];

class TextWriter extends Writer {
  /** The one in the cache. A job has one template for thousands of numbers; mustache by itself would keep all that ever were. */
  private template: string | undefined;

  read(template: string): void {
    if (template !== this.template) this.learn(template);
  }

  write(template: string, fields: Fields): string {
    return this.render(template, fields, undefined, { tags: TAGS });
  }

  override renderTokens(tokens: string[][], fields: Fields): string {
    fields.work.spend(1 + tokens.length);
    const text = super.renderTokens(tokens, fields);
    fields.work.spend(text.length);
    return text;
  }

  override escapedValue([, name = '']: string[], fields: Fields): string {
    return fields.textOf(name);
  }

  override unescapedValue([, name = '']: string[], fields: Fields): string {
    return fields.textOf(name);
  }

  private learn(template: string): void {
    this.clearCache();
    const tokens = this.parsed(template);
    if (hasPartial(tokens)) throw invalid('the template has a partial, {{> … }}, and there are none');
    this.template = template;
  }

  private parsed(template: string): TemplateSpans {
    try {
      return this.parse(template, TAGS) as TemplateSpans;
    } catch (error) {
      throw invalid(`the template is not understood: ${withQuotes((error as Error).message)}`);
    }
  }
}

function hasPartial(tokens: TemplateSpans): boolean {
  return tokens.some(([type, , , , inside]) => type === '>' || (Array.isArray(inside) && hasPartial(inside)));
}

/** The fields that are in sight, those of sections before those around them. */
class Fields extends Context {
  declare readonly view: unknown;
  declare readonly parent: Fields | undefined;

  constructor(
    view: unknown,
    parent: Fields | undefined,
    readonly work: Work,
  ) {
    super(view, parent);
  }

  override push(view: unknown): Fields {
    return new Fields(view, this, this.work);
  }

  /** As mustache does it, except that it knows own data only. */
  override lookup(name: string): unknown {
    return name === '.' ? dataOf(this.view) : this.find(name.split('.'));
  }

  textOf(name: string): string {
    const value = this.lookup(name);
    if (value === undefined || value === null) throw invalid(`the text needs the field ${quoted(name)}`);
    const text = textOf(value);
    if (text === undefined) throw invalid(`the field ${quoted(name)} is no text`);
    this.work.spend(text.length);
    return text;
  }

  private find(path: readonly string[]): unknown {
    this.work.spend(path.length);
    const found = valueAt(this.view, path);
    return found ? found.value : this.parent?.find(path);
  }
}

/** Undefined if there is no such field, also where there is one without a value. */
function valueAt(view: unknown, path: readonly string[]): { readonly value: unknown } | undefined {
  // `{{#length}}{{length}} m{{/length}}`: a text has a length too, and it is not what is meant.
  if (path.length === 1 && typeof view !== 'object') return undefined;
  let value = dataOf(view);
  for (const name of path) {
    const property = value === undefined || value === null ? undefined : Object.getOwnPropertyDescriptor(value, name);
    if (!property) return undefined;
    value = dataOf(property.value);
  }
  return { value };
}

function dataOf(value: unknown): unknown {
  return typeof value === 'function' ? undefined : value;
}

/** `[object Object]`, `NaN` and the like are nothing to send to anybody. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const hasText = typeof value === 'boolean' || typeof value === 'bigint' || Number.isFinite(value);
  return hasText ? String(value) : undefined;
}

class Work {
  private left = MOST_WORK;

  spend(amount: number): void {
    this.left -= amount;
    if (this.left < 0)
      throw new GoipError('GOIP_TEXT_TOO_LONG', 'the template becomes far longer than any text may be');
  }
}

function invalid(message: string): GoipError {
  return new GoipError('GOIP_TEXT_INVALID', message);
}

/** Mustache puts what it quotes into a message as it stands. */
function withQuotes(message: string): string {
  return message.replace(/"(.*)"|(?<=^Invalid tags: )(.*)/s, (_, name?: string, tags?: string) =>
    quoted(name ?? tags ?? ''),
  );
}

const writer = new TextWriter();
