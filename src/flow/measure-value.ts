import type { Columns } from './columns.ts';
import { EndReason, Protocol, RuleAction } from './enumerations.ts';
import type { FieldName } from './fields.ts';
import type { FlowBatch } from './flow-batch.ts';
import type { MeasureName } from './measure.ts';

/** The measures that are sums of counters, and the counters of each. */
export const summedCounters = {
  octets: ['octetDeltaCount', 'reverseOctetDeltaCount'],
  sentOctets: ['octetDeltaCount'],
  receivedOctets: ['reverseOctetDeltaCount'],
  packets: ['packetDeltaCount', 'reversePacketDeltaCount'],
  sentPackets: ['packetDeltaCount'],
  receivedPackets: ['reversePacketDeltaCount'],
} as const satisfies Partial<Record<MeasureName, readonly FieldName[]>>;

export type SummedMeasure = keyof typeof summedCounters;
/** The measures that count records of some kind. */
export type CountedMeasure = Exclude<MeasureName, SummedMeasure>;

export const isSummed = (name: MeasureName): name is SummedMeasure => name in summedCounters;

/** The counters of a flow: its total, and its growth since the record before. */
export const counterPairs = [
  ['octetTotalCount', 'octetDeltaCount'],
  ['packetTotalCount', 'packetDeltaCount'],
  ['reverseOctetTotalCount', 'reverseOctetDeltaCount'],
  ['reversePacketTotalCount', 'reversePacketDeltaCount'],
] as const;

/** The greatest count that 64 bits and a double can both hold. A count above it is none, as in files. */
export const MOST_COUNT = 2 ** 64 - 2048;

/** The whole number that a counter has; NaN for none. */
export const knownCount = (count: number): number =>
  count >= 0 && count <= MOST_COUNT ? Math.round(count) : Number.NaN;

/** Adds what a measure is in the rows of a batch. */
export function measureAdder(name: MeasureName, { columns, dictionary }: FlowBatch): AddRow {
  if (isSummed(name)) {
    const counters = summedCounters[name].map((field) => columns[field]);
    return (row, sum) => {
      for (const counter of counters) sum.add(knownCount(counter[row]!) || 0);
    };
  }
  const counts = recordTest(name, { columns, dictionary });
  return (row, sum) => {
    if (counts(row)) sum.add(1);
  };
}

/** Tells which rows of a batch a measure counts. */
export function recordTest(
  name: CountedMeasure,
  { columns, dictionary }: Pick<FlowBatch, 'columns' | 'dictionary'>,
): (row: number) => boolean {
  return conditions[name](columns, (id) => dictionary.text(id));
}

/** What the counts of rows are added to. */
export interface SumOfRows {
  /** @param count a whole number */
  add(count: number): void;
}

type AddRow = (row: number, sum: SumOfRows) => void;

/** A sum of whole numbers without a bound. */
export class ExactSum implements SumOfRows {
  /** Always below 2^53. */
  #small = 0;
  #large = 0n;

  add(count: number): void {
    const sum = this.#small + count;
    if (sum <= Number.MAX_SAFE_INTEGER) this.#small = sum;
    else this.addLarge(BigInt(count));
  }

  addLarge(count: bigint): void {
    this.#large += count;
  }

  get value(): bigint {
    return this.#large + BigInt(this.#small);
  }
}

type Condition = (columns: Columns, textOf: (id: number) => string) => (row: number) => boolean;

/**
 * Which records count. One record tells less than the life of a flow: metrics count a flow once for all, here
 * a record counts by itself.
 */
const conditions: Readonly<Record<CountedMeasure, Condition>> = {
  records: () => () => true,
  flows: isFirstIn,
  deniedFlows: (columns) => {
    const isFirst = isFirstIn(columns);
    // Few are denied.
    return (row) => isDenied(columns, row) && isFirst(row);
  },
  unansweredFlows: (columns) => (row) =>
    isLast(columns, row) &&
    !isDenied(columns, row) &&
    (columns.protocolIdentifier[row] === Protocol.tcp || columns.protocolIdentifier[row] === Protocol.udp) &&
    columns.reversePacketTotalCount[row] === 0,
  resetFlows: (columns, textOf) => (row) =>
    isLast(columns, row) &&
    columns.protocolIdentifier[row] === Protocol.tcp &&
    isReset(columns.tcpControlBits[row]!, columns.tcpState[row]!, textOf),
};

const growthFields: readonly FieldName[] = counterPairs.flat();
const denialFields = ['ingressNetworkPolicyRuleAction', 'egressNetworkPolicyRuleAction'] as const;

/** The fields that the conditions read. */
const conditionFields: Readonly<Record<CountedMeasure, readonly FieldName[]>> = {
  records: [],
  flows: growthFields,
  deniedFlows: [...growthFields, ...denialFields],
  unansweredFlows: ['flowEndReason', 'protocolIdentifier', 'reversePacketTotalCount', ...denialFields],
  resetFlows: ['flowEndReason', 'protocolIdentifier', 'tcpControlBits', 'tcpState'],
};

/** The fields from which a measure is read. */
export const fieldsOfMeasure = (name: MeasureName): readonly FieldName[] =>
  isSummed(name) ? summedCounters[name] : conditionFields[name];

/** The first record of a flow that has been counted since it began: its growth is all of it. */
function isFirstIn(columns: Columns): (row: number) => boolean {
  const totals = counterPairs.map(([total]) => columns[total]);
  const deltas = counterPairs.map(([, delta]) => columns[delta]);
  return (row) => {
    let hasCounts = false;
    for (let i = 0; i < totals.length; i++) {
      const count = knownCount(totals[i]![row]!);
      const growth = knownCount(deltas[i]![row]!);
      if (count !== growth && !(Number.isNaN(count) && Number.isNaN(growth))) return false;
      if (count > 0) hasCounts = true;
    }
    return hasCounts;
  };
}

const isDenied = (columns: Columns, row: number): boolean =>
  isDenial(columns.ingressNetworkPolicyRuleAction[row]!) ||
  isDenial(columns.egressNetworkPolicyRuleAction[row]!);

const isDenial = (action: number): boolean => action === RuleAction.drop || action === RuleAction.reject;

function isLast({ flowEndReason }: Columns, row: number): boolean {
  return flowEndReason[row] === EndReason.end || flowEndReason[row] === EndReason.idle;
}

/** TCP control bits, RFC 9293 section 3.1. */
export const TCP_FIN = 1;
export const TCP_RST = 4;

/** By the flags seen, or by the kernel's state: a reset leads to CLOSE without a FIN. */
const isReset = (bits: number, state: number, textOf: (id: number) => string): boolean =>
  (bits & TCP_RST) !== 0 || ((bits & TCP_FIN) === 0 && state !== 0 && textOf(state) === 'CLOSE');
