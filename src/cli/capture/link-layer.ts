import type { Packet } from './packet.ts';
import { viewOf } from './pcap.ts';

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
/** IEEE 802.1Q, 802.1ad and their predecessor. */
const VLAN_TAGS = new Set([0x8100, 0x88a8, 0x9100]);

/**
 * The IP packet in a captured one; undefined for other content, and for unknown kinds of links.
 *
 *     Ethernet:        destination (6) | source (6) | [VLAN tag (2, 2)]… | type (2)
 *     Linux cooked:    packet type (2) | ARPHRD (2) | address (2, 8) | type (2)
 *     Linux cooked v2: type (2) | reserved (2) | interface (4) | ARPHRD (2) | packet type (1) |
 *                      address (1, 8)
 *     loopback:        address family (4)
 */
export function ipPacketOf({ linkType, octets }: Packet): Uint8Array | undefined {
  switch (linkType) {
    case 0: // NULL: address family in the byte order of the machine that captured
    case 108: // LOOP: in network byte order
      return ipAt(octets, 4);
    case 1: // ETHERNET
      return behindType(octets, 12);
    case 12: // RAW, as some systems number it
    case 14:
    case 101: // RAW
    case 228: // IPV4
    case 229: // IPV6
      return ipAt(octets, 0);
    case 113: // LINUX_SLL
      return behindType(octets, 14);
    case 276: // LINUX_SLL2
      return isIp(typeAt(octets, 0)) ? ipAt(octets, 20) : undefined;
    default:
      return undefined;
  }
}

function behindType(octets: Uint8Array, at: number): Uint8Array | undefined {
  let offset = at;
  while (VLAN_TAGS.has(typeAt(octets, offset))) offset += 4;
  return isIp(typeAt(octets, offset)) ? ipAt(octets, offset + 2) : undefined;
}

const typeAt = (octets: Uint8Array, offset: number): number =>
  offset + 2 <= octets.length ? viewOf(octets).getUint16(offset) : 0;

const isIp = (type: number): boolean => type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6;

function ipAt(octets: Uint8Array, offset: number): Uint8Array | undefined {
  const version = (octets[offset] ?? 0) >>> 4;
  return version === 4 || version === 6 ? octets.subarray(offset) : undefined;
}
