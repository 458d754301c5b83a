/**
 * Netlink for the node agent. It has sockets (of NETLINK_NETFILTER, or NETLINK_ROUTE) through the C library,
 * a builder for requests, and allocation-free cursors for the kernel's answers. It also has the two ends of a
 * worker thread that blocks on such a socket and sends filled batches to the main thread.
 *
 * It knows nothing of connections or packets: `conntrack/`, `denied/` and `links/` interpret the attributes.
 * Numbers are in host byte order where netlink requires it; every platform that Weir runs on is
 * little-endian.
 */
export { writeIPv4, writeIPv6 } from './address-column.ts';
export { AttributeCursor, MessageCursor } from './cursor.ts';
export { NetlinkError, type NetlinkErrorFields } from './errors.ts';
export { MessageBuilder } from './message.ts';
export { enterNetworkNamespace } from './namespace.ts';
export * from './nfnetlink.ts';
export { outletOfThisWorker, WorkerOutlet } from './outlet.ts';
export { expectAcknowledgement, readDump, sendRequest } from './request.ts';
export { NETLINK_ROUTE, NetlinkSocket, type NetlinkSocketOptions, OVERRUN, TIMED_OUT } from './socket.ts';
export { BatchWorker, type BatchWorkerHandlers, type BatchWorkerOptions } from './worker.ts';
