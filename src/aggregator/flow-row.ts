/**
 * The layout of a flow in a row of the flow table. Everything is at a fixed place, largest first, so that one
 * buffer serves as doubles, 32-bit words, 16-bit halves and octets at once:
 *
 *     doubles   12 for the source observer, 12 for the destination observer (see below)
 *     words     10 of the key, flags, TCP state, 4 addresses as ids, each other `string`, `unsigned32` field
 *     halves    the 4 ports as reported, then every other `unsigned16` field
 *     octets    every `unsigned8` field
 *
 * The fields are those of the table in src/flow: a field that is added there is kept here.
 *
 * Values that nearly every record touches (totals, times, key, flags, TCP state) lie side by side. With many
 * flows, cache misses take most of a record's time.
 *
 * An observer is a node that reports the flow: the node of its source or of its destination. A flow with one
 * observer (both ends on one node, a router, one end outside) uses one of the two blocks. The other counts
 * nothing: its totals are NaN.
 */
import { enricherFields, type FieldName, fieldNames, fieldOf, proxyFields } from '../flow/index.ts';
import { sharedNames } from './shared-names.ts';

/** The four counters of an observer, in the order of its block; names of fields begin with them. */
export const counters = ['octet', 'packet', 'reverseOctet', 'reversePacket'] as const;
export const OCTET = 0;
export const REVERSE_OCTET = 2;

/** Greatest totals seen; NaN when this observer does not count, or is absent. */
export const TOTAL = 0;
/** Milliseconds since 1970; 0 when the observer does not report it. */
export const START = 8;
export const END = 9;
/**
 * The observer's number for the connection; 0 for none; NaN when no further record can belong to this flow.
 */
export const FLOW_ID = 10;
/** `END` at the last report; NaN when unknown. */
export const REPORTED_END = 11;
/** Totals at the last report. At first: totals that were reported before this flow was ours. */
export const REPORTED = 16;

/** Where an observer's values begin, in doubles from the row's first: the two alternate, four at a time. */
export const SOURCE = 0;
export const DESTINATION = 4;
const DOUBLES = 24;

let octets = DOUBLES * 8;
/** Reserves `count` values of a size; returns the offset in units of that size. */
function reserveValues(size: 1 | 2 | 4, count = 1): number {
  const offset = octets / size;
  octets += size * count;
  return offset;
}

export const KEY_WORDS = 10;
export const KEY = reserveValues(4, KEY_WORDS);
export const FLAGS = reserveValues(4);
/** The one name that nearly every record sends again. */
export const TCP_STATE = reserveValues(4);
/**
 * Addresses that differ from the key's (sources, destinations) or are not in it: ids of `Names.addresses`, 0
 * for none.
 */
export const SOURCE_IP = reserveValues(4);
export const DESTINATION_IP = reserveValues(4);
export const SERVICE_IP = reserveValues(4);
export const SNAT_IP = reserveValues(4);

const ports = [
  'sourceTransportPort',
  'destinationTransportPort',
  'destinationServicePort',
  'proxySnatPort',
] as const satisfies readonly FieldName[];

/** Kept elsewhere: in the key, in the flags, as a port; or not at all. */
const special = new Set<FieldName>([
  ...ports,
  'protocolIdentifier',
  'flowEndReason',
  'observationPointId',
  'tcpState',
  ...sharedNames.map(({ foreign }) => foreign),
  ...enricherFields,
  ...proxyFields,
]);

/** A field that is kept unchanged. */
export interface PlainField {
  readonly name: FieldName;
  /** The view of the row that holds it. */
  readonly storage: 'string' | 'unsigned32' | 'unsigned16' | 'unsigned8';
  /** In units of that view. */
  readonly offset: number;
}

const sizes = { string: 4, unsigned32: 4, unsigned16: 2, unsigned8: 1 } as const;

const plainFieldsOf = (storage: PlainField['storage']): PlainField[] =>
  fieldNames
    .filter((name) => fieldOf(name).storage === storage && !special.has(name))
    .map((name) => ({ name, storage, offset: reserveValues(sizes[storage]) }));

const tcpState: PlainField = { name: 'tcpState', storage: 'string', offset: TCP_STATE };
const strings = [tcpState, ...plainFieldsOf('string')];
const words = plainFieldsOf('unsigned32');
export const SOURCE_PORT = reserveValues(2);
export const DESTINATION_PORT = reserveValues(2);
export const SERVICE_PORT = reserveValues(2);
export const SNAT_PORT = reserveValues(2);
/** The fields of any row, but for the names that foreign exporters alone have. */
export const plainFields: readonly PlainField[] = [
  ...strings,
  ...words,
  ...plainFieldsOf('unsigned16'),
  ...plainFieldsOf('unsigned8'),
];
/** The names that foreign exporters alone have. */
export const foreignNames: readonly PlainField[] = sharedNames.map(({ foreign, own }) => ({
  name: foreign,
  storage: 'string',
  offset: plainFields.find(({ name }) => name === own)!.offset,
}));
/** Offsets of the names, all in words. */
export const stringOffsets: readonly number[] = strings.map(({ offset }) => offset);

const offsetOf = (name: FieldName): number => plainFields.find((field) => field.name === name)!.offset;
export const TCP_CONTROL_BITS = offsetOf('tcpControlBits');
export const BIFLOW_DIRECTION = offsetOf('biflowDirection');
export const FLOW_TYPE = offsetOf('flowType');

export const ROW_OCTETS = Math.ceil(octets / 8) * 8;
export const ROW_DOUBLES = ROW_OCTETS / 8;
export const ROW_WORDS = ROW_OCTETS / 4;
export const ROW_HALVES = ROW_OCTETS / 2;

/** Flags of a row. The lowest eight bits are the end reason of the latest record. */
export const FlowFlag = {
  endReason: 0xff,
  hasSource: 1 << 8,
  hasDestination: 1 << 9,
  /** One observer has both ends: its counters stand for both nodes. */
  bothEnds: 1 << 10,
  /** One observer has neither end, like a router: there are only common counters. */
  neitherEnd: 1 << 11,
  sourceEnded: 1 << 12,
  destinationEnded: 1 << 13,
  /** The first report waits for the other node's half. */
  waiting: 1 << 14,
  /** Something is not yet reported. */
  changed: 1 << 15,
  reported: 1 << 16,
  /** An observer's first totals were not all ours, and nothing has been reported since. */
  sourceMidway: 1 << 17,
  destinationMidway: 1 << 18,
  /** The row is also found under its destination before NAT. */
  hasAlias: 1 << 19,
  /** Which of two generations of names the row's ids belong to. */
  generation: 1 << 20,
  /** The wait for the other half was in vain. */
  uncorrelated: 1 << 21,
  /** The last report had the end of the flow. */
  endReported: 1 << 22,
  /** Something may be known that the last report lacked: names, addresses, the flow type. */
  named: 1 << 23,
  /** An earlier aggregator may have counted, from the other node, what this half has in its first report. */
  toldByOther: 1 << 24,
  /** It was here before: what is excluded now was reported then. */
  hasDeparted: 1 << 25,
  /** Another row has the other half of this traffic and counts it (`Counterparts`). */
  countedElsewhere: 1 << 26,
  /** Of a foreign exporter: its names are those of `foreignNames`. */
  foreign: 1 << 27,
  /** By the hosts' clocks it began before this aggregator, and another node may report it, too. */
  older: 1 << 28,
} as const;

/** The flags that concern the observer of a block, `SOURCE` or `DESTINATION`. */
export const presenceFlag = (block: number): number =>
  block === SOURCE ? FlowFlag.hasSource : FlowFlag.hasDestination;
export const endFlag = (block: number): number =>
  block === SOURCE ? FlowFlag.sourceEnded : FlowFlag.destinationEnded;
export const midwayFlag = (block: number): number =>
  block === SOURCE ? FlowFlag.sourceMidway : FlowFlag.destinationMidway;

/** The first report waits for the other half no longer. @returns whether it did */
export function endWait(words: Uint32Array, slot: number): boolean {
  const flags = words[slot]!;
  if ((flags & FlowFlag.waiting) === 0) return false;
  words[slot] = (flags & ~FlowFlag.waiting) | FlowFlag.uncorrelated;
  return true;
}
