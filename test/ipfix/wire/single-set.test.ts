import { beforeEach, describe, expect, it } from 'vitest';
import { type DataSet, readMessage, SingleSetReader, TemplateStore } from '../../../src/ipfix/wire/index.ts';
import { octets, set, template, u16, u32 } from '../../support/ipfix-octets.ts';

interface Header {
  readonly version?: number;
  readonly seconds?: number;
  readonly sequenceNumber?: number;
  readonly domain?: number;
}

/** A message with its header's values. */
function message(header: Header, ...sets: Uint8Array[]): Uint8Array {
  const { version = 10, seconds = 1_700_000_000, sequenceNumber = 1, domain = 7 } = header;
  const body = octets(...sets);
  return octets(u16(version), u16(body.length + 16), u32(seconds), u32(sequenceNumber), u32(domain), body);
}

/** sourceTransportPort and octetDeltaCount. */
const portAndOctets = template(256, [7, 2], [1, 4]);
const records = (...ports: number[]) => set(256, ...ports.flatMap((port) => [u16(port), u32(1000)]));

describe('a message with one data set', () => {
  let reader: SingleSetReader;
  let store: TemplateStore;

  const error = (found: unknown) => expect.unreachable(JSON.stringify(found));
  const readParts = (octetsOfMessage: Uint8Array, into = store) => {
    let found: DataSet | undefined;
    const data = (each: DataSet) => {
      found = each;
    };
    readMessage(octetsOfMessage, into, { data, error });
    return found;
  };
  const read = (octetsOfMessage: Uint8Array, of = store) =>
    reader.read(of, octetsOfMessage, 0, octetsOfMessage.length);

  beforeEach(() => {
    reader = new SingleSetReader();
    store = new TemplateStore();
    readParts(message({}, set(2, portAndOctets)));
  });

  it('is read as part by part, with any length, time and number', () => {
    const found = message({ seconds: 4_000_000_000, sequenceNumber: 2 ** 32 - 1 }, records(53, 80));
    const expected = readParts(found)!;
    expect(read(found)).toEqual(expected);
    expect(expected.header).toMatchObject({ length: 32, exportTimeSeconds: 4_000_000_000 });
    expect(read(message({}, records(1)))?.header.sequenceNumber).toBe(1);
  });

  it('is found where it lies among other octets', () => {
    const one = message({}, records(53));
    const found = reader.read(store, octets(one, one, one), one.length, 2 * one.length);
    expect(found).toMatchObject({ messageStart: 26, offset: 46, end: 52 });
  });

  it('has a header of its own, which may be kept', () => {
    const kept = read(message({ sequenceNumber: 2 }, records(1)))!.header;
    read(message({ sequenceNumber: 3 }, records(1)));
    expect(kept.sequenceNumber).toBe(2);
  });

  it('has the template of its own session and domain', () => {
    const other = new TemplateStore();
    readParts(message({}, set(2, template(256, [7, 2], [2, 4]))), other);
    readParts(message({ domain: 2 ** 32 - 1 }, set(2, template(256, [7, 2], [5, 4]))), other);
    const idsOf = (found: DataSet | undefined) => found?.template.fields.map(({ element }) => element.id);
    expect(idsOf(read(message({}, records(53))))).toEqual([7, 1]);
    expect(idsOf(read(message({}, records(53)), other))).toEqual([7, 2]);
    expect(idsOf(read(message({ domain: 2 ** 32 - 1 }, records(53)), other))).toEqual([7, 5]);
    expect(idsOf(read(message({}, records(53))))).toEqual([7, 1]);
  });

  it.each<[string, Uint8Array]>([
    ['of a domain without templates', message({ domain: 8 }, records(53))],
    ['of another version', message({ version: 9 }, records(53))],
    ['of an unknown template', message({}, set(257, u16(53), u32(1)))],
    ['with two sets', message({}, records(53), records(80))],
    ['with a template', message({}, set(2, portAndOctets))],
    ['without a set', message({})],
    ['whose set exceeds it', octets(message({}, records(53)).subarray(0, -2), u16(0)).subarray(0, -1)],
    ['whose set is too short', octets(message({}, octets(u16(256), u16(9), u16(53), u32(1))))],
    ['with octets after it', octets(message({}, records(53)), 0)],
    ['that is cut', message({}, records(53)).subarray(0, 18)],
  ])('is no message %s', (_, other) => {
    expect(read(other)).toBeUndefined();
  });

  it('is none once its template is withdrawn', () => {
    store.delete(7, 256);
    expect(read(message({}, records(53)))).toBeUndefined();
  });
});
