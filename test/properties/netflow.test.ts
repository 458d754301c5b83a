import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ForeignBed } from '../support/foreign-bed.ts';
import { exportTime } from '../support/foreign-messages.ts';
import { octets, set, u16 } from '../support/ipfix-octets.ts';
import {
  v1,
  v1Record,
  v5,
  v5Record,
  v7,
  v7Record,
  v9,
  v9Options,
  v9Template,
} from '../support/netflow-octets.ts';
import { threadTimeMs } from '../support/thread-time.ts';

const runs = process.env.CI === undefined ? 200 : 1000;
/** Types that mean something to Weir, and any. */
const type = fc.oneof(
  fc.constantFrom(
    1,
    2,
    4,
    6,
    7,
    8,
    10,
    11,
    12,
    21,
    22,
    23,
    27,
    28,
    34,
    48,
    50,
    82,
    152,
    153,
    160,
    225,
    226,
    231,
  ),
  fc.integer({ min: 0, max: 65_535 }),
);
const length = fc.oneof(
  fc.constantFrom(1, 2, 4, 8, 16),
  fc.integer({ min: 0, max: 40 }),
  fc.constant(65_535),
);
const field = fc.tuple(type, length);
const templateId = fc.integer({ min: 254, max: 262 });
const anyOctets = fc.uint8Array({ maxLength: 300 });

/** A set of any kind; templates and their data share a few ids. */
const anySet = fc.oneof(
  fc.tuple(templateId, fc.array(field, { maxLength: 12 })).map(([id, fields]) => v9Template(id, ...fields)),
  fc
    .tuple(
      templateId,
      fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), length), { maxLength: 3 }),
      fc.array(field, { maxLength: 6 }),
    )
    .map(([id, scope, fields]) => v9Options(id, scope, ...fields)),
  fc.tuple(templateId, anyOctets).map(([id, content]) => set(id, content)),
  fc.tuple(fc.integer({ min: 0, max: 400 }), anyOctets).map(([id, content]) => set(id, content)),
);

const seconds = fc.oneof(fc.constant(exportTime), fc.nat());
const number = fc.nat({ max: 2 ** 32 - 1 });
const v9Message = fc
  .record({
    header: fc.record({
      count: fc.nat({ max: 60 }),
      uptimeMs: number,
      seconds,
      sequence: fc.nat({ max: 20 }),
      source: fc.nat({ max: 2 }),
    }),
    sets: fc.array(anySet, { maxLength: 6 }),
  })
  .map(({ header, sets }) => v9(header, ...sets));
/** Of one of the versions without templates. */
const fixedMessage = fc
  .record({
    version: fc.constantFrom(1, 5, 7),
    header: fc.record({
      count: fc.nat({ max: 35 }),
      uptimeMs: number,
      seconds,
      nanoseconds: number,
      sequence: fc.nat({ max: 90 }),
      sampling: fc.nat({ max: 65_535 }),
    }),
    records: fc.array(fc.record({ packets: number, octets: number, first: number, last: number }), {
      maxLength: 5,
    }),
  })
  .map(({ version, header, records }) => {
    if (version === 1) return v1(header, ...records.map(v1Record));
    return version === 5 ? v5(header, ...records.map(v5Record)) : v7(header, ...records.map(v7Record));
  });

/** Breaks one thing: an octet, two octets that may be a length, the end, or nothing. */
const damage = fc.oneof(
  fc.constant((message: Uint8Array) => message),
  fc.tuple(fc.nat(), fc.nat({ max: 255 })).map(([at, value]) => (message: Uint8Array) => {
    const broken = message.slice();
    broken[2 + (at % Math.max(1, message.length - 2))] = value; // the version stays
    return broken;
  }),
  fc.tuple(fc.nat(), fc.nat({ max: 65_535 })).map(([at, value]) => (message: Uint8Array) => {
    const broken = message.slice();
    broken.set(u16(value).subarray(0, 2), 2 + (at % Math.max(1, message.length - 4)));
    return broken;
  }),
  fc.nat().map((at) => (message: Uint8Array) => message.subarray(0, 2 + (at % message.length))),
  anyOctets.map((more) => (message: Uint8Array) => octets(message, more)),
);
const anyMessage = fc
  .tuple(fc.oneof(v9Message, fixedMessage), damage)
  .map(([message, damaged]) => damaged(message));

describe('any session of NetFlow', () => {
  it('is read without an exception, and each record of it is accounted for', () => {
    fc.assert(
      fc.property(fc.array(anyMessage, { minLength: 1, maxLength: 12 }), (messages) => {
        const bed = new ForeignBed();
        bed.receive(messages);
        bed.pass();
        const { received, sent, dropped } = bed.account();
        expect(sent + Object.values(dropped).reduce((sum, count) => sum + count, 0)).toBe(received);
        const account = bed.account('messages');
        expect(account.received).toBe(messages.length);
        for (const flow of bed.collected) {
          for (const time of [flow.flowStartMilliseconds, flow.flowEndMilliseconds]) {
            if (time !== undefined) expect(time).toBeGreaterThanOrEqual(0);
          }
          if (flow.flowEndMilliseconds !== undefined)
            expect(flow.flowEndMilliseconds).toBeLessThanOrEqual(exportTime * 1000 + 300_000);
        }
      }),
      { numRuns: runs },
    );
  });
});

describe('the largest datagrams of NetFlow v9', () => {
  const most = 65_507 - 20;
  const repeated = (part: Uint8Array) =>
    octets(...Array<Uint8Array>(Math.floor((most - 4) / part.length)).fill(part));
  const wide = v9Template(256, ...Array.from({ length: 16_000 }, (_, i) => [i % 300, 1] as const));

  it.each<[string, Uint8Array]>([
    ['templates of one field', set(0, repeated(octets(u16(300), u16(1), u16(4), u16(1))))],
    ['a template of 16,000 fields', wide],
    ['padding up to its last octet', set(0, new Uint8Array(most - 5), 1)],
  ])('take less than 20 ms of processor time with %s', (_, content) => {
    const bed = new ForeignBed();
    const messages = Array.from({ length: 12 }, (_, sequence) =>
      v9({ seconds: exportTime, sequence }, content),
    );
    // The fastest counts: others may include compiling, and the collection of garbage.
    const timesMs = messages.map((message) => {
      const before = threadTimeMs();
      bed.receive([message]);
      return threadTimeMs() - before;
    });
    expect(Math.min(...timesMs)).toBeLessThan(20);
  });
});
