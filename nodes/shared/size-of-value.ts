/** Characters, or bytes of a Buffer, that count as one value. */
const CHARACTERS_PER_VALUE = 64;

/** Deeper values overflow the stack of whatever copies them. */
const DEEPEST = 100;

/**
 * Counts the values in a property of a message: itself, and all that are in it. Returns Infinity if there are more than `most`, if they
 * are nested too deeply to copy, or if one of them cannot be read. The work is bounded by `most`.
 */
export function sizeOfValue(value: unknown, most: number): number {
  try {
    return countValues(value, most);
  } catch {
    return Infinity;
  }
}

function countValues(root: unknown, most: number): number {
  const seen = new Set<object>();
  const open: { readonly value: unknown; readonly depth: number }[] = [{ value: root, depth: 0 }];
  let count = 0;
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, depth } = next;
    count += 1 + Math.floor(lengthOf(value) / CHARACTERS_PER_VALUE);
    if (count > most || depth > DEEPEST) return Infinity;
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || seen.has(value)) continue;
    seen.add(value);
    const items = itemsOf(value);
    if (count + open.length + items.length > most) return Infinity;
    for (const item of items) open.push({ value: item, depth: depth + 1 });
  }
  return count;
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  return ArrayBuffer.isView(value) ? value.byteLength : 0;
}

function itemsOf(value: object): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  if (value instanceof Map) return [...(value as Map<unknown, unknown>)].flat();
  return value instanceof Set ? [...(value as Set<unknown>)] : (Object.values(value) as unknown[]);
}
