/**
 * How the node agent speaks netlink: sockets (of NETLINK_NETFILTER, or NETLINK_ROUTE) through the C library,
 * a builder for requests, allocation-free cursors for what the kernel answers, and the two ends of a worker
 * thread that blocks on such a socket and hands filled batches to the main thread.
 *
 * It knows nothing of connections or packets: what the attributes mean is told in `conntrack/`, `denied/` and
 * `links/`. Numbers are in host byte order where netlink says so; every platform that Weir runs on is
 * little-endian.
 */
export { AttributeCursor, MessageCursor } from './cursor.ts';
export { NetlinkError, type NetlinkErrorFields } from './errors.ts';
export { MessageBuilder } from './message.ts';
export { enterNetworkNamespace } from './namespace.ts';
export * from './nfnetlink.ts';
export { BatchOutlet, outletOfThisWorker } from './outlet.ts';
export { acknowledge, dump, request } from './request.ts';
export { NETLINK_ROUTE, NetlinkSocket, type NetlinkSocketOptions, OVERRUN, TIMED_OUT } from './socket.ts';
export { BatchWorker, type BatchWorkerHandlers, type BatchWorkerOptions } from './worker.ts';
