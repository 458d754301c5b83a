import { beforeEach, describe, expect, it } from 'vitest';
import { type DataSet, MessageRun, readMessage, TemplateStore } from '../../../src/ipfix/wire/index.ts';
import { octets, set, template, u16, u32 } from '../../support/ipfix-octets.ts';

interface Header {
  readonly version?: number;
  readonly seconds?: number;
  readonly sequenceNumber?: number;
  readonly domain?: number;
}

/** A message with its header's values; by default those of the message that begins the run. */
function message(header: Header, ...sets: Uint8Array[]): Uint8Array {
  const { version = 10, seconds = 1_700_000_000, sequenceNumber = 1, domain = 7 } = header;
  const body = octets(...sets);
  return octets(u16(version), u16(body.length + 16), u32(seconds), u32(sequenceNumber), u32(domain), body);
}

/** sourceTransportPort and octetDeltaCount. */
const portAndOctets = template(256, [7, 2], [1, 4]);
const records = (...ports: number[]) => set(256, ...ports.flatMap((port) => [u16(port), u32(1000)]));

describe('a run of messages', () => {
  let run: MessageRun;
  let store: TemplateStore;

  const error = (found: unknown) => expect.unreachable(JSON.stringify(found));
  const read = (octetsOfMessage: Uint8Array, into = store) => {
    let found: DataSet | undefined;
    const data = (each: DataSet) => {
      found = each;
    };
    readMessage(octetsOfMessage, into, { data, error });
    return found;
  };
  const next = (octetsOfMessage: Uint8Array, of = store) =>
    run.next(of, octetsOfMessage, 0, octetsOfMessage.length);

  beforeEach(() => {
    run = new MessageRun();
    store = new TemplateStore();
    read(message({}, set(2, portAndOctets)));
    read(message({ domain: 8 }, set(2, portAndOctets)));
    run.begin(store, read(message({}, records(443)))!);
  });

  it('goes on with a message of the same template, of any length, time and number', () => {
    const further = message({ seconds: 4_000_000_000, sequenceNumber: 2 ** 32 - 1 }, records(53, 80));
    const expected = read(further)!;
    expect(next(further)).toEqual(expected);
    expect(expected.header).toMatchObject({ length: 32, exportTimeSeconds: 4_000_000_000 });
    expect(next(message({}, records(1)))?.header.sequenceNumber).toBe(1);
  });

  it('finds the message where it lies among other octets', () => {
    const further = message({}, records(53));
    const among = octets(further, further, further);
    const found = run.next(store, among, further.length, 2 * further.length);
    expect(found).toMatchObject({ messageStart: 26, offset: 46, end: 52 });
  });

  it('gives each message a header of its own, which may be kept', () => {
    const kept = next(message({ sequenceNumber: 2 }, records(1)))!.header;
    next(message({ sequenceNumber: 3 }, records(1)));
    expect(kept.sequenceNumber).toBe(2);
  });

  it.each<[string, Uint8Array]>([
    ['of another domain', message({ domain: 8 }, records(53))],
    ['of another version', message({ version: 9 }, records(53))],
    ['of another template', message({}, set(257, u16(53), u32(1)))],
    ['with two sets', message({}, records(53), records(80))],
    ['with a template', message({}, set(2, portAndOctets))],
    ['without a set', message({})],
    ['whose set exceeds it', octets(message({}, records(53)).subarray(0, -2), u16(0)).subarray(0, -1)],
    ['whose set is too short', octets(message({}, octets(u16(256), u16(9), u16(53), u32(1))))],
    ['with octets after it', octets(message({}, records(53)), 0)],
    ['that is cut', message({}, records(53)).subarray(0, 18)],
  ])('ends before a message %s', (_, other) => {
    expect(next(other)).toBeUndefined();
  });

  it('ends when the template is another', () => {
    read(message({}, set(2, template(256, [7, 2], [2, 4]))));
    expect(next(message({}, records(53)))).toBeUndefined();
  });

  it('ends when the session is another', () => {
    const other = new TemplateStore();
    read(message({}, set(2, portAndOctets)), other);
    expect(next(message({}, records(53)), other)).toBeUndefined();
  });

  it('ends at the end of its session', () => {
    run.end();
    expect(next(message({}, records(53)))).toBeUndefined();
  });

  it('does not begin with a message of several sets', () => {
    for (const sets of [
      [records(1), records(2)],
      [set(2, portAndOctets), records(1)],
    ]) {
      const several = new MessageRun();
      several.begin(store, read(message({}, ...sets))!);
      expect(several.next(store, message({}, records(53)), 0, 26)).toBeUndefined();
    }
  });
});
