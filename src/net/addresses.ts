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
    const problem = problemOfAllow(entries);
    if (problem !== undefined) throw new GoipError('GOIP_BAD_SETTING', problem);
    for (const network of entries.map(networkFrom)) {
      if (network) this.#list.addSubnet(network.address, network.length, network.family);
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

/** Names the first entry that is no address and no network; undefined where all of them are. */
export function problemOfAllow(entries: readonly string[] = []): string | undefined {
  const wrong = entries.find((entry) => networkFrom(entry) === undefined);
  return wrong === undefined ? undefined : `allow: ${JSON.stringify(wrong)} is no address and no network`;
}

interface Network {
  readonly address: string;
  readonly length: number;
  readonly family: 'ipv4' | 'ipv6';
}

function networkFrom(entry: string): Network | undefined {
  const [, address = '', written] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(entry.trim()) ?? [];
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  const longest = family === 'ipv4' ? 32 : 128;
  const length = Number(written ?? longest);
  return isIP(address) === 0 || address.includes('%') || length > longest ? undefined : { address, length, family };
}

/** An IPv4 device on a dual-stack socket is shown by its IPv4 address. */
export function displayAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;
}

/** Address and port as people write them: `192.0.2.7:9991`, `[2001:db8::7]:9991`. */
export function displayEndpoint({ address, port }: { readonly address: string; readonly port: number }): string {
  const shown = displayAddress(address);
  return shown.includes(':') ? `[${shown}]:${port}` : `${shown}:${port}`;
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
