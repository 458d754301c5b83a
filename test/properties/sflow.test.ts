import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ForeignBed } from '../support/foreign-bed.ts';
import { octets, u16, u32 } from '../support/ipfix-octets.ts';
import {
  counterSample,
  ethernet,
  expandedFlowSample,
  flowSample,
  ipv4,
  ipv6,
  rawHeader,
  sflow,
  sflowPart,
} from '../support/sflow-octets.ts';
import { threadTimeMs } from '../support/thread-time.ts';

const runs = process.env.CI === undefined ? 200 : 1000;
const number = fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 2 ** 32 - 1 }));
const anyOctets = fc.uint8Array({ maxLength: 120 });
const packet = fc.oneof(
  anyOctets.map((transport) => ethernet(0x0800, ipv4(transport))),
  fc
    .tuple(fc.constantFrom(0, 6, 17, 43, 44, 51, 58, 60), anyOctets)
    .map(([next, payload]) => ethernet(0x86dd, ipv6(next, payload))),
  fc
    .tuple(fc.constantFrom(0x8100, 0x8847, 0x0800, 0x86dd, 0x0806), anyOctets)
    .map(([type, content]) => ethernet(type, content)),
  anyOctets,
);
const record = fc.oneof(
  fc
    .tuple(packet, number, fc.constantFrom(1, 11, 12, 7))
    .map(([header, frameOctets, protocol]) => rawHeader(header, frameOctets, protocol)),
  fc
    .tuple(fc.constantFrom(1, 2, 3, 4, 1001, 1002, 1003, 99), fc.array(number, { maxLength: 20 }))
    .map(([format, words]) => sflowPart(format, words.map(u32))),
);
const numbers = fc.record({
  sequence: number,
  source: fc.nat({ max: 3 }),
  rate: number,
  drops: number,
  input: number,
  output: number,
});
const sample = fc.oneof(
  fc.tuple(numbers, fc.array(record, { maxLength: 4 })).map(([all, records]) => flowSample(all, ...records)),
  fc
    .tuple(numbers, fc.array(record, { maxLength: 4 }))
    .map(([all, records]) => expandedFlowSample(all, ...records)),
  fc.constant(counterSample),
);
const datagram = fc
  .record({
    header: fc.record({
      agent: fc.constantFrom('0a000009', '20010db8000000000000000000000009'),
      subAgent: fc.nat({ max: 2 }),
      sequence: fc.nat({ max: 20 }),
      uptimeMs: number,
    }),
    samples: fc.array(sample, { maxLength: 5 }),
  })
  .map(({ header, samples }) => sflow(header, ...samples));

/** Breaks one thing: an octet, two octets that may be a length, the end, or nothing. */
const damage = fc.oneof(
  fc.constant((message: Uint8Array) => message),
  fc.tuple(fc.nat(), fc.nat({ max: 255 })).map(([at, value]) => (message: Uint8Array) => {
    const broken = message.slice();
    broken[8 + (at % (message.length - 8))] = value; // the version stays
    return broken;
  }),
  fc.tuple(fc.nat(), fc.nat({ max: 65_535 })).map(([at, value]) => (message: Uint8Array) => {
    const broken = message.slice();
    broken.set(u16(value), 8 + (at % (message.length - 10)));
    return broken;
  }),
  fc.nat().map((at) => (message: Uint8Array) => message.subarray(0, 28 + (at % message.length))),
  anyOctets.map((more) => (message: Uint8Array) => octets(message, more)),
);
const anyDatagram = fc.tuple(datagram, damage).map(([message, damaged]) => damaged(message));

describe('any session of sFlow', () => {
  it('is read without an exception, and each record of it is accounted for', () => {
    fc.assert(
      fc.property(fc.array(anyDatagram, { minLength: 1, maxLength: 12 }), (datagrams) => {
        const bed = new ForeignBed();
        bed.receive(datagrams);
        bed.pass();
        const { received, sent, dropped } = bed.account();
        expect(sent + Object.values(dropped).reduce((sum, count) => sum + count, 0)).toBe(received);
        expect(bed.account('messages').received).toBe(datagrams.length);
        for (const { flowStartMilliseconds, flowEndMilliseconds } of bed.collected) {
          expect(flowStartMilliseconds).toBe(bed.clock.now() - 2_000);
          expect(flowEndMilliseconds).toBe(bed.clock.now() - 2_000);
        }
      }),
      { numRuns: runs },
    );
  });
});

describe('the largest datagrams of sFlow', () => {
  const most = 65_507 - 28;
  const repeated = (part: (at: number) => Uint8Array, octetsEach: number) =>
    Array.from({ length: Math.floor(most / octetsEach) }, (_, at) => part(at));
  const records = Math.floor((most - 40) / 8);

  it.each<[string, readonly Uint8Array[]]>([
    ['samples of nothing', repeated(() => sflowPart(7), 8)],
    ['a source in each sample', repeated((at) => flowSample({ source: at }), 40)],
    [
      'records of nothing',
      [flowSample({ count: records }, ...Array<Uint8Array>(records).fill(sflowPart(9)))],
    ],
    [
      'whole packets',
      repeated((at) => flowSample({ sequence: at }, rawHeader(ethernet(0x0800, ipv4()))), 120),
    ],
  ])('take less than 20 ms of processor time with %s', (_, samples) => {
    const bed = new ForeignBed();
    const datagrams = Array.from({ length: 12 }, (_, sequence) => sflow({ sequence }, ...samples));
    // The fastest counts: others may include compiling, and the collection of garbage.
    const timesMs = datagrams.map((one) => {
      const before = threadTimeMs();
      bed.receive([one]);
      return threadTimeMs() - before;
    });
    expect(Math.min(...timesMs)).toBeLessThan(20);
    expect(bed.account('messages').received).toBe(12);
    bed.pass();
  });
});
