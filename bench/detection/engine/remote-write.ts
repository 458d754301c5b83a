/*
 * Prometheus's remote-write protocol 1.0: a protobuf WriteRequest in snappy's block format. It has
 * millisecond time stamps and stale markers, which no text format for backfilling has.
 */

/** One series' samples, in order of time. NaN marks the series stale at that time. */
export interface SeriesSlice {
  /** With `__name__`. */
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly times: readonly number[];
  readonly values: readonly number[];
}

/** Prometheus marks a stale series by one bit pattern of NaN. */
const staleHigh = 0x7ff00000;
const staleLow = 2;
const sampleOctets = 18;

/** One request for the slices, ready to be posted. */
export function encodeWriteRequest(slices: readonly SeriesSlice[]): Uint8Array {
  const labels = slices.map((slice) => encodeLabels(slice.labels));
  const lengths = slices.map((slice, i) => labels[i]!.length + slice.times.length * sampleOctets);
  const total = lengths.reduce((sum, length) => sum + 1 + varintOctets(length) + length, 0);
  const head = snappyLiteralHead(total);
  const octets = new Uint8Array(head.length + total);
  const view = new DataView(octets.buffer);
  octets.set(head);
  let at = head.length;
  slices.forEach((slice, i) => {
    octets[at++] = 0x0a; // field 1 of WriteRequest: a TimeSeries
    at = writeVarint(octets, at, lengths[i]!);
    octets.set(labels[i]!, at);
    at += labels[i]!.length;
    slice.times.forEach((time, k) => {
      at = writeSample(octets, view, at, slice.values[k]!, time);
    });
  });
  return octets;
}

/** Field 2 of TimeSeries: a Sample of 16 octets, a double and a time of six octets as varint (until 2109). */
function writeSample(octets: Uint8Array, view: DataView, at: number, value: number, timeMs: number): number {
  octets[at] = 0x12;
  octets[at + 1] = sampleOctets - 2;
  octets[at + 2] = 0x09;
  if (Number.isNaN(value)) {
    view.setUint32(at + 3, staleLow, true);
    view.setUint32(at + 7, staleHigh, true);
  } else {
    view.setFloat64(at + 3, value, true);
  }
  octets[at + 11] = 0x10;
  return writeVarint(octets, at + 12, timeMs);
}

/** Field 1 of TimeSeries, repeated: Label, sorted by name as the protocol requires. */
function encodeLabels(labels: Readonly<Record<string, string>>): Uint8Array {
  const parts: number[] = [];
  for (const name of Object.keys(labels).sort()) {
    const label = [...textField(1, name), ...textField(2, labels[name]!)];
    parts.push(0x0a, ...encodeVarint(label.length), ...label);
  }
  return Uint8Array.from(parts);
}

function textField(number: number, text: string): number[] {
  const octets = new TextEncoder().encode(text);
  return [(number << 3) | 2, ...encodeVarint(octets.length), ...octets];
}

/** Snappy allows a block to be one literal: nothing is compressed on its way over loopback. */
function snappyLiteralHead(length: number): number[] {
  const last = length - 1;
  return [
    ...encodeVarint(length),
    63 << 2,
    last & 0xff,
    (last >>> 8) & 0xff,
    (last >>> 16) & 0xff,
    last >>> 24,
  ];
}

function encodeVarint(value: number): number[] {
  const octets = new Uint8Array(10);
  return [...octets.subarray(0, writeVarint(octets, 0, value))];
}

function varintOctets(value: number): number {
  return encodeVarint(value).length;
}

function writeVarint(octets: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest >= 0x80) {
    octets[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  octets[at++] = rest;
  return at;
}
