/** State of a line as users and flows see it. */
import type { WallTime } from '../time/clock.js';
import type { GoipErrorCode } from '../errors.js';
import { displayAddress, displayEndpoint } from '../net/addresses.js';
import { isoTime } from '../time/iso-time.js';
import { withoutPassword, withoutPasswordInValue } from '../printable.js';
import { KEEPALIVE_FIELDS, type KeepaliveField } from '../protocol/index.js';
import type { Contact } from './contact.js';
import type { Device } from './devices.js';
import type { Hold, HoldReason } from './limits.js';
import type { Duplicate } from './rivals.js';
import { valueOf } from './values.js';

/** Times are ISO 8601. */
export interface LineState {
  readonly device: string;
  readonly name: string;
  readonly group: string | null;
  readonly online: boolean;
  /** Time since when the line is online or offline; null before the first keepalive. */
  readonly since: string | null;
  /** Time of the last accepted keepalive. */
  readonly lastSeen: string | null;
  readonly address: string | null;
  readonly port: number | null;
  /** Phone number of the SIM. */
  readonly number: string | null;
  readonly signal: number | null;
  readonly gsmStatus: string | null;
  readonly voipStatus: string | null;
  readonly voipState: string | null;
  readonly operator: string | null;
  readonly imei: string | null;
  readonly imsi: string | null;
  readonly iccid: string | null;
  /** Numbers that wait and may go out on this line, and numbers that are with the device. */
  readonly queue: { readonly waiting: number; readonly sending: number };
  /** Counted since the server started. */
  readonly counters: LineCounters;
  /** SMS that were submitted to the device in this hour and on this day, local time. */
  readonly usage: { readonly hour: number; readonly day: number };
  /** Why nothing is submitted at the moment, and until when (ISO 8601); null if the line may send, or if the end is not known. */
  readonly hold: { readonly reason: HoldReason | 'rest'; readonly until: string } | null;
  /** The line failed again and again. It is tried rarely as long as other lines can send. */
  readonly failing: boolean;
  /** Error of the last number that failed or stayed unknown here, or of the last job that excluded the line; null if none yet. */
  readonly lastError: LineError | null;
  /** Present if two devices send keepalives with this id: their addresses (`address:port`), and when that was noticed (ISO 8601). */
  readonly duplicate?: { readonly addresses: readonly [string, string]; readonly since: string };
  /** Every field of the last keepalive as it was received, except the password. */
  readonly raw: Readonly<Record<string, string>>;
}

export interface LineError {
  readonly code: GoipErrorCode;
  readonly reason: string;
  /** ISO 8601. */
  readonly at: string;
}

/** A {@link LineError} with its steady time. */
export interface Failure extends Omit<LineError, 'at'> {
  readonly at: number;
}

export interface LineCounters {
  readonly received: number;
  readonly sent: number;
  readonly failed: number;
  readonly unknown: number;
}

/** What a line shows by itself. */
interface ShownLine extends Contact {
  readonly device: Device;
  readonly counters: LineCounters;
  readonly sending: number;
}

/** What else a state is made from. */
interface Facts {
  readonly now: number;
  /** Numbers that wait and may go out on the line. */
  readonly waiting: number;
  readonly usage: LineState['usage'];
  readonly hold: Hold | undefined;
  /** End of the rest; undefined if the line does not rest. */
  readonly restsUntil: number | undefined;
  readonly isFailing: boolean;
  readonly lastError: Failure | null;
}

/** @param wall shows times */
export function stateFrom(line: ShownLine, facts: Facts, wall: WallTime): LineState {
  const { device, address, fields } = line;
  const { lastError } = facts;
  const field = (name: KeepaliveField): string | null => shownValue(fields.get(name), device.password);
  const shownTime = (time = NaN): string | null => (Number.isNaN(time) ? null : isoTime(wall(time)));
  return {
    device: device.id,
    name: device.name,
    group: device.shownGroup,
    online: line.online,
    since: shownTime(line.since),
    lastSeen: shownTime(line.lastSeen),
    address: address ? displayAddress(address.address) : null,
    port: address?.port ?? null,
    number: field('num'),
    signal: integerOf(field('signal')),
    gsmStatus: field('gsm_status'),
    voipStatus: field('voip_status'),
    voipState: field('voip_state'),
    operator: field('pro'),
    imei: field('imei'),
    imsi: field('imsi'),
    iccid: field('iccid'),
    queue: { waiting: facts.waiting, sending: line.sending },
    counters: { ...line.counters },
    usage: { ...facts.usage },
    hold: shownHold(facts, wall),
    failing: facts.isFailing,
    lastError: lastError && { ...lastError, at: isoTime(wall(lastError.at)) },
    ...shownDuplicate(line.duplicate(facts.now), wall),
    raw: shownFields(line, fields),
  };
}

/** Of the hold and the rest, shows the one that lasts longer. */
function shownHold({ hold, restsUntil }: Facts, wall: WallTime): LineState['hold'] {
  if (restsUntil !== undefined && restsUntil > (hold?.until ?? 0))
    return { reason: 'rest', until: isoTime(wall(restsUntil)) };
  return hold ? { reason: hold.reason, until: isoTime(wall(hold.until)) } : null;
}

function shownDuplicate(duplicate: Duplicate | undefined, wall: WallTime): Pick<LineState, 'duplicate'> | undefined {
  if (!duplicate) return undefined;
  const [one, other] = duplicate.addresses;
  const addresses = [displayEndpoint(one), displayEndpoint(other)] as const;
  return { duplicate: { addresses, since: isoTime(wall(duplicate.since)) } };
}

/** A field may hold the password if the device left out a semicolon. */
function shownFields({ device, count }: ShownLine, fields: ReadonlyMap<string, string>): Record<string, string> {
  const shown: Record<string, string> = {};
  if (count === undefined) return shown;
  const { id, password } = device;
  shown['req'] = withoutPassword(count, undefined);
  shown['id'] = id;
  for (const [name, value] of fields) {
    if (KNOWN.has(name)) shown[name] = withoutPasswordInValue(value, password);
    else define(shown, withoutPassword(name, password), withoutPassword(value, password));
  }
  return shown;
}

const KNOWN: ReadonlySet<string> = new Set(KEEPALIVE_FIELDS);

/** Sets an own property whatever its name: `__proto__` is an ordinary field. */
function define(target: object, name: string, value: string): void {
  Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true });
}

function shownValue(written: string | undefined, password: string | undefined): string | null {
  return written === undefined ? null : valueOf(withoutPasswordInValue(written, password));
}

function integerOf(value: string | null): number | null {
  return value !== null && /^-?\d+$/.test(value) ? Number(value) : null;
}
