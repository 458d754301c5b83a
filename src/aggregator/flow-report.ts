import { Dictionary, EndReason, type FieldName, FlowBatch, fieldNames, proxyFields } from '../flow/index.ts';
import { columnPlaceOf, type Views, viewsOf } from './column-places.ts';
import { commonReported, commonTotal, earlierOf, greaterOf, MIDWAY } from './common-counters.ts';
import { FieldCopy, fieldPlacesOf } from './field-copy.ts';
import {
  counters,
  DESTINATION,
  DESTINATION_IP,
  DESTINATION_PORT,
  END,
  FLAGS,
  FLOW_ID,
  FlowFlag,
  KEY,
  OCTET,
  REPORTED,
  REPORTED_END,
  REVERSE_OCTET,
  ROW_DOUBLES,
  ROW_HALVES,
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
import { sampledOf, samplingIntervalOf, settleSample } from './foreign-flows.ts';
import type { Names } from './names.ts';
import { MOST_RECORDS, RecordLayouts, sharedBatch } from './record-batches.ts';

/** Where the columns of counters begin in the view of doubles; the four in the order of `counters`. */
interface CounterPlaces {
  readonly totals: readonly number[];
  readonly deltas: readonly number[];
  readonly throughput: number;
  readonly reverseThroughput: number;
}

function counterPlaces(batch: FlowBatch, node: '' | 'FromSourceNode' | 'FromDestinationNode'): CounterPlaces {
  return {
    totals: counters.map((counter) => columnPlaceOf(batch, `${counter}TotalCount${node}`)),
    deltas: counters.map((counter) => columnPlaceOf(batch, `${counter}DeltaCount${node}`)),
    throughput: columnPlaceOf(batch, `throughput${node}`),
    reverseThroughput: columnPlaceOf(batch, `reverseThroughput${node}`),
  };
}

/** A report tells by the counters of each node who observed the flow. No single exporter has sent it. */
const unreported = new Set<FieldName>(['observationPointId', ...proxyFields]);
const layouts = new RecordLayouts(fieldNames.filter((name) => !unreported.has(name)));

/** Shows where the columns are in any batch of its size. */
const sample = new FlowBatch(layouts.layoutFor(MOST_RECORDS), new Dictionary());
const common = counterPlaces(sample, '');
const fromSource = counterPlaces(sample, 'FromSourceNode');
const fromDestination = counterPlaces(sample, 'FromDestinationNode');
/** Places of the rates of one direction, for each node. */
interface NodeRates {
  readonly fromSource: number;
  readonly fromDestination: number;
}

const throughputs: NodeRates = {
  fromSource: fromSource.throughput,
  fromDestination: fromDestination.throughput,
};
const reverseThroughputs: NodeRates = {
  fromSource: fromSource.reverseThroughput,
  fromDestination: fromDestination.reverseThroughput,
};
const flowEndFromSource = columnPlaceOf(sample, 'flowEndSecondsFromSourceNode');
const flowEndFromDestination = columnPlaceOf(sample, 'flowEndSecondsFromDestinationNode');
const samplingInterval = columnPlaceOf(sample, 'samplingInterval');
const sampledNames = (['Octet', 'Packet', 'ReverseOctet', 'ReversePacket'] as const).map(
  (counter) => `sampled${counter}DeltaCount` as const,
);
const sampledDeltas = sampledNames.map((name) => columnPlaceOf(sample, name));
const fieldPlaces = fieldPlacesOf(sample);

/**
 * Rows of the flow table as records: totals, deltas and average rates since the previous report, per node and
 * in common. Writing changes nothing in the row; `settle` then marks the written values as reported.
 *
 * A full batch leaves as it is, and a partial one as a minimal copy. All ids are of the dictionary that
 * `names` has when the report is made.
 */
export class FlowReport {
  readonly #names: Names;
  readonly #clusterId: number;
  readonly #spare: () => FlowBatch | undefined;
  #batch: FlowBatch;
  #views: Views;
  #fields: FieldCopy;

  /** @param spare returns batches for refilling */
  constructor(
    names: Names,
    clusterId: string | undefined,
    spare: () => FlowBatch | undefined = () => undefined,
  ) {
    this.#names = names;
    this.#spare = spare;
    this.#clusterId = clusterId === undefined ? 0 : names.dictionary.internText(clusterId);
    this.#batch = emptyBatch(names.dictionary);
    this.#views = viewsOf(this.#batch);
    this.#fields = this.#fieldCopy();
  }

  /** The batch to which `write` adds its records. */
  get batch(): FlowBatch {
    return this.#batch;
  }

  /** Adds the row to the batch, which must not be full. */
  write(page: FlowPage, at: number, reason: number): void {
    const { doubles, words } = page;
    const batch = this.#batch;
    const views = this.#views;
    const { columns } = batch;
    const i = batch.length++;
    const base = at * ROW_DOUBLES;
    this.#names.adopt(page, at);
    const flags = words[at * ROW_WORDS + FLAGS]!;

    // A row of the batch may have been written before.
    if ((flags & FlowFlag.neitherEnd) !== 0 || !Number.isNaN(views.doubles[samplingInterval + i]))
      writeSample(views.doubles, i, doubles, base, flags);
    columns.flowEndMilliseconds[i] = greaterOf(
      doubles[base + SOURCE + END]!,
      doubles[base + DESTINATION + END]!,
    );
    const first = (flags & FlowFlag.hasSource) !== 0 ? SOURCE : DESTINATION;
    columns.flowId[i] = doubles[base + first + FLOW_ID] || Number.NaN;
    const sourceStart = (flags & FlowFlag.hasSource) !== 0 ? doubles[base + SOURCE + START]! : 0;
    const destinationStart =
      (flags & FlowFlag.hasDestination) !== 0 ? doubles[base + DESTINATION + START]! : 0;
    columns.flowStartMilliseconds[i] = earlierOf(sourceStart, destinationStart);
    columns.flowEndReason[i] = reason;

    const source = blockOf(flags, FlowFlag.hasSource, base + SOURCE, base + DESTINATION);
    writeNode(views.doubles, fromSource, flowEndFromSource, i, doubles, source);
    const destination = blockOf(flags, FlowFlag.hasDestination, base + DESTINATION, base + SOURCE);
    writeNode(views.doubles, fromDestination, flowEndFromDestination, i, doubles, destination);
    writeCommon(views.doubles, i, doubles, base, flags);

    this.#writeEnds(page, at, i);
    this.#fields.add(page, at);
  }

  /**
   * Completes the records: until then they may lack names and other plain fields, and their rows must keep
   * them.
   */
  complete(): void {
    this.#fields.finish();
  }

  /** The records written since the last call; undefined when there are none. */
  take(): FlowBatch | undefined {
    const batch = this.#batch;
    if (batch.length === 0) return undefined;
    this.complete();
    const taken = batch.isFull ? batch : layouts.moveRows(batch);
    if (taken === batch) {
      this.#batch = this.#nextBatch(batch.dictionary);
      this.#views = viewsOf(this.#batch);
    }
    this.#fields = this.#fieldCopy();
    return taken;
  }

  #fieldCopy(): FieldCopy {
    return new FieldCopy(this.#batch, this.#views, fieldPlaces, this.#clusterId);
  }

  #nextBatch(dictionary: Dictionary): FlowBatch {
    const spare = this.#spare();
    if (spare?.layout !== sample.layout) return emptyBatch(dictionary);
    spare.length = 0;
    spare.dictionary = dictionary;
    return spare;
  }

  #writeEnds({ words, halves }: FlowPage, at: number, i: number): void {
    const { columns } = this.#batch;
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

  /** The address whose id is at `id`; without one, the key's at `key`, or no address. */
  #writeAddress(words: Uint32Array, id: number, key: number, into: Uint32Array, to: number): void {
    if (words[id] !== 0) this.#names.readAddress(words[id]!, into, to);
    else for (let i = 0; i < 4; i++) into[to + i] = key < 0 ? 0 : words[key + i]!;
  }
}

/** A batch without sampled flows, which are rare. */
function emptyBatch(dictionary: Dictionary): FlowBatch {
  const batch = sharedBatch(sample.layout, dictionary);
  batch.columns.samplingInterval.fill(Number.NaN);
  for (const name of sampledNames) batch.columns[name].fill(Number.NaN);
  return batch;
}

/** Call after the nodes' counters: the common one nearly always equals one of them. */
function writeCommon(
  into: Float64Array,
  i: number,
  doubles: Float64Array,
  base: number,
  flags: number,
): void {
  for (let k = 0; k < counters.length; k++) {
    const total = commonTotal(doubles, base, k);
    into[common.totals[k]! + i] = total;
    into[common.deltas[k]! + i] = total - commonReported(doubles, base, flags, k);
  }
  into[common.throughput + i] = commonRate(into, i, doubles, base, OCTET, throughputs);
  into[common.reverseThroughput + i] = commonRate(into, i, doubles, base, REVERSE_OCTET, reverseThroughputs);
}

/**
 * The rate of the common delta of counter `k`. It is that of the node with this count, as long as it begins
 * at that node's own last report, because two nodes' clocks differ.
 */
function commonRate(
  into: Float64Array,
  i: number,
  doubles: Float64Array,
  base: number,
  k: number,
  rates: NodeRates,
): number {
  const total = into[common.totals[k]! + i]!;
  const delta = into[common.deltas[k]! + i]!;
  const [ofSource, ofDestination] = [into[rates.fromSource + i]!, into[rates.fromDestination + i]!];
  const isOfSource = into[fromSource.totals[k]! + i] === total && into[fromSource.deltas[k]! + i] === delta;
  if (isOfSource && !Number.isNaN(ofSource)) return ofSource;
  const isOfDestination =
    into[fromDestination.totals[k]! + i] === total && into[fromDestination.deltas[k]! + i] === delta;
  if (isOfDestination && !Number.isNaN(ofDestination)) return ofDestination;
  if (isOfSource || isOfDestination) return Number.NaN;
  const [source, destination] = [base + SOURCE, base + DESTINATION];
  const end = greaterOf(doubles[source + END]!, doubles[destination + END]!);
  const reportedEnd = greaterOf(doubles[source + REPORTED_END]!, doubles[destination + REPORTED_END]!);
  return bitRateOf(delta, end - reportedEnd);
}

/** A sampling foreign exporter's counts before scaling. */
function writeSample(
  into: Float64Array,
  i: number,
  doubles: Float64Array,
  base: number,
  flags: number,
): void {
  const interval = samplingIntervalOf(doubles, base, flags);
  const isSampled = !Number.isNaN(interval);
  into[samplingInterval + i] = interval;
  for (let k = 0; k < counters.length; k++) {
    into[sampledDeltas[k]! + i] = isSampled ? sampledOf(doubles, base, k) : Number.NaN;
  }
}

/** The values of one node, if it reports. */
function writeNode(
  into: Float64Array,
  places: CounterPlaces,
  flowEnd: number,
  i: number,
  doubles: Float64Array,
  block: number,
): void {
  for (let k = 0; k < counters.length; k++) {
    const total = block < 0 ? Number.NaN : doubles[block + TOTAL + k]!;
    into[places.totals[k]! + i] = total;
    into[places.deltas[k]! + i] = block < 0 ? Number.NaN : total - doubles[block + REPORTED + k]!;
  }
  const end = block < 0 ? Number.NaN : doubles[block + END]!;
  into[flowEnd + i] = end;
  const ms = block < 0 ? Number.NaN : end - doubles[block + REPORTED_END]!;
  into[places.throughput + i] = bitRateOf(into[places.deltas[OCTET]! + i]!, ms);
  into[places.reverseThroughput + i] = bitRateOf(into[places.deltas[REVERSE_OCTET]! + i]!, ms);
}

/** Bits a second; NaN when no time has passed. */
const bitRateOf = (octets: number, ms: number): number =>
  ms > 0 ? Math.round((octets * 8000) / ms) : Number.NaN;

/** Marks all values of the row as reported. */
export function markReported({ doubles, words }: FlowPage, at: number, reason: number): void {
  const base = at * ROW_DOUBLES;
  const slot = at * ROW_WORDS + FLAGS;
  let flags = words[slot]!;
  flags &= ~(FlowFlag.changed | FlowFlag.named | FlowFlag.toldByOther | MIDWAY);
  flags |= FlowFlag.reported;
  if (reason === EndReason.end) flags |= FlowFlag.endReported;
  words[slot] = flags;
  if ((flags & FlowFlag.hasSource) !== 0) settleBlock(doubles, base + SOURCE);
  if ((flags & FlowFlag.hasDestination) !== 0) settleBlock(doubles, base + DESTINATION);
  if ((flags & FlowFlag.neitherEnd) !== 0) settleSample(doubles, base);
}

function settleBlock(doubles: Float64Array, block: number): void {
  for (let k = 0; k < counters.length; k++) {
    const total = doubles[block + TOTAL + k]!;
    if (!Number.isNaN(total)) doubles[block + REPORTED + k] = total;
  }
  doubles[block + REPORTED_END] = doubles[block + END]!;
}

/** A node's block: its own, or that of the one observer for both; -1 for none. */
function blockOf(flags: number, own: number, block: number, other: number): number {
  if ((flags & FlowFlag.neitherEnd) !== 0) return -1;
  if ((flags & own) !== 0) return block;
  return (flags & FlowFlag.bothEnds) !== 0 ? other : -1;
}
