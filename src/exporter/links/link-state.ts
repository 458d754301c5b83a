import {
  AttributeCursor,
  type MessageCursor,
  NETLINK_ROUTE,
  NetlinkSocket,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  readDump,
} from '../netlink/index.ts';
import { defaultRouteLinks } from './default-routes.ts';

/** What a link has carried since its creation. */
export interface LinkCounters {
  readonly receivedOctets: number;
  readonly receivedPackets: number;
  readonly receivedErrors: number;
  readonly receivedDropped: number;
  readonly sentOctets: number;
  readonly sentPackets: number;
  readonly sentErrors: number;
  readonly sentDropped: number;
}

/** One network interface at one time. */
export interface LinkState extends LinkCounters {
  /** Stays the same when the link is renamed. */
  readonly index: number;
  readonly name: string;
  /** veth, bridge, tun, vxlan …; empty for hardware and loopback. */
  readonly kind: string;
  /** Whether it is a port of a bridge, a bond, Open vSwitch … */
  readonly isPort: boolean;
  /** Whether its other end is in the same namespace. */
  readonly hasPeerHere: boolean;
  /** Whether traffic for the Internet leaves through it. */
  readonly holdsDefaultRoute: boolean;
  /** Undefined when the link has no speed of its own (virtual) or is down, or the speed cannot be read. */
  readonly speedBitsPerSecond: number | undefined;
}

/** Links that come and go make a dump incomplete; it is repeated up to this often. */
const ATTEMPTS = 3;

/**
 * Reads the links of the calling thread's network namespace over rtnetlink.
 * @param speed returns bits per second for a link's name
 * @throws NetlinkError when the kernel or a seccomp profile refuses
 */
export function readLinks(speed: (name: string) => number | undefined): LinkState[] {
  const socket = new NetlinkSocket({ protocol: NETLINK_ROUTE });
  try {
    const routed = defaultRouteLinks(socket);
    let links: LinkState[] = [];
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      let isWhole = true;
      links = [];
      readDump(socket, 'reading the network interfaces', LINKS_WANTED, (message) => {
        if ((message.flags & NLM_F_DUMP_INTR) !== 0) isWhole = false;
        if (message.type === RTM_NEWLINK) links.push(readLink(message, routed, speed));
      });
      if (isWhole) break;
    }
    return links;
  } finally {
    socket.close();
  }
}

/**
 * Reads an RTM_NEWLINK message of rtnetlink(7): struct ifinfomsg (16 octets; the index from the fourth), then
 * attributes IFLA_*.
 */
export function readLink(
  { bytes, start, end }: Pick<MessageCursor, 'bytes' | 'start' | 'end'>,
  routed: ReadonlySet<number>,
  speed: (name: string) => number | undefined,
): LinkState {
  const index = new DataView(bytes.buffer, bytes.byteOffset + start + 4, 4).getInt32(0, true);
  let name = '';
  let kind = '';
  let isPort = false;
  let peer = 0;
  let isPeerElsewhere = false;
  let counters = noCounters;
  const attribute = new AttributeCursor().open(bytes, start + IFINFOMSG_OCTETS, end);
  while (attribute.next()) {
    if (attribute.type === IFLA_IFNAME) name = attribute.text();
    else if (attribute.type === IFLA_LINK) peer = attribute.hostU32();
    else if (attribute.type === IFLA_MASTER) isPort = true;
    else if (attribute.type === IFLA_LINKINFO) kind = kindIn(attribute);
    else if (attribute.type === IFLA_STATS64) counters = countersIn(attribute);
    else if (attribute.type === IFLA_LINK_NETNSID) isPeerElsewhere = true;
  }
  return {
    index,
    name,
    kind,
    isPort,
    hasPeerHere: peer !== 0 && peer !== index && !isPeerElsewhere,
    holdsDefaultRoute: routed.has(index),
    speedBitsPerSecond: speed(name),
    ...counters,
  };
}

const noCounters: LinkCounters = {
  receivedOctets: 0,
  receivedPackets: 0,
  receivedErrors: 0,
  receivedDropped: 0,
  sentOctets: 0,
  sentPackets: 0,
  sentErrors: 0,
  sentDropped: 0,
};

function kindIn(info: AttributeCursor): string {
  const inner = new AttributeCursor().enter(info);
  while (inner.next()) if (inner.type === IFLA_INFO_KIND) return inner.text();
  return '';
}

/** struct rtnl_link_stats64. As in proc_net_dev(5), packets that the receiver missed count as dropped. */
function countersIn(stats: AttributeCursor): LinkCounters {
  return {
    receivedPackets: stats.hostU64At(0),
    sentPackets: stats.hostU64At(1),
    receivedOctets: stats.hostU64At(2),
    sentOctets: stats.hostU64At(3),
    receivedErrors: stats.hostU64At(4),
    sentErrors: stats.hostU64At(5),
    receivedDropped: stats.hostU64At(6) + stats.hostU64At(15),
    sentDropped: stats.hostU64At(7),
  };
}

/** Numbers of linux/rtnetlink.h and linux/if_link.h. */
const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const IFINFOMSG_OCTETS = 16;
const IFLA_IFNAME = 3;
const IFLA_LINK = 5;
const IFLA_MASTER = 10;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const IFLA_STATS64 = 23;
const IFLA_LINK_NETNSID = 37;

/** nlmsghdr (16) | ifinfomsg (16), all zero: every link. */
const LINKS_WANTED = linksWanted();

function linksWanted(): Uint8Array {
  const bytes = new Uint8Array(16 + IFINFOMSG_OCTETS);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, RTM_GETLINK, true);
  view.setUint16(6, NLM_F_REQUEST | NLM_F_DUMP, true);
  return bytes;
}
