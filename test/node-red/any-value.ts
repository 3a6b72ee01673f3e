/** Values of every type that a message in Node-RED can hold, and that a flow file can. */
import fc from 'fast-check';

/** Says which value to make. Values themselves cannot be shown in a counterexample: some throw when they are read. */
export type Recipe =
  { readonly json: unknown } | { readonly made: string } | { readonly list: Recipe } | { readonly field: Recipe };

/** JSON with what tends to break: names that objects have, numbers for texts, and a secret in the wrong field. */
export function anyJson(secret: string): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown>(null, '', ' ', 0, -1, 1e300, true, [], {}, [null], [[]], '__proto__', 'constructor'),
    fc.constantFrom<unknown>(secret, { [secret]: secret }, [secret], `x ${secret} y`, { length: 3 }, { toString: 1 }),
    fc.constantFrom<unknown>('hasOwnProperty', { hasOwnProperty: 1, then: 1, toJSON: 1, valueOf: 1 }, `{{${secret}}}`),
    fc.constantFrom<unknown>(JSON.parse('{"__proto__":{"number":"1"},"constructor":1,"prototype":null}')),
  );
}

export function anySetting(secret: string): fc.Arbitrary<unknown> {
  return anyJson(secret).filter(isReadByNodeRed);
}

/** Whether Node-RED can read a value in a flow and in credentials: it calls methods of all objects there. */
export function isReadByNodeRed(value: unknown): boolean {
  return !/"(toString|valueOf|hasOwnProperty)":|"__proto__":null/.test(JSON.stringify(value));
}

/** @param usual JSON values that mean something in the field */
export function anyRecipe(secret: string, usual: readonly unknown[] = []): fc.Arbitrary<Recipe> {
  const json = anyJson(secret).map((value) => ({ json: value }));
  const made = fc.constantFrom(...Object.keys(MADE)).map((name) => ({ made: name }));
  const useful = usual.map((value) => ({ arbitrary: fc.constant({ json: value }), weight: 1 }));
  const leaf: fc.Arbitrary<Recipe> = fc.oneof(
    { arbitrary: json, weight: 3 },
    { arbitrary: made, weight: 4 },
    ...useful,
  );
  const nested = fc.oneof(
    leaf.map((list) => ({ list })),
    leaf.map((field) => ({ field })),
  );
  return fc.oneof({ arbitrary: leaf, weight: 4 }, { arbitrary: nested, weight: 1 });
}

/** Puts a value into a message. */
export function setProperty(message: object, name: string, recipe: Recipe): void {
  const isGetter = 'made' in recipe && recipe.made === GETTER;
  const property = isGetter ? { get: fails, set: fails } : { value: valueOf(recipe), writable: true };
  Object.defineProperty(message, name, { ...property, enumerable: true, configurable: true });
}

function valueOf(recipe: Recipe): unknown {
  if ('json' in recipe) return structuredClone(recipe.json);
  if ('list' in recipe) {
    const list = ['1', '1'];
    setProperty(list, '0', recipe.list);
    return list;
  }
  if ('made' in recipe) return MADE[recipe.made]?.();
  const holder = { number: '1' };
  setProperty(holder, 'number', recipe.field);
  return holder;
}

const fails = (): never => {
  throw new Error('thrown by a value of the message');
};

/** The value itself is a getter that throws. */
const GETTER = 'a getter that throws';

const MADE: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  [GETTER]: fails,
  'a Buffer': () => Buffer.from('hello'),
  'a Buffer that is no UTF-8': () => Buffer.of(0xff, 0xfe),
  'an empty Buffer': () => Buffer.alloc(0),
  'a Uint16Array': () => Uint16Array.of(1, 2),
  'a Date': () => new Date(0),
  'an invalid Date': () => new Date(NaN),
  NaN: () => NaN,
  Infinity: () => Infinity,
  'a BigInt': () => 1n,
  'a symbol': () => Symbol('s'),
  'a function': () => () => '1',
  'a function that throws': () => fails,
  'a class': () => Map,
  'a RegExp': () => /x/,
  'an Error': () => new Error('an error in a message'),
  'a Map': () => new Map([['number', '1']]),
  'a Set': () => new Set(['1']),
  'a promise': () => Promise.resolve('1'),
  'a promise that never settles': () => new Promise(() => undefined),
  'an object with a then': () => ({ then: () => undefined }),
  'an object whose then throws': () => ({ then: fails }),
  'an object without a prototype': () => Object.assign(Object.create(null) as object, { number: '1' }),
  'a boxed text': () => new String('1'),
  'a sparse list': () => new Array<unknown>(3),
  'a cyclic object': () => cyclic({}),
  'a cyclic list': () => {
    const list: unknown[] = ['1'];
    list.push(list);
    return list;
  },
  'an object 3 000 levels deep': () => nested(3000),
  'a list 3 000 levels deep': () => {
    let list: unknown[] = ['1'];
    for (let level = 0; level < 3000; level += 1) list = [list];
    return list;
  },
  'an object with a getter that throws': () => Object.defineProperty({}, 'number', { get: fails, enumerable: true }),
  'a list with a getter that throws': () => Object.defineProperty(['1'], 0, { get: fails, enumerable: true }),
  'an object whose toString throws': () => ({ toString: fails, valueOf: fails, toJSON: fails }),
  'a proxy that throws': () => new Proxy({}, { get: fails, ownKeys: fails, getPrototypeOf: fails, has: fails }),
  'a proxy of a list that throws': () => new Proxy(['1'], { get: fails, ownKeys: fails }),
  'a frozen object': () => Object.freeze({ number: '1', jobId: 1 }),
  'a text of lone surrogates': () => '\ud800\udc00\udc00',
  'a text with controls': () => '\0\r\n\u202e1',
  'a long text': () => '1'.repeat(100_000),
};

function cyclic(value: Record<string, unknown>): unknown {
  value['number'] = value;
  return value;
}

function nested(levels: number): object {
  let value: object = { number: '1' };
  for (let level = 0; level < levels; level += 1) value = { number: value };
  return value;
}
