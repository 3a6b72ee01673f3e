/** Answers of the admin API as JSON. A long list is written in pieces, so that the event loop does not stand still for it. */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Items of a list that are written in one turn of the event loop. */
const ITEMS_PER_TURN = 500;

/** The part of an Express response that is used here. */
type Response = ServerResponse & { json(body: object): unknown };

export async function sendJson(response: Response, body: object): Promise<void> {
  const isLong = Object.values(body).some((value) => Array.isArray(value) && value.length > ITEMS_PER_TURN);
  if (!isLong) return void response.json(body);
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  // Fails only if the client has gone.
  await pipeline(Readable.from(jsonPieces(body)), response).catch(() => undefined);
}

/** The JSON of an object in pieces, each made in a turn of its own. Only the lists that are its properties are divided. */
export async function* jsonPieces(
  body: object,
  itemsPerTurn = ITEMS_PER_TURN,
): AsyncGenerator<string, void, undefined> {
  let text = '{';
  let isFirst = true;
  for (const [name, value] of Object.entries(body) as [string, unknown][]) {
    if (value === undefined) continue;
    text += `${isFirst ? '' : ','}${JSON.stringify(name)}:`;
    isFirst = false;
    if (!Array.isArray(value) || value.length <= itemsPerTurn) {
      text += JSON.stringify(value);
      continue;
    }
    for (let start = 0; start < value.length; start += itemsPerTurn) {
      const items = JSON.stringify(value.slice(start, start + itemsPerTurn));
      yield `${text}${start === 0 ? '[' : ','}${items.slice(1, -1)}`;
      text = '';
      await nextTurn();
    }
    text = ']';
  }
  yield `${text}}`;
}
