import assert from 'node:assert/strict';
import fc from 'fast-check';
import Mustache from 'mustache';
import { GoipError, type GoipErrorCode } from '../../src/errors.js';
import { Secrets } from '../../src/secrets.js';
import { renderTemplate } from '../../src/outbox/accepting/template.js';
import { check } from '../protocol/property.js';

type Fields = Readonly<Record<string, unknown>>;

interface CacheOwner {
  readonly templateCache: { readonly _cache: object };
}

function refuses(template: string, fields: Fields, message: RegExp, code: GoipErrorCode = 'GOIP_TEXT_INVALID'): void {
  // As the server shows it.
  const shown = ({ message }: Error): string => new Secrets().shortQuotes(message);
  const isRight = (error: unknown): boolean =>
    error instanceof GoipError && error.code === code && message.test(shown(error));
  assert.throws(() => renderTemplate(template, fields), isRight);
}

describe('template: what it makes', () => {
  const GOOD: Readonly<Record<string, readonly [template: string, fields: Fields, text: string]>> = {
    'a text without fields': ['Hello', {}, 'Hello'],
    nothing: ['', {}, ''],
    'a field': ['Dear {{name}}!', { name: 'Ann' }, 'Dear Ann!'],
    'a field with blanks around it': ['Dear {{ name }}!', { name: 'Ann' }, 'Dear Ann!'],
    'no HTML': ['{{a}} {{{a}}} {{&a}}', { a: `<b> & "c" 'd' /=\`` }, `<b> & "c" 'd' /=\` `.repeat(3).trimEnd()],
    'an empty field': ['[{{name}}]', { name: '' }, '[]'],
    numbers: ['{{n}} {{zero}} {{f}} {{big}}', { n: 7, zero: 0, f: -1.5, big: 12n }, '7 0 -1.5 12'],
    booleans: ['{{yes}} {{no}}', { yes: true, no: false }, 'true false'],
    'a field of a field': ['{{a.b.c}}', { a: { b: { c: 'deep' } } }, 'deep'],
    'a section with a field': ['{{#vip}}Dear {{/vip}}{{name}}', { vip: true, name: 'Ann' }, 'Dear Ann'],
    'a section without one': ['{{#vip}}Dear {{/vip}}{{name}}', { name: 'Ann' }, 'Ann'],
    'an optional field': ['{{#title}}{{title}} {{/title}}{{name}}', { title: 'Dr.', name: 'Ann' }, 'Dr. Ann'],
    'an optional field that is not there': ['{{#title}}{{title}} {{/title}}{{name}}', { name: 'Ann' }, 'Ann'],
    'a section for what is not there': ['{{^name}}you{{/name}}', {}, 'you'],
    'a section for an empty list': ['{{^all}}none{{/all}}', { all: [] }, 'none'],
    'a list': ['{{#all}}{{n}},{{/all}}', { all: [{ n: 1 }, { n: 2 }] }, '1,2,'],
    'a list of texts': ['{{#all}}{{.}},{{/all}}', { all: ['a', 'b'] }, 'a,b,'],
    'a field from outside of a section': ['{{#a}}{{b}}{{c}}{{/a}}', { a: { b: 1 }, c: 2 }, '12'],
    'a section with a name of its own': ['{{#a.b}}{{c}}{{/a.b}}', { a: { b: { c: 3 } } }, '3'],
    'the length of a text, only when it is asked for': [
      '{{#length}}{{length}} {{length.length}}{{/length}}',
      { length: '100 m' },
      '100 m 5',
    ],
    'a comment': ['a{{! nobody reads this }}b', {}, 'ab'],
    'other brackets': ['{{=<% %>=}}{{name}} <% name %>', { name: 'Ann' }, '{{name}} Ann'],
    'a section on lines of its own': ['a\n{{#b}}\nc\n{{/b}}\nd', { b: true }, 'a\nc\nd'],
    'a value that looks like a template': ['{{a}}', { a: '{{b}} {{> c}}', b: 1 }, '{{b}} {{> c}}'],
    'any script': ['{{名}} 👍', { 名: '王' }, '王 👍'],
    'fields with the names of what objects have': [
      '{{__proto__}} {{constructor}} {{hasOwnProperty}} {{hasOwnProperty}} {{toString}}',
      JSON.parse('{"__proto__": 1, "constructor": 2, "hasOwnProperty": 3, "toString": 4}') as Fields,
      '1 2 3 3 4',
    ],
    'fields of an object without a prototype': ['{{a}}', Object.assign(Object.create(null) as Fields, { a: 1 }), '1'],
  };
  for (const [what, [template, fields, text]] of Object.entries(GOOD)) {
    it(what, () => assert.equal(renderTemplate(template, fields), text));
  }

  it('is what mustache makes, without its HTML', () => {
    const name = fc.constantFrom('a', 'b', 'c.d');
    const piece = fc.oneof(
      fc.constantFrom('x', ' ', '\n', '{', '}', 'é'),
      name.map((field) => `{{${field}}}`),
      name.map((field) => `{{{ ${field} }}}`),
      fc
        .tuple(fc.constantFrom('#', '^'), name, name)
        .map(([mark, of, field]) => `{{${mark}${of}}}{{${field}}}\n{{/${of}}}`),
    );
    const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string(), { maxLength: 3 }));
    const fields = fc.record({ a: fc.string(), b: value, c: fc.record({ d: value }) });
    let compared = 0;
    check(fc.tuple(fc.array(piece), fields), ([pieces, view]) => {
      const template = pieces.join('');
      const made = madeOf(template, view);
      if (made === undefined) return;
      compared += 1;
      assert.equal(made, new Mustache.Writer().render(template, view, undefined, { escape: String }));
    });
    assert(compared > 100, `${compared}`);
  });

  /** Undefined if it is refused: for brackets that mean nothing, and for lists where a text should be. */
  function madeOf(template: string, fields: Fields): string | undefined {
    try {
      return renderTemplate(template, fields);
    } catch (error) {
      assert(error instanceof GoipError && error.code === 'GOIP_TEXT_INVALID');
      return undefined;
    }
  }
});

describe('template: a field that is not there', () => {
  it('is an error that names it, however it is written', () => {
    for (const template of ['Dear {{nmae}}', '{{{nmae}}}', '{{& nmae }}'])
      refuses(template, { name: 'Ann' }, /^the text needs the field "nmae"$/);
  });

  it('is one that is null or undefined', () => {
    refuses('{{name}}', { name: null }, /"name"/);
    refuses('{{name}}', { name: undefined }, /"name"/);
  });

  it('is one at the end of a path, or on the way', () => {
    refuses('{{a.c}}', { a: { b: 1 } }, /"a\.c"/);
    refuses('{{a.b.c}}', { a: { b: null } }, /"a\.b\.c"/);
    refuses('{{a.b.c}}', {}, /"a\.b\.c"/);
  });

  it('is an error in a section that is used, and none in one that is not', () => {
    refuses('{{#vip}}{{title}}{{/vip}}', { vip: true }, /"title"/);
    refuses('{{#all}}{{n}}{{/all}}', { all: [{ n: 1 }, {}] }, /"n"/);
    assert.equal(renderTemplate('{{#vip}}{{title}}{{/vip}}', {}), '');
  });

  it('is one without a value in a section, whatever there is around it', () => {
    refuses('{{#a}}{{name}}{{/a}}', { a: { name: null }, name: 'Ann' }, /"name"/);
  });

  it('is shown in one line, and not endlessly', () => {
    refuses(`{{${'x'.repeat(5000)}}}`, {}, /^.{1,100}$/);
    refuses('{{a\u001b[2J\u202e}}', {}, /"a\\u001b\[2J\\u202e"/);
  });

  it('is one that is no text', () => {
    for (const value of [{}, [], ['a'], new Date(0), Symbol('s'), NaN, Infinity, Buffer.from('a')])
      refuses('{{a}}', { a: value }, /^the field "a" is no text$/);
    refuses('{{.}}', {}, /^the field "\." is no text$/);
  });
});

describe('template: fields come from messages, and only data counts', () => {
  it('has no inherited fields', () => {
    for (const name of [
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      'constructor.name',
      '__proto__.toString.name',
    ])
      refuses(`{{${name}}}`, {}, /^the text needs the field /);
    refuses('{{name}}', Object.create({ name: 'inherited' }) as Fields, /"name"/);
    refuses('{{a.constructor.name}}', { a: 'text' }, /"a\.constructor\.name"/);
    refuses('{{#a}}{{constructor.name}}{{/a}}', { a: 'text' }, /"constructor\.name"/);
    refuses('{{a.concat.name}}', { a: [] }, /"a\.concat\.name"/);
    assert.equal(renderTemplate('{{#constructor}}x{{/constructor}}{{#a.toString}}y{{/a.toString}}', { a: 1 }), '');
  });

  it('does not let a prototype be changed', () => {
    const fields = JSON.parse('{"__proto__": {"polluted": "yes", "hasOwnProperty": 1}, "a": "1"}') as Fields;
    assert.equal(renderTemplate('{{#__proto__}}{{polluted}}{{/__proto__}}{{a}}{{a}}', fields), 'yes11');
    refuses('{{polluted}}', fields, /"polluted"/);
    assert.equal(({} as Fields)['polluted'], undefined);
  });

  it('calls no function, and reads nothing of it', () => {
    let calls = 0;
    const call = (): string => `called ${(calls += 1)}`;
    const fields = { call, list: [call], inner: { call }, lambda: () => call };
    for (const template of [
      '{{call}}',
      '{{{inner.call}}}',
      '{{#list}}{{.}}{{/list}}',
      '{{call.name}}',
      '{{#list}}{{a.b}}{{/list}}',
    ])
      refuses(template, fields, /^the text needs the field /);
    for (const template of ['{{#call}}x{{/call}}', '{{#lambda}}x{{/lambda}}', '{{#inner.call}}x{{/inner.call}}'])
      assert.equal(renderTemplate(template, fields), '');
    refuses('{{a}}', { a: { toString: call, valueOf: call, toJSON: call } }, /^the field "a" is no text$/);
    assert.equal(calls, 0);
  });

  it('calls no getter', () => {
    let calls = 0;
    const fields = {
      get name() {
        return `called ${(calls += 1)}`;
      },
    };
    refuses('{{name}}', fields, /"name"/);
    assert.equal(renderTemplate('{{^name}}x{{/name}}', fields), 'x');
    assert.equal(calls, 0);
  });
});

describe('template: one that is not understood', () => {
  const BAD: Readonly<Record<string, readonly [template: string, message: RegExp]>> = {
    'a tag without an end': ['Dear {{name', /^the template is not understood: Unclosed tag at 11$/],
    'a section without an end': ['{{#vip}}Dear', /^the template is not understood: Unclosed section "vip" at 12$/],
    'an end without a section': ['Dear{{/vip}}', /^the template is not understood: Unopened section "vip" at 4$/],
    'sections across each other': ['{{#a}}{{#b}}{{/a}}{{/b}}', /Unclosed section "b"/],
    'brackets that are none': ['{{=<%=}}', /Invalid tags/],
    'a partial': ['{{> header}}', /^the template has a partial/],
    'a partial in a section that is not used': ['{{#a}}{{#b}}{{>c}}{{/b}}{{/a}}', /^the template has a partial/],
  };
  for (const [what, [template, message]] of Object.entries(BAD)) {
    it(what, () => {
      refuses(template, { name: 'Ann' }, message);
      refuses(template, { name: 'Ann' }, message);
    });
  }

  it('is not shown in full, and not with its control characters', () => {
    refuses(`{{#${'x'.repeat(5000)}}}`, {}, /^.{1,140}$/);
    refuses('{{#a\u001b\nb}}', {}, /"a\\u001b\\nb"/);
  });

  it('does no harm to the next one', () => {
    refuses('{{> header}}', {}, /partial/);
    assert.equal(renderTemplate('{{a}}', { a: 1 }), '1');
    refuses('{{#a}}', {}, /Unclosed/);
    assert.equal(renderTemplate('{{a}}', { a: 2 }), '2');
  });
});

describe('template: never endless', () => {
  const list = Array.from({ length: 10 }, (_, index) => index);
  const nested = (depth: number, inside: string): string =>
    '{{#all}}'.repeat(depth) + inside + '{{/all}}'.repeat(depth);
  const TOO_LONG = /^the template becomes far longer than any text may be$/;

  it('takes sections in sections', () => {
    assert.equal(renderTemplate(nested(3, '{{.}}'), { all: list }).length, 1000);
    assert.equal(renderTemplate(nested(400, '{{n}}'), { all: { n: 1 } }), '1');
  });

  it('ends where lists in lists would make endless texts, or endless work for no text', () => {
    for (const inside of ['x', '', '{{.}}', '{{#no}}{{/no}}', '{{! }}'])
      refuses(nested(30, inside), { all: list }, TOO_LONG, 'GOIP_TEXT_TOO_LONG');
    refuses('{{#all}}{{/all}}', { all: new Array(1_000_000).fill(1) }, TOO_LONG, 'GOIP_TEXT_TOO_LONG');
    refuses(nested(4, 'x'.repeat(5000)), { all: list }, TOO_LONG, 'GOIP_TEXT_TOO_LONG');
    const deep = nested(300, '{{#a.a.a.a.a.a.a.a.a}}{{/a.a.a.a.a.a.a.a.a}}'.repeat(90));
    refuses(deep, { all: {} }, TOO_LONG, 'GOIP_TEXT_TOO_LONG');
  });

  it('ends where long fields come often', () => {
    const long = 'x'.repeat(1_000_000);
    refuses('{{a}}'.repeat(1500), { a: long }, TOO_LONG, 'GOIP_TEXT_TOO_LONG');
    refuses('{{#all}}{{a}}{{/all}}', { a: long, all: list }, TOO_LONG, 'GOIP_TEXT_TOO_LONG');
  });

  it('has at most ten thousand characters', () => {
    assert.equal(renderTemplate('x'.repeat(10_000), {}).length, 10_000);
    refuses('x'.repeat(10_001), {}, /^the template has 10001 characters, at most 10000 /, 'GOIP_TEXT_TOO_LONG');
  });

  it('looks at fields that refer to themselves only as deep as the template goes', () => {
    const fields: Record<string, unknown> = { name: 'Ann' };
    fields['self'] = fields;
    assert.equal(renderTemplate('{{self.self.name}}{{#self}}{{#self}}{{name}}{{/self}}{{/self}}', fields), 'AnnAnn');
  });
});

describe('template: the mustache that Node-RED has too', () => {
  it('keeps nothing of our templates', () => {
    const { templateCache: cached } = Mustache as unknown as CacheOwner;
    const before = Object.keys(cached._cache).length;
    for (let count = 0; count < 10; count += 1) renderTemplate(`${count} {{a}}`, { a: 1 });
    assert.equal(Object.keys(cached._cache).length, before);
  });

  it('keeps one of our templates, which is read once for all its texts', () => {
    const { prototype } = Mustache.Writer;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its `this` below
    const { parse } = prototype;
    const seen: unknown[] = [];
    let kept = 0;
    prototype.parse = function (this: Mustache.Writer & CacheOwner, ...parameters) {
      seen.push(parse.apply(this, parameters));
      kept = Object.keys(this.templateCache._cache).length;
      return seen.at(-1);
    };
    try {
      for (const template of ['1 {{a}}', '2 {{a}}', '2 {{a}}', '3 {{a}}', '2 {{a}}'])
        renderTemplate(template, { a: 1 });
    } finally {
      prototype.parse = parse;
    }
    assert.equal(new Set(seen).size, 4);
    assert.equal(kept, 1);
  });

  it('may have other brackets and another escape, which are not for us', () => {
    const { tags, escape } = Mustache;
    Mustache.tags = ['<%', '%>'];
    Mustache.escape = () => 'escaped';
    try {
      assert.equal(renderTemplate('{{a}} <%a%>', { a: 1 }), '1 <%a%>');
    } finally {
      Mustache.tags = tags;
      Mustache.escape = escape;
    }
  });
});
