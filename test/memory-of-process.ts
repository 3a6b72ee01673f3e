/** Counts what a process holds on to: maps, sets and listeners that grow are found wherever they are. */
import { Session } from 'node:inspector';

/** Entries of all maps and sets of the process that are in use. */
export function entriesInUse(): number {
  return sumOver('Map.prototype', sizeIn('Map')) + sumOver('Set.prototype', sizeIn('Set'));
}

/** Listeners of all event emitters of the process that are in use. */
export function listenersInUse(): number {
  const listeners = `eventNames().reduce((sum, name) => sum + each.listenerCount(name), 0)`;
  return sumOver('Object.getPrototypeOf(Object.getPrototypeOf(process))', `each.${listeners}`);
}

/**
 * Counts all objects of the process that are in use, by the name of their class, and what they hold: listeners, entries of maps
 * and sets, items of arrays.
 */
export function objectsInUse(): Readonly<Record<string, number>> {
  return JSON.parse(evaluateOnAll('Object.prototype', CENSUS) as string) as Record<string, number>;
}

/** @param expression of the number that an object, `each`, counts for */
function sumOver(prototypeExpression: string, expression: string): number {
  return Number(evaluateOnAll(prototypeExpression, SUM.replace('EXPRESSION', expression)));
}

/** Calls a function, given as text, on the list of all objects that are in use and have this prototype. */
function evaluateOnAll(prototypeExpression: string, functionDeclaration: string): unknown {
  const session = new Session();
  session.connect();
  try {
    const { result: prototype } = post(session, 'Runtime.evaluate', { expression: prototypeExpression }) as Evaluated;
    // Collects garbage first.
    const { objects } = post(session, 'Runtime.queryObjects', { prototypeObjectId: prototype.objectId }) as Queried;
    const { result } = post(session, 'Runtime.callFunctionOn', { ...objects, functionDeclaration }) as Evaluated;
    return result.value;
  } finally {
    session.disconnect();
  }
}

/** Some libraries give `size` another meaning. */
const sizeIn = (kind: 'Map' | 'Set'): string =>
  `Object.getOwnPropertyDescriptor(${kind}.prototype, 'size').get.call(each)`;

/** Some objects only look like what they are: they count for nothing. */
const SUM = `function () {
  const countOf = (each) => { try { return EXPRESSION; } catch { return 0; } };
  return this.reduce((sum, each) => sum + countOf(each), 0);
}`;

/** Objects that only look like what they are count as objects. */
const CENSUS = `function () {
  const counts = { listeners: 0, entries: 0, items: 0 };
  const { EventEmitter } = process.getBuiltinModule('events');
  for (const each of this) {
    try {
      const name = typeof each === 'function' ? 'Function' : Object.getPrototypeOf(each)?.constructor?.name || '?';
      counts[name] = (counts[name] ?? 0) + 1;
      if (each instanceof Map || each instanceof Set) counts.entries += each.size;
      if (Array.isArray(each)) counts.items += each.length;
      if (each instanceof EventEmitter)
        counts.listeners += each.eventNames().reduce((sum, name) => sum + each.listenerCount(name), 0);
    } catch {}
  }
  return JSON.stringify(counts);
}`;

interface Queried {
  readonly objects: { readonly objectId: string };
}

interface Evaluated {
  readonly result: { readonly objectId?: string; readonly value?: unknown };
}

/** Answers of the inspector of the own process come at once. */
function post(session: Session, method: string, parameters: object): unknown {
  let answer: unknown;
  session.post(method, parameters, (error, result) => {
    if (error) throw error;
    answer = result;
  });
  if (answer === undefined) throw new Error(`${method} has not answered`);
  return answer;
}
