/**
 * NetFlow messages assembled by hand, independently of the tested reader. Sets are those of `ipfix-octets`.
 */
import { octets, set, u16, u32 } from './ipfix-octets.ts';

type Field = readonly [type: number, octets: number];

/** When the messages were sent, in seconds since 1970, and the exporter's uptime then, in milliseconds. */
export const sentSeconds = 1_700_000_000;
export const uptimeMs = 1_000_000;

export interface V9Header {
  /** Records that the header announces. */
  readonly count?: number;
  readonly uptimeMs?: number;
  readonly seconds?: number;
  readonly sequence?: number;
  readonly source?: number;
}

export function v9(header: V9Header, ...sets: readonly Uint8Array[]): Uint8Array {
  const { count = 1, sequence = 1, source = 7, seconds = sentSeconds } = header;
  const up = header.uptimeMs ?? uptimeMs;
  return octets(u16(9), u16(count), u32(up), u32(seconds), u32(sequence), u32(source), ...sets);
}

const specifiers = (fields: readonly Field[]) =>
  octets(fields.map(([type, length]) => octets(u16(type), u16(length))));

/** A set with one template. */
export const v9Template = (id: number, ...fields: readonly Field[]): Uint8Array =>
  set(0, u16(id), u16(fields.length), specifiers(fields));

/** A set with one options template. */
export const v9Options = (id: number, scope: readonly Field[], ...fields: readonly Field[]): Uint8Array =>
  set(1, u16(id), u16(4 * scope.length), u16(4 * fields.length), specifiers([...scope, ...fields]));

export interface V5Header {
  readonly count?: number;
  readonly uptimeMs?: number;
  readonly seconds?: number;
  readonly nanoseconds?: number;
  readonly sequence?: number;
  readonly engine?: number;
  /** Two bits of mode, 14 of interval. */
  readonly sampling?: number;
}

export function v5(header: V5Header, ...records: readonly Uint8Array[]): Uint8Array {
  const { count = records.length, sequence = 1, engine = 0x0102, sampling = 0 } = header;
  const { seconds = sentSeconds, nanoseconds = 0 } = header;
  const up = header.uptimeMs ?? uptimeMs;
  return octets(
    octets(u16(5), u16(count), u32(up), u32(seconds), u32(nanoseconds), u32(sequence)),
    octets(u16(engine), u16(sampling)),
    ...records,
  );
}

export interface V5Record {
  readonly packets?: number;
  readonly octets?: number;
  readonly first?: number;
  readonly last?: number;
  readonly sourcePort?: number;
}

/** From 10.0.0.1 to 10.0.0.2, port 443, TCP with ACK and PSH, from interface 3 to 4. */
export const v5Record = (record: V5Record = {}): Uint8Array =>
  octets(begin(record), '00 18 06 20 fde8 fde9 18 10 0000');

/** As `v5Record`, with the flags of version 7 and the router 10.0.0.253. */
export const v7Record = (record: V5Record = {}): Uint8Array =>
  octets(begin(record), '00 18 06 20 fde8 fde9 18 10 0000 0a0000fd');

/** As `v5Record`, without networks. */
export const v1Record = (record: V5Record = {}): Uint8Array =>
  octets(begin(record), '0000 06 20 18 000000 00000000');

/** What the records of the three versions begin with. */
function begin(record: V5Record): Uint8Array {
  const { packets = 10, first = 940_000, last = 970_000, sourcePort = 40_000 } = record;
  return octets(
    '0a000001 0a000002 0a0000fe 0003 0004',
    octets(u32(packets), u32(record.octets ?? 5_000), u32(first), u32(last)),
    octets(u16(sourcePort), u16(443)),
  );
}

type V7Header = Omit<V5Header, 'engine' | 'sampling'>;

export function v7(header: V7Header, ...records: readonly Uint8Array[]): Uint8Array {
  const { count = records.length, sequence = 1 } = header;
  const { seconds = sentSeconds, nanoseconds = 0 } = header;
  const up = header.uptimeMs ?? uptimeMs;
  return octets(
    octets(u16(7), u16(count), u32(up), u32(seconds), u32(nanoseconds), u32(sequence), u32(0)),
    ...records,
  );
}

export function v1(header: Omit<V7Header, 'sequence'>, ...records: readonly Uint8Array[]): Uint8Array {
  const { count = records.length, seconds = sentSeconds, nanoseconds = 0 } = header;
  const up = header.uptimeMs ?? uptimeMs;
  return octets(u16(1), u16(count), u32(up), u32(seconds), u32(nanoseconds), ...records);
}
