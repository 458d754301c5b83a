import { ConnectionBatch, RowKind, type TupleColumns } from '../../src/exporter/conntrack/index.ts';
import { parseAddress } from '../../src/flow/index.ts';

export interface Tuple {
  source: string;
  destination: string;
  sourcePort?: number;
  destinationPort?: number;
  icmpId?: number;
  icmpType?: number;
  icmpCode?: number;
}

/** A conntrack row. What is left out is absent, as from the kernel. */
export interface ConnectionRow {
  kind: keyof typeof RowKind;
  id?: number;
  zone?: number;
  /** Default 6, TCP. */
  protocol?: number;
  status?: number;
  tcpState?: number;
  timeoutSeconds?: number;
  original?: Tuple;
  /** Default: the original one reversed. */
  reply?: Tuple;
  /** Packets and octets, reply packets and octets; not counted when undefined. */
  counters?: readonly [number, number, number, number];
  startMs?: number;
  stopMs?: number;
  /** When an event happened or a row was read; default: when it is merged. */
  timeMs?: number;
  /**
   * In a dump's row, the maximum time since its last packet; in a destroyed connection, its whole timeout.
   * Unknown when undefined.
   */
  idleMs?: number;
}

export const plainTuple: Tuple = {
  source: '10.0.0.1',
  destination: '10.0.0.2',
  sourcePort: 40_000,
  destinationPort: 80,
};

/** A batch with these rows, as from a worker. */
export function connectionBatch(...rows: readonly ConnectionRow[]): ConnectionBatch {
  const batch = new ConnectionBatch(new ArrayBuffer(ConnectionBatch.octets));
  batch.rows = 0;
  for (const row of rows) append(batch, row);
  return batch;
}

function append(batch: ConnectionBatch, row: ConnectionRow): void {
  const at = batch.rows++;
  const original = row.original ?? plainTuple;
  batch.kind[at] = RowKind[row.kind];
  batch.family[at] = original.source.includes(':') ? 10 : 2;
  batch.protocol[at] = row.protocol ?? 6;
  batch.zone[at] = row.zone ?? 0;
  batch.id[at] = row.id ?? 1;
  batch.status[at] = row.status ?? 0xa;
  batch.mark[at] = 0;
  batch.tcpState[at] = row.tcpState ?? 0;
  batch.timeoutSeconds[at] = row.timeoutSeconds ?? 0;
  writeTuple(batch.original, at, original);
  writeTuple(batch.reply, at, row.reply ?? turned(original));
  const none = Number.NaN;
  const [packets, octets, replyPackets, replyOctets] = row.counters ?? [none, none, none, none];
  batch.originalPackets[at] = packets;
  batch.originalOctets[at] = octets;
  batch.replyPackets[at] = replyPackets;
  batch.replyOctets[at] = replyOctets;
  batch.startTimeMs[at] = row.startMs ?? none;
  batch.stopTimeMs[at] = row.stopMs ?? none;
  batch.timeMs[at] = row.timeMs ?? none;
  batch.idleMs[at] = row.idleMs ?? none;
}

function writeTuple(columns: TupleColumns, at: number, tuple: Tuple): void {
  columns.source.set(parseAddress(tuple.source)!, 4 * at);
  columns.destination.set(parseAddress(tuple.destination)!, 4 * at);
  columns.sourcePort[at] = tuple.sourcePort ?? 0;
  columns.destinationPort[at] = tuple.destinationPort ?? 0;
  columns.icmpId[at] = tuple.icmpId ?? 0;
  columns.icmpType[at] = tuple.icmpType ?? 0;
  columns.icmpCode[at] = tuple.icmpCode ?? 0;
}

function turned({ source, destination, sourcePort, destinationPort, ...icmp }: Tuple): Tuple {
  const ports =
    sourcePort === undefined || destinationPort === undefined
      ? {}
      : { sourcePort: destinationPort, destinationPort: sourcePort };
  return { ...icmp, source: destination, destination: source, ...ports, icmpType: 0 };
}
