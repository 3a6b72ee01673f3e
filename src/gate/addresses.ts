/** Addresses of the network: who may talk, and who counts as one source. */
import { BlockList, isIP, isIPv4 } from 'node:net';
import { GoipError } from '../errors.js';
import { ADDRESSES_REMEMBERED } from '../parameters.js';
import { BoundedMap } from './bounded-map.js';

/** A list of addresses and networks (`192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`). */
export class AllowList {
  readonly #list = new BlockList();
  /** To look an address up in the list takes a microsecond, here a twentieth of it. */
  readonly #known = new BoundedMap<string, boolean>(ADDRESSES_REMEMBERED);

  /**
   * Undefined for no entries: then everybody may talk.
   * @throws GoipError `GOIP_BAD_SETTING` naming the entry that is no address and no network
   */
  static from(entries: readonly string[] | undefined): AllowList | undefined {
    return entries === undefined || entries.length === 0 ? undefined : new AllowList(entries);
  }

  private constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const [, address = '', length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(entry.trim()) ?? [];
      const family = isIPv4(address) ? 'ipv4' : 'ipv6';
      const longest = family === 'ipv4' ? 32 : 128;
      if (isIP(address) === 0 || address.includes('%') || Number(length ?? 0) > longest) {
        throw new GoipError('GOIP_BAD_SETTING', `allow: ${JSON.stringify(entry)} is no address and no network`);
      }
      this.#list.addSubnet(address, Number(length ?? longest), family);
    }
  }

  has(address: string): boolean {
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    const [numeric = ''] = address.split('%');
    const isAllowed = this.#list.check(numeric, isIPv4(numeric) ? 'ipv4' : 'ipv6');
    this.#known.set(address, isAllowed);
    return isAllowed;
  }
}

/** An IPv4 device on a dual-stack socket is shown by its IPv4 address. */
export function displayAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;
}

/** What one person on the network has: an IPv4 address, or the 64 bits of an IPv6 network. */
export function networkOf(address: string): string {
  const shown = displayAddress(address);
  if (!shown.includes(':')) return shown;
  const [head = '', tail] = (shown.split('%')[0] ?? '').split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail === undefined || tail === '' ? [] : tail.split(':');
  while (tail !== undefined && groups.length + rest.length < 8) groups.push('0');
  return `${[...groups, ...rest].slice(0, 4).join(':')}::/64`;
}
