import {
  MessageBuilder,
  messageType,
  NetlinkSocket,
  NFNL_SUBSYS_CTNETLINK,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REQUEST,
  sendRequest,
} from '../../src/exporter/netlink/index.ts';

/*
 * Connections that exist only in the kernel's table: ctnetlink makes and deletes them without any traffic.
 * Everything acts on the network namespace of the calling thread (`namespace.enter(() => …)`).
 */

export interface InsertedConnection {
  family: 4 | 6;
  protocol: number;
  source: readonly number[];
  destination: readonly number[];
  sourcePort?: number;
  destinationPort?: number;
  /** For ICMP and ICMPv6, instead of the ports: an echo request. */
  icmpId?: number;
  zone?: number;
  mark?: number;
  timeoutSeconds?: number;
}

/**
 * The `index`th of many: TCP from 10.x.y.z (or fd00::x.y.z) to port 80 of 10.255.255.254 (fd01::1), each with
 * another tuple.
 */
export function numberedConnection(index: number, family: 4 | 6 = 4): InsertedConnection {
  const host = [(index >>> 16) & 0xff, (index >>> 8) & 0xff, index & 0xff];
  const v6 = (first: number, ...last: number[]) => [
    0xfd,
    first,
    ...new Array(14 - last.length).fill(0),
    ...last,
  ];
  return {
    family,
    protocol: 6,
    source: family === 4 ? [10, ...host] : v6(0, ...host),
    destination: family === 4 ? [10, 255, 255, 254] : v6(1, 1),
    sourcePort: 1024 + (index % 60_000),
    destinationPort: 80,
  };
}

/** Makes the connections, `perSend` of them in each system call. Throws the kernel's error. */
export function insertConnections(connections: Iterable<InsertedConnection>, perSend = 200): void {
  sendAll(connections, perSend, (builder, connection, sequence, isLast) => {
    const flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | (isLast ? NLM_F_ACK : 0);
    writeConnection(builder.message(CT_NEW, flags, sequence, afOf(connection)), connection);
  });
}

/** Changes the connections' TCP state, timeout and mark, which the kernel reports as an update. */
export function updateConnections(connections: Iterable<InsertedConnection>): void {
  sendAll(connections, 200, (builder, connection, sequence, isLast) => {
    const flags = NLM_F_REQUEST | (isLast ? NLM_F_ACK : 0);
    writeConnection(builder.message(CT_NEW, flags, sequence, afOf(connection)), connection);
  });
}

export function deleteConnections(connections: Iterable<InsertedConnection>): void {
  sendAll(connections, 200, (builder, connection, sequence, isLast) => {
    const flags = NLM_F_REQUEST | (isLast ? NLM_F_ACK : 0);
    const message = builder.message(CT_DELETE, flags, sequence, afOf(connection));
    writeTuple(message, CTA_TUPLE_ORIG, connection, false);
    if (connection.zone !== undefined) message.u16(CTA_ZONE, connection.zone);
  });
}

type Writer = (
  builder: MessageBuilder,
  connection: InsertedConnection,
  sequence: number,
  isLast: boolean,
) => void;

/** Only the last message of a send requests an acknowledgement; an error of any other comes before it. */
function sendAll(connections: Iterable<InsertedConnection>, perSend: number, write: Writer): void {
  const socket = new NetlinkSocket({ receiveBufferOctets: 4 << 20 });
  try {
    const waiting = [...connections];
    for (let start = 0; start < waiting.length; start += perSend) {
      const builder = new MessageBuilder();
      const slice = waiting.slice(start, start + perSend);
      slice.forEach((connection, index) => {
        write(builder, connection, start + index + 1, index === slice.length - 1);
      });
      sendRequest(socket, `connections ${start} to ${start + slice.length - 1}`, builder.finish());
    }
  } finally {
    socket.close();
  }
}

function writeConnection(builder: MessageBuilder, connection: InsertedConnection): void {
  writeTuple(builder, CTA_TUPLE_ORIG, connection, false);
  writeTuple(builder, CTA_TUPLE_REPLY, connection, true);
  builder.u32(CTA_TIMEOUT, connection.timeoutSeconds ?? 600);
  builder.u32(CTA_MARK, connection.mark ?? 0);
  if (connection.zone !== undefined) builder.u16(CTA_ZONE, connection.zone);
  if (connection.protocol === IPPROTO_TCP) {
    builder.nest(CTA_PROTOINFO, (info) =>
      info.nest(CTA_PROTOINFO_TCP, (tcp) => tcp.u8(CTA_PROTOINFO_TCP_STATE, TCP_ESTABLISHED)),
    );
  }
}

function writeTuple(
  builder: MessageBuilder,
  type: number,
  connection: InsertedConnection,
  isReply: boolean,
): void {
  const { family, protocol, sourcePort = 0, destinationPort = 0, icmpId } = connection;
  const source = Uint8Array.from(isReply ? connection.destination : connection.source);
  const destination = Uint8Array.from(isReply ? connection.source : connection.destination);
  builder.nest(type, (tuple) => {
    tuple.nest(1, (ip) => {
      ip.bytes(family === 4 ? 1 : 3, source);
      ip.bytes(family === 4 ? 2 : 4, destination);
    });
    tuple.nest(2, (proto) => {
      proto.u8(1, protocol);
      if (icmpId === undefined) {
        proto.u16(2, isReply ? destinationPort : sourcePort).u16(3, isReply ? sourcePort : destinationPort);
      } else {
        const echo = family === 4 ? { id: 4, request: 8, reply: 0 } : { id: 7, request: 128, reply: 129 };
        proto
          .u16(echo.id, icmpId)
          .u8(echo.id + 1, isReply ? echo.reply : echo.request)
          .u8(echo.id + 2, 0);
      }
    });
  });
}

const afOf = (connection: InsertedConnection) => (connection.family === 4 ? 2 : 10);

// linux/netfilter/nfnetlink_conntrack.h, linux/netfilter/nf_conntrack_tcp.h
const CT_NEW = messageType(NFNL_SUBSYS_CTNETLINK, 0);
const CT_DELETE = messageType(NFNL_SUBSYS_CTNETLINK, 2);
const CTA_TUPLE_ORIG = 1;
const CTA_TUPLE_REPLY = 2;
const CTA_PROTOINFO = 4;
const CTA_TIMEOUT = 7;
const CTA_MARK = 8;
const CTA_ZONE = 18;
const CTA_PROTOINFO_TCP = 1;
const CTA_PROTOINFO_TCP_STATE = 1;
const IPPROTO_TCP = 6;
const TCP_ESTABLISHED = 3;
