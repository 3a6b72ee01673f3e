/** The settings of a server, for the page and the help of goip-server. */
import { rangeOf } from '../../src/reading/setting.js';
import {
  defaultInNode,
  isNumberRow,
  rowInNode,
  rowOf,
  settingsIn,
  type SectionName,
  type SettingName,
} from '../../src/tables/settings.js';
import { helpList, linkTo, markdownTable } from './pages.js';
import { ENGLISH, wordsOf, type Words } from './words.js';

const SET = 'goip-server';

/** The routing rules have a reader of their own. */
type Name = SettingName | 'routes';

function namesIn(section: SectionName): readonly Name[] {
  return section === 'routing' ? ['routes', ...settingsIn(section)] : settingsIn(section);
}

export function settingsInDocs(section: SectionName): string {
  const words = wordsOf(SET, ENGLISH);
  const rows = namesIn(section).map((name) => {
    const [value, values] = name === 'routes' ? ['[]', 'list'] : [defaultInNode(name), valuesOf(name)];
    const see = name === 'routes' ? undefined : rowOf(name).see;
    const link = see === undefined ? [] : [`See ${linkTo(see, 'goip-server.md')}.`];
    const meaning = [words('help', 'setting', name), ...link].join(' ');
    return [words(SET, 'label', name), `\`${name}\``, value === '' ? '' : `\`${value}\``, values, meaning];
  });
  return markdownTable(['Setting', 'Property', 'Default', 'Values', 'Meaning'], rows);
}

export function settingsInHelp(section: SectionName): (language: string) => string {
  return (language) => {
    const words = wordsOf(SET, language);
    const items = namesIn(section).map((name) => ({
      title: words(SET, 'label', name),
      note: name === 'routes' ? undefined : noteOf(name, words),
      words: words('help', 'setting', name),
    }));
    return helpList(items);
  };
}

/** The possible values of a node, without an article. */
function valuesOf(name: SettingName): string {
  return rangeOf(rowInNode(name))
    .replace(/^(?:a|one of) /, '')
    .replace(/^number of /, '');
}

/** Range and unit of a number, and the values of a choice. */
function noteOf(name: SettingName, words: Words): string | undefined {
  const row = rowInNode(name);
  if (row.is === 'choice') return row.choices.join(' | ');
  if (!isNumberRow(row)) return undefined;
  const { from, to, unit = row.is } = row;
  const range = to === undefined ? '' : from === undefined ? `≤ ${to}` : `${from} – ${to}`;
  return [range, unit === 'whole number' ? '' : words(SET, 'unit', unit)].filter(Boolean).join(' ');
}
