import fc from 'fast-check';
import { type FlowRecord, fieldNames, fieldOf } from '../../src/flow/index.ts';

/** The approximate time of the records. */
export const NOW_MS = Date.UTC(2026, 0, 31, 12);

const counter = fc.oneof(fc.constantFrom(0, 7, 8), fc.nat(), fc.maxSafeNat(), fc.constant(2 ** 63));
const time = fc.oneof(
  fc.constantFrom(NOW_MS, NOW_MS - 1, NOW_MS + 3_600_000, 1, 4e17),
  fc.integer({ min: NOW_MS - 800_000, max: NOW_MS + 50_000 }),
  fc.double({ min: NOW_MS - 10, max: NOW_MS + 10, noNaN: true }),
);
const text = fc.oneof(
  fc.constantFrom(
    '-',
    'both',
    'not UTF-8: \ufffd',
    '"',
    '\\',
    'a=b c="d"',
    '\n\t\u0000\u007f',
    '{"app":"web"}',
  ),
  fc.string({ unit: 'grapheme', minLength: 1 }),
);
const address = fc.oneof(fc.ipV4(), fc.constantFrom('::1', '2001:db8::1', 'fd00::a:0:0:1', '0.0.0.0', '::'));
const values = {
  address,
  string: text,
  unsigned8: fc.integer({ min: 0, max: 255 }),
  unsigned16: fc.integer({ min: 0, max: 65_535 }),
  unsigned32: fc.integer({ min: 0, max: 0xffff_ffff }),
  unsigned64: counter,
  time,
};
const common = { octetDeltaCount: 7, octetTotalCount: 7, packetDeltaCount: 7, packetTotalCount: 7 };

/** Any record; many fields have equal values. */
export const anyRecord = fc
  .tuple(
    fc.record(Object.fromEntries(fieldNames.map((name) => [name, values[fieldOf(name).storage]])), {
      requiredKeys: [],
    }),
    fc.constantFrom({}, common),
    fc.constantFrom({}, { protocolIdentifier: 6 }, { protocolIdentifier: 1 }),
  )
  .map((parts): FlowRecord => Object.assign({}, ...parts));
