/** What the runtime takes of the settings of a server, and what is wrong with the rest. No page is needed for that. */
import {
  isInRange,
  isNumberRow,
  LIMITS,
  rowInNode,
  SETTINGS,
  SETTINGS_IN_NODE,
  type NumberRow,
  type SettingName,
} from '../../src/tables/settings.js';
import { parseQuietHours } from '../../src/time/quiet-hours.js';
import { knownNames, type Device } from './devices.js';
import type { EditorNode, TextValues } from './red.js';
import { isDialled, withoutFormatting } from './texts.js';
import { isBlank, isVariable, listOf, namesIn, textOf } from './values.js';

export { defaultInNode, LIMITS, SETTINGS_IN_NODE } from '../../src/tables/settings.js';

/** What is wrong: a key of the catalogue, with its values. */
export interface Problem extends TextValues {
  readonly key: string;
  /** The setting that is wrong, if it is one of several. */
  readonly cause?: { readonly property: string; readonly problem: Problem };
}

/** ISO 3166, of the countries that have telephone numbers. */
export const COUNTRIES = (
  'AC AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BW BY BZ CA CC CD ' +
  'CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE ' +
  'GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN ' +
  'KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ ' +
  'NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH ' +
  'SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA TC TD TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG ' +
  'VI VN VU WF WS XK YE YT ZA ZM ZW'
).split(' ');

/** Whether a value has its default: it is not in the flow, empty, or not known yet. */
const isLeftToRuntime = (value: unknown): boolean =>
  value === undefined || value === null || isBlank(value) || isVariable(value);

/** Whether a function takes a text; else it throws. */
const takes = (read: (text: string) => unknown) => (value: unknown) => {
  try {
    read(String(value));
    return true;
  } catch {
    return false;
  }
};

const isTimeZone = takes((text) => new Intl.DateTimeFormat('en-US', { timeZone: text.trim() }));

const isCountry = (value: unknown): boolean => {
  const code = String(value).trim();
  return /^[a-z]{2}$/i.test(code) && COUNTRIES.includes(code.toUpperCase());
};

const isSetting = (property: string): property is SettingName => Object.hasOwn(SETTINGS, property);

/** The settings that are numbers. */
export const NUMBERS = SETTINGS_IN_NODE.filter((name) => isNumberRow(rowInNode(name)));

/** What is wrong with a setting; undefined if nothing is. */
export function problemOf(property: string, settings: Readonly<Record<string, unknown>>): Problem | undefined {
  const value = settings[property];
  const problem = isSetting(property) && !isLeftToRuntime(value) ? problemOfValue(property, value) : undefined;
  if (problem) return problem;
  const { pauseMin, pauseMax } = settings;
  const isBeforeMin = property === 'pauseMax' && Number(pauseMax) > 0 && Number(pauseMax) < Number(pauseMin);
  return isBeforeMin ? { key: 'pause-order' } : undefined;
}

function problemOfValue(name: SettingName, value: unknown): Problem | undefined {
  const row = rowInNode(name);
  const text = String(value);
  switch (row.is) {
    case 'flag':
      return /^(true|false)$/.test(text.trim()) ? undefined : { key: 'yes-or-no' };
    case 'choice':
      return row.choices.includes(text.trim()) ? undefined : { key: 'choice', choices: row.choices.join(', ') };
    case 'country':
      return isCountry(value) ? undefined : { key: 'country' };
    case 'time zone':
      return isTimeZone(value) ? undefined : { key: 'time-zone' };
    case 'quiet hours':
      return takes(parseQuietHours)(value) ? undefined : { key: 'quiet-hours' };
    case 'addresses': {
      const entry = wrongEntryOf(value);
      // Node-RED shows this at the input as a text, and in the list of config nodes as html.
      return entry === undefined ? undefined : { key: 'allow', entry: entry.replace(/[<>&]/g, '?') };
    }
    case 'text':
      // The only one is the address of the server.
      return /^\S+$/.test(text.trim()) ? undefined : { key: 'host' };
    default:
      return isInRange(row, Number(value)) ? undefined : numberProblem(row);
  }
}

/** A range in words. */
function numberProblem({ is, from, to }: NumberRow): Problem {
  if (is === 'days') return { key: 'days' };
  if (is === 'seconds') return { key: from === undefined ? 'seconds' : 'seconds-or-none', most: to };
  return { key: 'whole-number', least: from, most: to };
}

/** `;` ends a value of the protocol, and a line break ends a message. */
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
export const isCarriable = (text: string): boolean => !/[;\u0000-\u001f\u007f]|\p{Surrogate}/u.test(text);

/** The entries of an allow list, without texts that are left to the runtime. */
const entriesOf = (allow: unknown): string[] =>
  listOf(allow)
    .filter((text) => !isLeftToRuntime(text))
    .flatMap((text) => String(text).match(/[^\s,]+/g) ?? (isBlank(text) ? [] : [textOf(text)]));

const isIPv4 = (text: string): boolean => /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?=\d)|$)){4}$/.test(text);
const isIPv6 = (text: string): boolean =>
  /^[\da-f:.]+$/i.test(text) && takes((address) => new URL(`http://[${address}]`))(text);

/** An address, or a network as in `192.0.2.0/24`. */
const isNetwork = (entry: string): boolean => {
  const [, address = '', length = '0'] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
  return isIPv4(address) ? Number(length) <= 32 : isIPv6(address) && Number(length) <= 128;
};

/** The first entry of an allow list that the runtime will refuse. */
export const wrongEntryOf = (allow: unknown): string | undefined => entriesOf(allow).find((entry) => !isNetwork(entry));

/** What is wrong with each of the devices. @param common the limits of the server */
export function problemsOfDevices(
  devices: readonly Device[],
  common: Readonly<Record<string, unknown>>,
): (Problem | undefined)[] {
  const ids = devices.map(({ id }) => textOf(id));
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return devices.map(({ allow, limits }, index) => {
    const id = ids[index] ?? '';
    const entry = wrongEntryOf(allow);
    if (id === '') return { key: 'id-empty' };
    if (!isCarriable(id)) return { key: 'id-characters', id };
    if ((counts.get(id) ?? 0) > 1) return { key: 'id-twice', id };
    if (entry !== undefined) return { key: 'device-allow', id, entry };
    return limits && problemOfLimits(id, { ...common, ...limits });
  });
}

function problemOfLimits(id: string, limits: Readonly<Record<string, unknown>>): Problem | undefined {
  for (const property of Object.keys(LIMITS)) {
    const problem = problemOf(property, limits);
    if (problem) return { key: 'device-limit', id, cause: { property, problem } };
  }
  return undefined;
}

/** A routing rule in a flow: written by hand, it may hold anything. */
export interface Route {
  readonly prefix?: unknown;
  readonly device?: unknown;
}

/** A rule that the user has not filled in is ignored. */
export const isEmptyRoute = ({ prefix = '', device = '' }: Route): boolean => isBlank(prefix) && isBlank(device);

/** What is wrong with each of the routing rules. */
export function problemsOfRoutes(routes: readonly Route[], devices: readonly Device[]): (Problem | undefined)[] {
  const known = knownNames(devices);
  return routes.map((route) => {
    const { prefix = '', device = '' } = route;
    if (isEmptyRoute(route)) return undefined;
    if (!isVariable(prefix) && !isDialled(withoutFormatting(String(prefix)))) return { key: 'route-prefix', prefix };
    if (isVariable(device)) return undefined;
    const names = namesIn(device);
    if (names.length === 0) return { key: 'route-device', prefix };
    const unknown = known && names.find((name) => !known.has(name));
    return unknown === undefined ? undefined : { key: 'route-unknown', prefix, name: unknown };
  });
}

/** A problem in words. */
export function describe(node: EditorNode, { key, cause, ...values }: Problem): string {
  const reason = cause && describeSetting(node, cause.property, cause.problem);
  return node._('goip-server.error.' + key, { ...values, reason });
}

/** A problem of a setting in words, with the label of the setting. */
export function describeSetting(node: EditorNode, property: string, problem: Problem): string {
  return `${node._('goip-server.label.' + property)}: ${describe(node, problem)}`;
}
