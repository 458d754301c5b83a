import type { DataType, Value } from '../../src/ipfix/index.ts';
import type { MessageOctets } from './message-octets.ts';
import type { Random } from './random.ts';

/*
 * Values of every data type, written octet by octet, each with the text of the value that a reader must find.
 */

/** The length of a field whose values each have their own. */
export const VARIABLE = 65_535;

/** The text of a value as Weir reads it, to compare with that of a made one. */
export function textOf(value: Value): string {
  if (value instanceof Uint8Array) return hexText(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object') return String(value);
  switch (value.kind) {
    case 'basicList':
      return listText('basic', value.semantic, value.values.map(textOf));
    case 'subTemplateList':
      return listText(
        value.template.id,
        value.semantic,
        value.records.map(({ values }) => recordText(values.map(textOf))),
      );
    case 'subTemplateMultiList':
      return listText(
        'multi',
        value.semantic,
        value.parts.map(({ template, records }) =>
          listText(
            template.id,
            '',
            records.map(({ values }) => recordText(values.map(textOf))),
          ),
        ),
      );
  }
}

export const listText = (kind: string | number, semantic: string | number, items: readonly string[]) =>
  `${kind} ${semantic}[${items.join(',')}]`;
export const recordText = (values: readonly string[]) => `(${values.join(',')})`;
const hexText = (octets: Uint8Array) => `x${Buffer.from(octets).toString('hex')}`;

/**
 * Octets that a template may give to values of a type: natural, reduced (RFC 7011 section 6.2) or variable.
 */
export function lengthFor(type: DataType, random: Random, mayVary: boolean): number {
  const natural = naturalOctets[type];
  if (natural === undefined) return mayVary && random.below(3) > 0 ? VARIABLE : random.between(1, 24);
  if (type === 'float64') return random.of([4, 8, 8]);
  const isInteger = type.startsWith('unsigned') || type.startsWith('signed');
  return isInteger && random.isOneIn(3) ? random.between(1, natural) : natural;
}

const naturalOctets: Readonly<Partial<Record<DataType, number>>> = {
  unsigned8: 1,
  unsigned16: 2,
  unsigned32: 4,
  unsigned64: 8,
  unsigned256: 32,
  signed8: 1,
  signed16: 2,
  signed32: 4,
  signed64: 8,
  float32: 4,
  float64: 8,
  boolean: 1,
  macAddress: 6,
  dateTimeSeconds: 4,
  dateTimeMilliseconds: 8,
  dateTimeMicroseconds: 8,
  dateTimeNanoseconds: 8,
  ipv4Address: 4,
  ipv6Address: 16,
};

interface MadeValue {
  readonly octets: Uint8Array;
  readonly text: string;
}

const texts = ['', 'a', 'pod-1', 'ns/é', '日本', '"\\\n', 'x'.repeat(60), 'y'.repeat(254), 'z'.repeat(255)];

/** Writes a value that is no list, after its own length if it has one. @returns its text */
export function writeValue(into: MessageOctets, type: DataType, length: number, random: Random): string {
  const isVariable = length === VARIABLE;
  const { octets, text } = scalarOf(
    type,
    isVariable ? variableOctets(type, random) : length,
    isVariable,
    random,
  );
  if (isVariable) writeLength(into, octets.length, random);
  into.put('value', octets);
  return text;
}

/** The length before a value (RFC 7011 section 7); the long form also for short ones. */
export function writeLength(into: MessageOctets, octets: number, random: Random): void {
  if (octets < 255 && !random.isOneIn(8)) into.number('value length', 1, octets);
  else into.number('value length', 1, 255).number('value length', 2, octets);
}

function variableOctets(type: DataType, random: Random): number {
  const natural = naturalOctets[type];
  return natural ?? random.of([0, 1, 3, 20, 254, 255, 256, 300]);
}

function scalarOf(type: DataType, length: number, isVariable: boolean, random: Random): MadeValue {
  if (type.startsWith('unsigned')) return integerOf(length, false, random);
  if (type.startsWith('signed')) return integerOf(length, true, random);
  switch (type) {
    case 'string':
      return stringOf(length, isVariable, random);
    case 'boolean': {
      const isTrue = random.isOneIn(2);
      return { octets: Uint8Array.of(isTrue ? 1 : 2), text: String(isTrue) };
    }
    case 'float32':
    case 'float64':
      return floatOf(length, random);
    case 'macAddress': {
      const octets = random.octets(6);
      return { octets, text: JSON.stringify(Buffer.from(octets).toString('hex').replace(/..\B/g, '$&:')) };
    }
    case 'ipv4Address': {
      const octets = random.octets(4);
      return { octets, text: JSON.stringify(octets.join('.')) };
    }
    case 'ipv6Address': {
      // No group is zero, so there is one way to write it.
      const groups = Array.from({ length: 8 }, () => random.between(0x1000, 0xffff));
      const octets = Uint8Array.from(groups.flatMap((group) => [group >>> 8, group & 0xff]));
      return { octets, text: JSON.stringify(groups.map((group) => group.toString(16)).join(':')) };
    }
    case 'dateTimeSeconds': {
      const { octets, text } = integerOf(length, false, random);
      return { octets, text: String(BigInt(text) * 1000n) };
    }
    case 'dateTimeMilliseconds':
      return integerOf(length, false, random);
    case 'dateTimeMicroseconds':
      return ntpTimeOf(1000n, random);
    case 'dateTimeNanoseconds':
      return ntpTimeOf(1n, random);
    default: {
      const octets = random.octets(length);
      return { octets, text: hexText(octets) };
    }
  }
}

function integerOf(length: number, isSigned: boolean, random: Random): MadeValue {
  const octets = random.isOneIn(4)
    ? new Uint8Array(length).fill(random.of([0, 255, 128]))
    : random.octets(length);
  let value = 0n;
  for (const octet of octets) value = (value << 8n) | BigInt(octet);
  return { octets, text: String(isSigned ? BigInt.asIntN(8 * length, value) : value) };
}

/** Zero octets fill a fixed field. */
function stringOf(length: number, isVariable: boolean, random: Random): MadeValue {
  const fitting = texts.filter((text) => Buffer.byteLength(text) <= length);
  const text = isVariable && random.isOneIn(2) ? 'v'.repeat(length) : random.of(fitting);
  const octets = new Uint8Array(isVariable ? Buffer.byteLength(text) : length);
  octets.set(Buffer.from(text));
  return { octets, text: JSON.stringify(text) };
}

function floatOf(length: number, random: Random): MadeValue {
  const value = random.of([
    0,
    -1.5,
    1e-40,
    3.5e38,
    Number.NaN,
    Number.NEGATIVE_INFINITY,
    random.unsigned32() / 7,
  ]);
  const view = new DataView(new ArrayBuffer(length));
  if (length === 4) view.setFloat32(0, value);
  else view.setFloat64(0, value);
  const read = length === 4 ? Math.fround(value) : value;
  return { octets: new Uint8Array(view.buffer), text: String(read) };
}

const NTP_1970 = 2_208_988_800n;

/**
 * Seconds since 1900 and a fraction of 2^-32 s (RFC 7011 sections 6.1.9 and 6.1.10), as nanoseconds since
 * 1970.
 */
function ntpTimeOf(stepNs: bigint, random: Random): MadeValue {
  const seconds = BigInt(random.between(0, 2_000_000_000));
  const nanoseconds = (BigInt(random.below(1_000_000_000)) / stepNs) * stepNs;
  const fraction = (nanoseconds * 2n ** 32n + 500_000_000n) / 1_000_000_000n;
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, Number(seconds + NTP_1970));
  view.setUint32(4, Number(fraction));
  return { octets: new Uint8Array(view.buffer), text: String(seconds * 1_000_000_000n + nanoseconds) };
}
