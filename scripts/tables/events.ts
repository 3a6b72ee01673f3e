/** The kinds of events, for the page and the help of goip in. */
import { EVENT_ROWS, EVENTS, type EventKind } from '../../src/tables/events.js';
import { helpList, linkTo, markdownTable } from './pages.js';
import { ENGLISH, wordsOf, type Words } from './words.js';

const SET = 'goip-in';

export function eventsInDocs(): string {
  const words = wordsOf(SET, ENGLISH);
  const rows = EVENT_ROWS.map(([kind, { see }]) => {
    const section = see === undefined ? [] : [`See ${linkTo(see, 'goip-in.md')}.`];
    const names = payloadOf(kind);
    const payload = names ? `\`{ ${names.join(', ')} }\`` : words('help', 'line');
    return [`\`${kind}\``, [words('help', 'event', kind), ...section].join(' '), payload];
  });
  return markdownTable(['kind', 'when', '`payload`'], rows);
}

export function eventsInHelp(language: string): string {
  const words = wordsOf(SET, language);
  return helpList(
    EVENT_ROWS.map(([kind]) => ({ title: kind, note: noteOf(kind, words), words: words('help', 'event', kind) })),
  );
}

function noteOf(kind: EventKind, words: Words): string {
  return payloadOf(kind)?.join(', ') ?? words('help', 'line');
}

/** Names of the properties of a payload; undefined if it is the state of the line. */
function payloadOf(kind: EventKind): readonly string[] | undefined {
  const row = EVENTS[kind];
  if ('fields' in row)
    return ['recvid', ...row.fields.flatMap((field) => ('names' in field ? field.names : [field.name]))];
  return row.payload === 'line' ? undefined : row.payload;
}
