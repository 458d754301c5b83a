import { monitorEventLoopDelay } from 'node:perf_hooks';
import { dumpRequest } from '../src/exporter/conntrack/connection-dump.ts';
import { ConntrackSource } from '../src/exporter/conntrack/index.ts';
import { MessageCursor, NetlinkSocket, NLMSG_DONE } from '../src/exporter/netlink/index.ts';
import { insertConnections, numberedConnection } from '../test/support/conntrack-fixture.ts';
import { createNamespace } from '../test/support/namespace.ts';
import { type BenchRow, measureInterleaved, rateRow, timesFaster } from './measure.ts';

export const title = 'conntrack dump, 100,000 connections';

const count = 100_000;

/**
 * From the kernel's table into batches on the main thread, against a loop that receives the same bytes and
 * drops them.
 */
export async function run(): Promise<BenchRow[]> {
  await using namespace = await createNamespace('bench');
  let rows = 0;
  const handlers = {
    onBatch: (batch: { rows: number }) => {
      rows += batch.rows;
    },
    onOverrun: fail,
    onFailure: fail,
  };
  const source = new ConntrackSource({ netns: namespace.path, events: false }, handlers);
  await source.start();
  try {
    await source.enableAccounting();
    namespace.enter(() => insertConnections(numberedConnections()));
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const { dump, drop } = await measureInterleaved(
      {
        dump: async () => {
          rows = 0;
          delay.enable();
          await source.dump();
          delay.disable();
          if (rows !== count) throw new Error(`the dump gave ${rows} rows of ${count}`);
        },
        drop: () => namespace.enter(receiveAndDrop),
      },
      { runs: 21, warmup: 3 },
    );
    return [
      rateRow('into batches on the main thread', 'rows/s', count, dump),
      rateRow('receive and drop', 'rows/s', count, drop),
      {
        name: 'time of a dump',
        median: dump.medianMs,
        unit: 'ms',
        spread: dump.spread,
        ratio: timesFaster(drop, dump),
        against: 'receive and drop (times as long)',
        target: { of: 'ratio', atMost: 1.25 },
      },
      {
        name: 'main-thread delay p99',
        median: delay.percentile(99) / 1e6,
        unit: 'ms',
        target: { atMost: 10 },
      },
    ];
  } finally {
    await source.stop();
  }
}

function receiveAndDrop(): void {
  const socket = new NetlinkSocket();
  const bytes = new Uint8Array(1 << 17);
  const message = new MessageCursor();
  socket.send(dumpRequest());
  do message.open(bytes, socket.receive(bytes));
  while (message.next() && message.type !== NLMSG_DONE);
  socket.close();
}

function* numberedConnections() {
  for (let index = 0; index < count; index++) yield numberedConnection(index, index % 4 === 0 ? 6 : 4);
}

function fail(error: unknown): never {
  throw error instanceof Error ? error : new Error(`an overrun: ${error}`);
}

if (import.meta.main) console.table(await run());
