import { monitorEventLoopDelay } from 'node:perf_hooks';
import { dumpRequest } from '../src/exporter/conntrack/connection-dump.ts';
import { ConntrackSource } from '../src/exporter/conntrack/index.ts';
import { MessageCursor, NetlinkSocket, NLMSG_DONE } from '../src/exporter/netlink/index.ts';
import { insertConnections, numberedConnection } from '../test/support/conntrack-fixture.ts';
import { createNamespace, type NetworkNamespace } from '../test/support/namespace.ts';

const ROWS = 100_000;
const ROUNDS = 15;

export interface BenchRow {
  readonly name: string;
  readonly median: number;
  readonly unit: string;
  readonly ratio?: number;
  readonly against?: string;
}

/**
 * A dump of 100,000 tracked connections into batches on the main thread, against a loop that receives the same
 * bytes and drops them; and how long the main thread was kept from its other work meanwhile.
 */
export async function benchConntrackDump(): Promise<BenchRow[]> {
  await using namespace = await createNamespace('bench');
  let rows = 0;
  const source = new ConntrackSource(
    { netns: namespace.path, events: false },
    {
      onBatch: (batch) => {
        rows += batch.rows;
      },
      onOverrun: () => {},
      onFailure: (error) => {
        throw error;
      },
    },
  );
  await source.start();
  try {
    await source.enableAccounting();
    namespace.enter(() => insertConnections(connections()));
    return await measure(namespace, source, () => rows);
  } finally {
    await source.stop();
  }
}

async function measure(
  namespace: NetworkNamespace,
  source: ConntrackSource,
  rows: () => number,
): Promise<BenchRow[]> {
  const dumpMs: number[] = [];
  const dropMs: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  for (let round = -1; round < ROUNDS; round++) {
    const dropped = namespace.enter(receiveAndDrop);
    const before = rows();
    if (round >= 0) delay.enable();
    const startedAt = performance.now();
    await source.dump();
    const elapsedMs = performance.now() - startedAt;
    delay.disable();
    if (rows() - before !== ROWS) throw new Error(`the dump gave ${rows() - before} rows of ${ROWS}`);
    if (round < 0) continue; // the first round warms up
    dumpMs.push(elapsedMs);
    dropMs.push(dropped);
  }
  return [
    {
      name: `conntrack dump, ${ROWS} rows`,
      median: median(dumpMs),
      unit: 'ms',
      // Round by round: each pair ran within a second, so that a host which is slow for a while slows both.
      ratio: median(dumpMs.map((elapsedMs, round) => elapsedMs / dropMs[round]!)),
      against: `receiving and dropping the same bytes (${median(dropMs).toFixed(0)} ms)`,
    },
    { name: 'conntrack dump, main-thread delay p99', median: delay.percentile(99) / 1e6, unit: 'ms' },
  ];
}

/** Milliseconds of the naive half: everything but looking at what came. */
function receiveAndDrop(): number {
  const socket = new NetlinkSocket();
  const bytes = new Uint8Array(1 << 17);
  const message = new MessageCursor();
  const startedAt = performance.now();
  socket.send(dumpRequest());
  for (;;) {
    message.open(bytes, socket.receive(bytes));
    if (!message.next() || message.type === NLMSG_DONE) break;
  }
  const elapsedMs = performance.now() - startedAt;
  socket.close();
  return elapsedMs;
}

function* connections() {
  for (let index = 0; index < ROWS; index++) yield numberedConnection(index, index % 4 === 0 ? 6 : 4);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

if (import.meta.main) console.table(await benchConntrackDump());
