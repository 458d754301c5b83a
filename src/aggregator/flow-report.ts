import {
  BatchLayout,
  type Columns,
  EndReason,
  elementsPerRow,
  FlowBatch,
  FlowType,
  fieldNames,
  fieldOf,
} from '../flow/index.ts';
import { type ColumnPlaces, columnPlaces } from './column-places.ts';
import { commonReported, commonTotal, greater } from './common-counters.ts';
import {
  counters,
  DESTINATION,
  DESTINATION_IP,
  DESTINATION_PORT,
  END,
  FLAGS,
  FLOW_ID,
  Flag,
  KEY,
  OCTETS,
  plainFields,
  REPORTED,
  REPORTED_END,
  REVERSE_OCTETS,
  ROW_DOUBLES,
  ROW_HALVES,
  ROW_OCTETS,
  ROW_WORDS,
  SERVICE_IP,
  SERVICE_PORT,
  SNAT_IP,
  SNAT_PORT,
  SOURCE,
  SOURCE_IP,
  SOURCE_PORT,
  START,
  TOTAL,
} from './flow-row.ts';
import type { FlowPage } from './flow-table.ts';
import type { Names } from './names.ts';

/** The columns of counters, in the order of `counters`. */
interface CounterColumns {
  readonly totals: readonly Float64Array[];
  readonly deltas: readonly Float64Array[];
  readonly throughput: Float64Array;
  readonly reverseThroughput: Float64Array;
}

const perNode = (columns: Columns, node: 'Source' | 'Destination'): CounterColumns => ({
  totals: counters.map((counter) => columns[`${counter}TotalCountFrom${node}Node`]),
  deltas: counters.map((counter) => columns[`${counter}DeltaCountFrom${node}Node`]),
  throughput: columns[`throughputFrom${node}Node`],
  reverseThroughput: columns[`reverseThroughputFrom${node}Node`],
});

/** Records that leave in one batch. */
const MOST_RECORDS = 1024;

/**
 * Rows of the flow table as records: totals, deltas and average rates since the previous report, per node and in common.
 * Writing changes nothing in the row; `settle` then says that what was written is reported.
 *
 * Records are written into a batch of its own and leave as a copy that is no larger than it has to be.
 * All ids are of the dictionary that `names` has when the report is made.
 */
export class FlowReport {
  readonly batch: FlowBatch;
  readonly #names: Names;
  readonly #clusterId: number;
  readonly #common: CounterColumns;
  readonly #fromSource: CounterColumns;
  readonly #fromDestination: CounterColumns;
  readonly #strings: ColumnPlaces<Uint32Array>;
  readonly #words: ColumnPlaces<Uint32Array>;
  readonly #halves: ColumnPlaces<Uint16Array>;
  readonly #octets: ColumnPlaces<Uint8Array>;

  constructor(names: Names, clusterId: string | undefined, capacity = MOST_RECORDS) {
    this.batch = new FlowBatch(layoutFor(capacity), names.dictionary);
    this.#names = names;
    this.#clusterId = clusterId === undefined ? 0 : names.dictionary.internText(clusterId);
    const { columns } = this.batch;
    this.#common = {
      totals: counters.map((counter) => columns[`${counter}TotalCount`]),
      deltas: counters.map((counter) => columns[`${counter}DeltaCount`]),
      throughput: columns.throughput,
      reverseThroughput: columns.reverseThroughput,
    };
    this.#fromSource = perNode(columns, 'Source');
    this.#fromDestination = perNode(columns, 'Destination');
    this.#strings = columnPlaces(this.batch, plainFields, 'string');
    this.#words = columnPlaces(this.batch, plainFields, 'unsigned32');
    this.#halves = columnPlaces(this.batch, plainFields, 'unsigned16');
    this.#octets = columnPlaces(this.batch, plainFields, 'unsigned8');
  }

  /** Adds the row to the batch, which must not be full. */
  write(page: FlowPage, at: number, reason: number): void {
    const { doubles, words } = page;
    const { columns } = this.batch;
    const i = this.batch.length++;
    const base = at * ROW_DOUBLES;
    this.#names.adopt(words, at * ROW_WORDS);
    const flags = words[at * ROW_WORDS + FLAGS]!;

    this.#writeCommon(i, doubles, base, flags);
    const first = (flags & Flag.hasSource) !== 0 ? SOURCE : DESTINATION;
    columns.flowId[i] = doubles[base + first + FLOW_ID] || Number.NaN;
    const sourceStart = (flags & Flag.hasSource) !== 0 ? doubles[base + SOURCE + START]! : 0;
    const destinationStart = (flags & Flag.hasDestination) !== 0 ? doubles[base + DESTINATION + START]! : 0;
    columns.flowStartMilliseconds[i] = earliest(sourceStart, destinationStart);
    columns.flowEndReason[i] = reason;

    const source = blockOf(flags, Flag.hasSource, base + SOURCE, base + DESTINATION);
    this.#writeNode(this.#fromSource, columns.flowEndSecondsFromSourceNode, i, doubles, source);
    const destination = blockOf(flags, Flag.hasDestination, base + DESTINATION, base + SOURCE);
    this.#writeNode(
      this.#fromDestination,
      columns.flowEndSecondsFromDestinationNode,
      i,
      doubles,
      destination,
    );

    this.#writeEnds(page, at, i);
    copyWords(words, at * ROW_WORDS, this.#strings, i);
    copyWords(words, at * ROW_WORDS, this.#words, i);
    copyHalves(page.halves, at * ROW_HALVES, this.#halves, i);
    copyOctets(page.octets, at * ROW_OCTETS, this.#octets, i);
    if (this.#clusterId !== 0) columns.clusterId[i] = this.#clusterId;
    if (columns.flowType[i] === FlowType.unspecified) columns.flowType[i] = typeByObservers(flags);
  }

  /** The records written since the last time, in a batch of their own; undefined when there are none. */
  take(): FlowBatch | undefined {
    const { batch } = this;
    if (batch.length === 0) return undefined;
    const taken = new FlowBatch(layoutFor(batch.length), batch.dictionary);
    for (const name of batch.layout.fields) {
      const elements = batch.length * elementsPerRow(fieldOf(name).storage);
      taken.columns[name].set(batch.columns[name].subarray(0, elements));
    }
    taken.length = batch.length;
    batch.length = 0;
    return taken;
  }

  #writeNode(
    into: CounterColumns,
    ends: Float64Array,
    i: number,
    doubles: Float64Array,
    block: number,
  ): void {
    if (block >= 0) {
      this.#writeCounters(into, i, doubles, block);
      ends[i] = doubles[block + END]!;
      return;
    }
    for (let k = 0; k < counters.length; k++) into.totals[k]![i] = into.deltas[k]![i] = Number.NaN;
    ends[i] = into.throughput[i] = into.reverseThroughput[i] = Number.NaN;
  }

  #writeCommon(i: number, doubles: Float64Array, base: number, flags: number): void {
    const into = this.#common;
    for (let k = 0; k < counters.length; k++) {
      const total = commonTotal(doubles, base, k);
      into.totals[k]![i] = total;
      into.deltas[k]![i] = total - commonReported(doubles, base, flags, k);
    }
    const [source, destination] = [base + SOURCE, base + DESTINATION];
    const end = greater(doubles[source + END]!, doubles[destination + END]!);
    const reportedEnd = greater(doubles[source + REPORTED_END]!, doubles[destination + REPORTED_END]!);
    this.batch.columns.flowEndMilliseconds[i] = end;
    writeRates(into, i, end - reportedEnd);
  }

  #writeCounters(into: CounterColumns, i: number, doubles: Float64Array, block: number): void {
    for (let k = 0; k < counters.length; k++) {
      const total = doubles[block + TOTAL + k]!;
      into.totals[k]![i] = total;
      into.deltas[k]![i] = total - doubles[block + REPORTED + k]!;
    }
    writeRates(into, i, doubles[block + END]! - doubles[block + REPORTED_END]!);
  }

  #writeEnds({ words, halves }: FlowPage, at: number, i: number): void {
    const { columns } = this.batch;
    const row = at * ROW_WORDS;
    const half = at * ROW_HALVES;
    this.#writeAddress(words, row + SOURCE_IP, row + KEY, columns.sourceIP, i * 4);
    this.#writeAddress(words, row + DESTINATION_IP, row + KEY + 4, columns.destinationIP, i * 4);
    this.#writeAddress(words, row + SERVICE_IP, -1, columns.destinationServiceIP, i * 4);
    this.#writeAddress(words, row + SNAT_IP, -1, columns.proxySnatIP, i * 4);
    columns.sourceTransportPort[i] = halves[half + SOURCE_PORT]!;
    columns.destinationTransportPort[i] = halves[half + DESTINATION_PORT]!;
    columns.destinationServicePort[i] = halves[half + SERVICE_PORT]!;
    columns.proxySnatPort[i] = halves[half + SNAT_PORT]!;
    columns.protocolIdentifier[i] = words[row + KEY + 9]! & 0xff;
  }

  /** The address whose id is at `id`; when there is none, the key's at `key`, or no address. */
  #writeAddress(words: Uint32Array, id: number, key: number, into: Uint32Array, to: number): void {
    if (words[id] !== 0) this.#names.readAddress(words[id]!, into, to);
    else for (let i = 0; i < 4; i++) into[to + i] = key < 0 ? 0 : words[key + i]!;
  }
}

/** @param ms that the deltas cover */
function writeRates(into: CounterColumns, i: number, ms: number): void {
  const scale = ms > 0 ? 8000 / ms : Number.NaN;
  into.throughput[i] = Math.round(into.deltas[OCTETS]![i]! * scale);
  into.reverseThroughput[i] = Math.round(into.deltas[REVERSE_OCTETS]![i]! * scale);
}

function copyWords(from: Uint32Array, base: number, into: ColumnPlaces<Uint32Array>, i: number): void {
  const { all, starts, offsets } = into;
  for (let n = 0; n < starts.length; n++) all[starts[n]! + i] = from[base + offsets[n]!]!;
}

function copyHalves(from: Uint16Array, base: number, into: ColumnPlaces<Uint16Array>, i: number): void {
  const { all, starts, offsets } = into;
  for (let n = 0; n < starts.length; n++) all[starts[n]! + i] = from[base + offsets[n]!]!;
}

function copyOctets(from: Uint8Array, base: number, into: ColumnPlaces<Uint8Array>, i: number): void {
  const { all, starts, offsets } = into;
  for (let n = 0; n < starts.length; n++) all[starts[n]! + i] = from[base + offsets[n]!]!;
}

/** Marks everything that the row has as reported. */
export function settle({ doubles, words }: FlowPage, at: number, reason: number): void {
  const base = at * ROW_DOUBLES;
  const slot = at * ROW_WORDS + FLAGS;
  let flags = words[slot]!;
  flags &= ~(Flag.changed | Flag.sourceMidway | Flag.destinationMidway);
  flags |= Flag.reported;
  if (reason === EndReason.end) flags |= Flag.endReported;
  words[slot] = flags;
  if ((flags & Flag.hasSource) !== 0) settleBlock(doubles, base + SOURCE);
  if ((flags & Flag.hasDestination) !== 0) settleBlock(doubles, base + DESTINATION);
}

function settleBlock(doubles: Float64Array, block: number): void {
  for (let k = 0; k < counters.length; k++) {
    const total = doubles[block + TOTAL + k]!;
    if (!Number.isNaN(total)) doubles[block + REPORTED + k] = total;
  }
  doubles[block + REPORTED_END] = doubles[block + END]!;
}

/** A node's block: its own, or that of the one observer that stands for both; -1 for none. */
function blockOf(flags: number, own: number, block: number, other: number): number {
  if ((flags & Flag.neitherEnd) !== 0) return -1;
  if ((flags & own) !== 0) return block;
  return (flags & Flag.bothEnds) !== 0 ? other : -1;
}

/** What the observers tell of a flow whose agents do not say where its ends are. */
function typeByObservers(flags: number): number {
  if ((flags & Flag.bothEnds) !== 0) return FlowType.intraNode;
  const both = Flag.hasSource | Flag.hasDestination;
  return (flags & both) === both ? FlowType.interNode : FlowType.unspecified;
}

/** The earlier of two times of which 0 is unknown. */
function earliest(one: number, other: number): number {
  if (one === 0 || other === 0) return one || other || Number.NaN;
  return Math.min(one, other);
}

const layouts = new Map<number, BatchLayout>();

/** Layouts are made for powers of two. */
function layoutFor(rows: number): BatchLayout {
  const capacity = 2 ** Math.ceil(Math.log2(rows));
  let layout = layouts.get(capacity);
  if (layout === undefined) {
    layout = new BatchLayout(fieldNames, capacity);
    layouts.set(capacity, layout);
  }
  return layout;
}
