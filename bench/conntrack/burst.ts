import { parentPort, workerData } from 'node:worker_threads';
import { enterNetworkNamespace } from '../../src/exporter/netlink/index.ts';
import { insertConnections, numberedConnection } from '../../test/support/conntrack-fixture.ts';

/*
 * A worker that makes `count` connections in the namespace `netns` on request, as fast as the kernel takes
 * them, and reports the time.
 */
const { netns, count } = workerData as { netns: string; count: number };
enterNetworkNamespace(netns);
const connections = Array.from({ length: count }, (_, index) =>
  numberedConnection(index, index % 4 === 0 ? 6 : 4),
);
parentPort!.once('message', () => {
  const startedAt = performance.now();
  insertConnections(connections);
  parentPort!.postMessage(performance.now() - startedAt);
});
parentPort!.postMessage('ready');
