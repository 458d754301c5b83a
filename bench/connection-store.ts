import { ConnectionDirection } from '../src/exporter/connection-direction.ts';
import { ConnectionFilter } from '../src/exporter/connection-filter.ts';
import { ConnectionRecorder } from '../src/exporter/connection-recorder.ts';
import { ConnectionStore } from '../src/exporter/connection-store.ts';
import { ConnectionTable } from '../src/exporter/connection-table.ts';
import { ConnectionBatch, RowKind } from '../src/exporter/conntrack/index.ts';
import { FlowWriter } from '../src/exporter/flow-writer.ts';
import { NodeNetwork } from '../src/exporter/node-network.ts';
import { RecordSchedule } from '../src/exporter/record-schedule.ts';
import { TrackingAge } from '../src/exporter/tracking-age.ts';
import { formatAddress } from '../src/flow/index.ts';
import { Account } from '../src/runtime/index.ts';
import { type BenchRow, measureInterleaved, measureWork, rateRow, timesFaster } from './measure.ts';

export const title = 'connection store, 100,000 connections';

const count = 100_000;
/** From the last packet of a connection until the kernel writes its row. */
const IDLE_MS = 500;

/** The main thread's work for a dump: find each connection, see what changed, make the due records. */
export async function run(): Promise<BenchRow[]> {
  const batches = dumpBatches();
  const { store, recorder, written } = newStore();
  let nowMs = Date.UTC(2026, 0, 1);
  let packets = 1;

  const mergeDump = (more: number) => {
    packets += more;
    for (const batch of batches) {
      batch.originalPackets.fill(packets);
      batch.originalOctets.fill(packets * 100);
      batch.timeMs.fill(nowMs);
      batch.idleMs.fill(IDLE_MS);
    }
    const startedAt = performance.now();
    store.dumpBegins(nowMs);
    for (const batch of batches) store.merge(batch, nowMs);
    store.dumpEnds(true);
    nowMs += 1_000;
    return performance.now() - startedAt;
  };
  const expireRecords = () => {
    mergeDump(1);
    nowMs += 60_000;
    const before = written();
    const startedAt = performance.now();
    while (!recorder.expire(nowMs, 2_000, false));
    const durationMs = performance.now() - startedAt;
    if (written() - before !== count) throw new Error(`${written() - before} records of ${count}`);
    return durationMs;
  };

  mergeDump(1);
  if (recorder.held !== count) throw new Error(`the store holds ${recorder.held} of ${count} connections`);
  const quiet = await measureWork(() => mergeDump(0));
  const { changed, naive } = await measureInterleaved({
    changed: () => mergeDump(1),
    naive: naiveDump(batches),
  });
  const expired = await measureWork(expireRecords);
  const ends = await measureWork(() => {
    const startedAt = performance.now();
    store.dumpBegins(nowMs);
    store.dumpEnds(false);
    return performance.now() - startedAt;
  });
  return [
    rateRow('dump, nothing has changed', 'rows/s', count, quiet),
    rateRow('dump, every counter has changed', 'rows/s', count, changed, {
      ratio: timesFaster(changed, naive),
      against: 'a Map of objects by text',
      target: { of: 'ratio', atLeast: 4 },
    }),
    rateRow('records that are due', 'records/s', count, expired),
    {
      name: 'a batch of 2,048 rows',
      median: (changed.medianMs * 2_048) / count,
      unit: 'ms',
      target: { atMost: 5 },
    },
    { name: 'looking for what a dump missed', median: ends.medianMs, unit: 'ms', target: { atMost: 5 } },
  ];
}

function newStore() {
  const trackingAge = new TrackingAge();
  const table = new ConnectionTable(524_288);
  const schedule = new RecordSchedule(table, { activeTimeoutMs: 60_000, idleTimeoutMs: 15_000 });
  const network = new NodeNetwork({ nodeNetworks: ['10.0.0.0/9'] });
  const filter = new ConnectionFilter({ loopback: false }, network);
  const records = new Account('agent', 'records');
  const writing = { account: records, clock: standing, directions: new ConnectionDirection(trackingAge) };
  const writer = new FlowWriter('node', network, writing, () => {});
  const account = new Account('connections', 'connections');
  const recorder = new ConnectionRecorder(table, { filter, schedule, writer, account, events: true });
  const store = new ConnectionStore(table, {
    filter,
    schedule,
    recorder,
    events: true,
    clock: standing,
    bootedMs: Number.NEGATIVE_INFINITY,
    trackingAge,
  });
  return { store, recorder, written: () => records.received };
}

/** A monotonic clock that is the wall clock. */
const standing = { wallAt: (ms: number): number => ms };

function dumpBatches(): ConnectionBatch[] {
  const batches: ConnectionBatch[] = [];
  for (let index = 0; index < count; index++) {
    let batch = batches.at(-1);
    if (batch === undefined || batch.isFull) {
      batch = new ConnectionBatch(new ArrayBuffer(ConnectionBatch.octets));
      batch.rows = 0;
      batches.push(batch);
    }
    const at = batch.rows++;
    batch.kind[at] = RowKind.dump;
    batch.protocol[at] = 6;
    batch.id[at] = Math.imul(index, 0x9e3779b1);
    batch.status[at] = 0xe;
    batch.tcpState[at] = 3;
    batch.startTimeMs[at] = 1_000 + index;
    batch.replyPackets[at] = 1;
    batch.replyOctets[at] = 100;
    for (const tuple of [batch.original, batch.reply]) {
      tuple.source.set([0, 0, 0xffff, 0x0a000000 + index], 4 * at);
      tuple.destination.set([0, 0, 0xffff, 0x0a800001], 4 * at);
      tuple.sourcePort[at] = 1_024 + (index % 60_000);
      tuple.destinationPort[at] = 80;
    }
  }
  return batches;
}

/** The obvious way to do the same: objects in a Map, with the 5-tuple as text for a key. */
function naiveDump(batches: readonly ConnectionBatch[]): () => void {
  interface Connection {
    packets: number;
    octets: number;
    isNew: boolean;
    seenIn: number;
  }
  const connections = new Map<string, Connection>();
  let dumps = 0;
  return () => {
    dumps++;
    for (const batch of batches) {
      for (let at = 0; at < batch.rows; at++) {
        const { original } = batch;
        const ends = `${formatAddress(original.source, 4 * at)}:${original.sourcePort[at]} ${formatAddress(original.destination, 4 * at)}:${original.destinationPort[at]}`;
        const key = `${batch.zone[at]} ${batch.id[at]} ${batch.protocol[at]} ${ends}`;
        const packets = batch.originalPackets[at]!;
        const octets = batch.originalOctets[at]!;
        const known = connections.get(key);
        if (known === undefined) connections.set(key, { packets, octets, isNew: true, seenIn: dumps });
        else Object.assign(known, { packets, octets, isNew: known.packets !== packets, seenIn: dumps });
      }
    }
  };
}

if (import.meta.main) console.table(await run());
