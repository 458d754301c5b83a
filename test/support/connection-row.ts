import type { ConnectionBatch, TupleColumns } from '../../src/exporter/conntrack/index.ts';

/** A row of a batch as plain values, with addresses as text, for tests to compare. */
export function connectionRow(batch: ConnectionBatch, row: number) {
  return {
    kind: batch.kind[row]!,
    family: batch.family[row]!,
    protocol: batch.protocol[row]!,
    tcpState: batch.tcpState[row]!,
    zone: batch.zone[row]!,
    id: batch.id[row]!,
    status: batch.status[row]!,
    mark: batch.mark[row]!,
    timeoutSeconds: batch.timeoutSeconds[row]!,
    original: tupleOf(batch.original, row),
    reply: tupleOf(batch.reply, row),
    packets: [batch.originalPackets[row]!, batch.replyPackets[row]!],
    octets: [batch.originalOctets[row]!, batch.replyOctets[row]!],
    startTimeMs: batch.startTimeMs[row]!,
    stopTimeMs: batch.stopTimeMs[row]!,
  };
}

export type ConnectionRow = ReturnType<typeof connectionRow>;

export function connectionRows(batch: ConnectionBatch): ConnectionRow[] {
  return Array.from({ length: batch.rows }, (_, row) => connectionRow(batch, row));
}

function tupleOf(columns: TupleColumns, row: number) {
  return {
    source: addressText(columns.source, row),
    destination: addressText(columns.destination, row),
    ports: [columns.sourcePort[row]!, columns.destinationPort[row]!],
    icmp: [columns.icmpType[row]!, columns.icmpCode[row]!, columns.icmpId[row]!],
  };
}

function addressText(column: Uint32Array, row: number): string {
  const [first, second, third, last] = column.subarray(4 * row, 4 * row + 4) as unknown as [
    number,
    number,
    number,
    number,
  ];
  if (first === 0 && second === 0 && third === 0xffff) {
    return [last >>> 24, (last >>> 16) & 255, (last >>> 8) & 255, last & 255].join('.');
  }
  const groups = [first, second, third, last].flatMap((word) => [word >>> 16, word & 0xffff]);
  const address = groups.map((group) => group.toString(16)).join(':');
  return new URL(`http://[${address}]`).hostname.slice(1, -1); // the shortest form, by the URL standard
}
