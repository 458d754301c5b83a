import {
  AttributeCursor,
  type MessageCursor,
  NetlinkError,
  type NetlinkSocket,
  NLM_F_ACK,
  NLM_F_REQUEST,
  readDump,
} from '../netlink/index.ts';

/**
 * Distant hosts, one in each family: a root server of DNS. Nothing is sent to them; the kernel answers with
 * the route.
 */
const farAway = [
  { family: 2, address: Uint8Array.of(198, 41, 0, 4) },
  { family: 10, address: Uint8Array.of(0x20, 0x01, 0x05, 0x03, 0xba, 0x3e, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0x30) },
];

/**
 * The indexes of the links through which traffic leaves for the Internet; all links of a multipath route. It
 * needs one look-up for each family, because a router's table may have a million routes.
 */
export function defaultRouteLinks(socket: NetlinkSocket): Set<number> {
  const links = new Set<number>();
  for (const { family, address } of farAway) {
    try {
      readDump(socket, 'looking up the default route', routeWanted(family, address), (message) =>
        collectLinks(message, links),
      );
    } catch (error) {
      // There is no route, or it refuses, or the family is missing.
      if (!(error instanceof NetlinkError)) throw error;
    }
  }
  return links;
}

/** RTM_NEWROUTE: struct rtmsg (12 octets), then attributes RTA_*. */
function collectLinks({ type, bytes, start, end }: MessageCursor, into: Set<number>): void {
  if (type !== RTM_NEWROUTE) return;
  const attribute = new AttributeCursor().open(bytes, start + RTMSG_OCTETS, end);
  while (attribute.next()) {
    if (attribute.type === RTA_OIF) into.add(attribute.hostU32());
    else if (attribute.type === RTA_MULTIPATH) collectHops(attribute, into);
  }
}

/**
 * struct rtnexthop, one after the other: length (16) | flags (8) | weight (8) | index of the link (32) |
 * attributes.
 */
function collectHops({ bytes, start, end }: AttributeCursor, into: Set<number>): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = start; at + 8 <= end; ) {
    into.add(view.getInt32(at + 4, true));
    at += Math.max(8, (view.getUint16(at, true) + 3) & ~3);
  }
}

/** nlmsghdr (16) | rtmsg (12) | RTA_DST */
function routeWanted(family: number, address: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16 + RTMSG_OCTETS + 4 + address.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, RTM_GETROUTE, true);
  view.setUint16(6, NLM_F_REQUEST | NLM_F_ACK, true);
  view.setUint8(16, family);
  view.setUint8(17, 8 * address.length);
  view.setUint32(24, RTM_F_FIB_MATCH, true);
  view.setUint16(28, 4 + address.length, true);
  view.setUint16(30, RTA_DST, true);
  bytes.set(address, 32);
  return bytes;
}

/** Numbers of linux/rtnetlink.h. */
const RTM_NEWROUTE = 24;
const RTM_GETROUTE = 26;
const RTMSG_OCTETS = 12;
/** The route as in the table, with all its hops. */
const RTM_F_FIB_MATCH = 0x2000;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_MULTIPATH = 9;
