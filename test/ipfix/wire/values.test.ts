import { describe, expect, it } from 'vitest';
import {
  createTemplate,
  type DataType,
  dataRecordToJson,
  MessageWriter,
  type Value,
  variableLength,
} from '../../../src/ipfix/wire/index.ts';
import { Collected } from '../../support/ipfix-collected.ts';
import { message, octets, set } from '../../support/ipfix-octets.ts';

interface Case {
  readonly type: DataType;
  /** Octets of the value, in hexadecimal. */
  readonly hex: string;
  readonly value: Value;
  readonly json: unknown;
  /** Length in the template, where it is not that of the octets. */
  readonly length?: number;
  /** Set where other octets say the same and these are not the ones we write. */
  readonly readOnly?: true;
}

const hex = (text: string): Uint8Array => octets(text);

const cases: readonly Case[] = [
  { type: 'unsigned8', hex: 'ff', value: 255, json: 255 },
  { type: 'unsigned16', hex: '01bb', value: 443, json: 443 },
  { type: 'unsigned16', hex: '50', value: 80, json: 80 },
  { type: 'unsigned32', hex: 'fffefdfc', value: 0xfffefdfc, json: 0xfffefdfc },
  { type: 'unsigned32', hex: '010203', value: 0x010203, json: 0x010203 },
  { type: 'unsigned64', hex: '001fffffffffffff', value: 2 ** 53 - 1, json: 2 ** 53 - 1 },
  { type: 'unsigned64', hex: '0020000000000000', value: 2n ** 53n, json: '9007199254740992' },
  { type: 'unsigned64', hex: 'ffffffffffffffff', value: 2n ** 64n - 1n, json: '18446744073709551615' },
  ...['2a', '0102', '010203', '01020304', '0102030405', '010203040506', '01020304050607'].map((text) => ({
    type: 'unsigned64' as const,
    hex: text,
    value: Number.parseInt(text, 16),
    json: Number.parseInt(text, 16),
  })),
  { type: 'unsigned32', hex: '0000000100000000', value: 2 ** 32, json: 2 ** 32 },
  { type: 'unsigned64', hex: '0102', length: variableLength, value: 258, json: 258, readOnly: true },
  { type: 'unsigned256', hex: `${'00'.repeat(31)}07`, value: 7, json: 7 },
  { type: 'unsigned256', hex: 'ff'.repeat(32), value: 2n ** 256n - 1n, json: String(2n ** 256n - 1n) },
  { type: 'signed8', hex: '80', value: -128, json: -128 },
  { type: 'signed16', hex: 'fffe', value: -2, json: -2 },
  { type: 'signed32', hex: '7fffffff', value: 2 ** 31 - 1, json: 2 ** 31 - 1 },
  { type: 'signed32', hex: 'ffff80', value: -128, json: -128 },
  { type: 'signed64', hex: 'ff', value: -1, json: -1 },
  { type: 'signed64', hex: '8000000000000000', value: -(2n ** 63n), json: '-9223372036854775808' },
  { type: 'signed64', hex: 'fffffffffffffff6', value: -10, json: -10 },
  { type: 'float32', hex: '3fc00000', value: 1.5, json: 1.5 },
  { type: 'float64', hex: '400921fb54442d18', value: Math.PI, json: Math.PI },
  { type: 'float64', hex: 'c0000000', value: -2, json: -2 },
  { type: 'float64', hex: '7ff0000000000000', value: Number.POSITIVE_INFINITY, json: 'Infinity' },
  { type: 'boolean', hex: '01', value: true, json: true },
  { type: 'boolean', hex: '02', value: false, json: false },
  { type: 'boolean', hex: '03', value: hex('03'), json: '03' },
  { type: 'macAddress', hex: '001b44113ab7', value: '00:1b:44:11:3a:b7', json: '00:1b:44:11:3a:b7' },
  { type: 'ipv4Address', hex: 'c0000201', value: '192.0.2.1', json: '192.0.2.1' },
  {
    type: 'ipv6Address',
    hex: '20010db8000000000000000000000001',
    value: '2001:db8::1',
    json: '2001:db8::1',
  },
  { type: 'ipv6Address', hex: '00'.repeat(16), value: '::', json: '::' },
  {
    type: 'ipv6Address',
    hex: '00000000000000000000ffffc0000201',
    value: '::ffff:192.0.2.1',
    json: '::ffff:192.0.2.1',
  },
  { type: 'dateTimeSeconds', hex: '6553f100', value: 1_700_000_000_000, json: '2023-11-14T22:13:20Z' },
  { type: 'dateTimeSeconds', hex: '00000000', value: 0, json: '1970-01-01T00:00:00Z' },
  { type: 'dateTimeSeconds', hex: 'ffffffff', value: 4_294_967_295_000, json: '2106-02-07T06:28:15Z' },
  {
    type: 'dateTimeMilliseconds',
    hex: '0000018bcfe56807',
    value: 1_700_000_000_007,
    json: '2023-11-14T22:13:20.007Z',
  },
  {
    type: 'dateTimeMilliseconds',
    hex: 'ffffffffffffffff',
    value: 2n ** 64n - 1n,
    json: '18446744073709551615',
  },
  {
    // 1700000000 + 2208988800 = 3908988800 = 0xe8fe6f80; a quarter second is 2^30.
    type: 'dateTimeMicroseconds',
    hex: 'e8fe6f80 40000000',
    value: 1_700_000_000_250_000_000n,
    json: '2023-11-14T22:13:20.250000Z',
  },
  {
    // Bits below 2^-21 s mean nothing in microseconds (RFC 7011 section 6.1.9).
    type: 'dateTimeMicroseconds',
    hex: 'e8fe6f80 400007ff',
    value: 1_700_000_000_250_000_000n,
    json: '2023-11-14T22:13:20.250000Z',
    readOnly: true,
  },
  {
    type: 'dateTimeNanoseconds',
    hex: 'e8fe6f80 00000004',
    value: 1_700_000_000_000_000_001n,
    json: '2023-11-14T22:13:20.000000001Z',
  },
  {
    // The NTP seconds wrapped on 2036-02-07T06:28:16Z.
    type: 'dateTimeNanoseconds',
    hex: '00000000 80000000',
    value: 2_085_978_496_500_000_000n,
    json: '2036-02-07T06:28:16.500000000Z',
  },
  { type: 'string', hex: '67c3bc6e', length: variableLength, value: 'gün', json: 'gün' },
  { type: 'string', hex: '', length: variableLength, value: '', json: '' },
  { type: 'string', hex: '65746830 00000000', value: 'eth0', json: 'eth0' },
  {
    type: 'string',
    hex: '61ff62',
    length: variableLength,
    value: 'a\ufffdb',
    json: 'a\ufffdb',
    readOnly: true,
  },
  { type: 'octetArray', hex: '00ff10', value: hex('00ff10'), json: '00ff10' },
  { type: 'octetArray', hex: '00ff10', length: variableLength, value: hex('00ff10'), json: '00ff10' },
  // Octets that cannot be a value of their type are handed on as they are.
  { type: 'ipv4Address', hex: 'c00002', value: hex('c00002'), json: 'c00002' },
  { type: 'float64', hex: '0102030405', value: hex('0102030405'), json: '0102030405' },
  { type: 'macAddress', hex: '01020304050607', value: hex('01020304050607'), json: '01020304050607' },
];

function templateOf({ type, hex: text, length }: Case) {
  const element = { enterprise: 4242, id: 1, name: 'x', type };
  return createTemplate(256, [
    { element, length: length ?? octets(text).length },
    { element: { enterprise: 0, id: 4, name: 'protocolIdentifier', type: 'unsigned8' } },
  ]);
}

/** The data set of one record: the case's octets, then 17, so that reading too much or too little shows. */
function dataSet({ hex: text, length }: Case): Uint8Array {
  const bytes = octets(text);
  return set(256, length === variableLength ? [bytes.length, bytes] : bytes, 17);
}

describe.each(cases)('$type as $hex', (example) => {
  const template = templateOf(example);

  it('is read', () => {
    const collected = new Collected();
    collected.store.put(7, template);
    collected.read(message(dataSet(example)));
    expect(collected.errors).toEqual([]);
    expect(collected.records.map(({ values }) => values)).toEqual([[example.value, 17]]);
    expect(dataRecordToJson(collected.records[0]!)).toEqual({ x: example.json, protocolIdentifier: 17 });
  });

  it('is unchanged after writing and reading', () => {
    const writer = new MessageWriter();
    writer.start({ domain: 7, sequenceNumber: 1, exportTimeSeconds: 1_700_000_000 });
    writer.writeRecord({ template, values: [example.value, 17] });
    const collected = new Collected();
    collected.store.put(7, template);
    expect(collected.read(writer.finish()).records[0]?.values).toEqual([example.value, 17]);
  });
});

describe.each(cases.filter(({ readOnly }) => !readOnly))('$type of value $json', (example) => {
  it('is written octet by octet', () => {
    const writer = new MessageWriter();
    writer.start({ domain: 7, sequenceNumber: 1, exportTimeSeconds: 1_700_000_000 });
    expect(writer.writeRecord({ template: templateOf(example), values: [example.value, 17] })).toBe(true);
    expect(writer.finish()).toEqual(message(dataSet(example)));
  });
});

describe('a value that its field cannot hold', () => {
  it.each([
    ['unsigned8', 1, 256],
    ['unsigned64', 2, 65_536],
    ['signed8', 1, -129],
    ['unsigned32', 4, -1],
    ['string', 3, 'eth0'],
    ['ipv4Address', 4, '2001:db8::1'],
    ['macAddress', 6, 'eth0'],
    ['octetArray', 2, hex('010203')],
    ['boolean', 1, 'true'],
  ] as const)('is refused with its name: %s of %i octets', (type, length, value) => {
    const template = createTemplate(256, [{ element: { enterprise: 4242, id: 1, name: 'x', type }, length }]);
    const writer = new MessageWriter();
    writer.start({ domain: 7, sequenceNumber: 1, exportTimeSeconds: 0 });
    expect(() => writer.writeRecord({ template, values: [value] })).toThrow(RangeError);
  });
});
