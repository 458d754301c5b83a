import type { MadeMessage } from '../support/made-exporter.ts';
import type { MessagePart } from '../support/message-octets.ts';
import type { Random } from '../support/random.ts';

/** Breaks one thing of a message. @returns what is sent in its place, each in its own datagram */
export type Damage = (message: MadeMessage, earlier: Uint8Array, random: Random) => Uint8Array[];

const joined = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** Two or four octets of a length, a count or a number that mean something else. */
function otherValue(before: number, size: number, random: Random): number {
  const most = 2 ** (8 * size) - 1;
  const values = [0, 1, 2, 3, 4, 5, 9, 10, 255, 256, 257, most, most - 1, 2 ** (8 * size - 1)];
  const near = [before + 1, before - 1, before + 4, before - 4, before * 2, before >>> 1, before ^ 0x8000];
  const value = random.of([...values, ...near, random.unsigned32()]);
  return ((value % (most + 1)) + most + 1) % (most + 1);
}

function withValue(octets: Uint8Array, { offset, size }: MessagePart, random: Random): Uint8Array {
  const broken = octets.slice();
  const width = Math.min(size, 4);
  if (width === 0) return broken;
  let before = 0;
  for (let i = 0; i < width; i++) before = before * 256 + octets[offset + i]!;
  const after = otherValue(before, width, random);
  for (let i = 0; i < width; i++) broken[offset + i] = Math.floor(after / 256 ** (width - 1 - i)) % 256;
  return broken;
}

/** Of a structure: it knows the parts. */
const structured: Readonly<Record<string, Damage>> = {
  'another value': ({ octets, parts }, _, random) => {
    const structure = parts.filter(({ kind }) => kind !== 'value');
    return [withValue(octets, random.of(random.isOneIn(8) ? parts : structure), random)];
  },
  'cut off': ({ octets }, _, random) => [octets.subarray(0, random.between(1, octets.length - 1))],
  'cut in two': ({ octets }, _, random) => {
    const at = random.below(octets.length);
    return [octets.subarray(0, at), octets.subarray(at)];
  },
  'octets at its end': ({ octets }, _, random) => [joined(octets, random.octets(random.between(1, 40)))],
  'two as one': ({ octets }, earlier) => [joined(earlier, octets)],
  twice: ({ octets }) => [octets, octets],
  'the one before again': ({ octets }, earlier) => [octets, earlier],
  'in its wrong order': ({ octets }, earlier) => [octets, earlier, octets],
  lost: () => [],
  'set again': ({ octets, parts }, _, random) => {
    const set = anySetOf(octets, parts, random);
    return [set === undefined ? octets : withLength(joined(octets, octets.subarray(set.at, set.end)), 1)];
  },
  'without a set': ({ octets, parts }, _, random) => {
    const set = anySetOf(octets, parts, random);
    if (set === undefined) return [octets];
    return [withLength(joined(octets.subarray(0, set.at), octets.subarray(set.end)), -1)];
  },
};

/** Of octets: it knows nothing of them. */
const bytewise: Readonly<Record<string, Damage>> = {
  bits: ({ octets }, _, random) => {
    const broken = octets.slice();
    for (let flips = random.between(1, 4); flips > 0; flips--) {
      broken[random.below(broken.length)]! ^= 1 << random.below(8);
    }
    return [broken];
  },
  inserted: ({ octets }, _, random) => {
    const at = random.below(octets.length + 1);
    return [joined(octets.subarray(0, at), random.octets(random.between(1, 9)), octets.subarray(at))];
  },
  deleted: ({ octets }, _, random) => {
    const at = random.below(octets.length);
    return [joined(octets.subarray(0, at), octets.subarray(at + random.between(1, 9)))];
  },
  spliced: ({ octets }, earlier, random) => {
    const at = random.below(octets.length);
    return [joined(octets.subarray(0, at), earlier.subarray(random.below(earlier.length + 1)))];
  },
  overwritten: ({ octets }, _, random) => {
    const broken = octets.slice();
    const at = random.below(octets.length);
    broken.fill(random.of([0, 255, 2, 128]), at, at + random.between(1, 40));
    return [broken];
  },
  noise: (_, __, random) => [random.octets(random.between(1, 200))],
};

/** The damages by name. */
export const damages: Readonly<Record<string, Damage>> = { ...structured, ...bytewise };

/** Where a set of a message lies, or a sample of sFlow; undefined without any. */
function anySetOf(
  octets: Uint8Array,
  parts: readonly MessagePart[],
  random: Random,
): { readonly at: number; readonly end: number } | undefined {
  const view = new DataView(octets.buffer, octets.byteOffset);
  const places = parts.flatMap(({ kind, offset: at }) => {
    if (kind === 'set id') return [{ at, end: at + view.getUint16(at + 2) }];
    return kind === 'sample format' ? [{ at, end: at + 8 + view.getUint32(at + 4) }] : [];
  });
  return places.length === 0 ? undefined : random.of(places);
}

/** A changed message of IPFIX with its new length, or one of sFlow with its new number of samples. */
function withLength(octets: Uint8Array, moreSets: number): Uint8Array {
  const view = new DataView(octets.buffer, octets.byteOffset);
  const isSflow = view.getUint16(0) === 0;
  if (octets[1] === 10) view.setUint16(2, octets.length);
  if (isSflow) {
    const countAt = view.getUint32(4) === 1 ? 24 : 36;
    view.setUint32(countAt, view.getUint32(countAt) + moreSets);
  }
  return octets;
}
