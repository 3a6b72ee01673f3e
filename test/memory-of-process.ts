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

/** @param expression of the number that an object, `each`, counts for */
function sumOver(prototypeExpression: string, expression: string): number {
  const session = new Session();
  session.connect();
  try {
    const { result: prototype } = post(session, 'Runtime.evaluate', { expression: prototypeExpression }) as Evaluated;
    // Collects garbage first.
    const { objects } = post(session, 'Runtime.queryObjects', { prototypeObjectId: prototype.objectId }) as Queried;
    const functionDeclaration = SUM.replace('EXPRESSION', expression);
    const { result } = post(session, 'Runtime.callFunctionOn', { ...objects, functionDeclaration }) as Evaluated;
    return Number(result.value);
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
