import {
  BatchLayout,
  BiflowDirection,
  connectionStateNames,
  Dictionary,
  type FieldName,
  FlowBatch,
  Protocol,
} from '../flow/index.ts';
import type { Account, Clock } from '../runtime/index.ts';
import { type ConnectionDirection, DirectionFlag } from './connection-direction.ts';
import {
  ADDRESS_WORDS,
  type ConnectionTable,
  Flag,
  isSame,
  ORIGINAL_SOURCE,
  REPLY_SOURCE,
} from './connection-table.ts';
import { IS_OFFLOADED } from './conntrack/index.ts';
import {
  endsWithWorkloads,
  FlowEnds,
  flowEnds,
  hasLetIn,
  observerOfEnds,
  type Places,
  turnedEnds,
  typeOfEnds,
} from './flow-ends.ts';
import type { RecordNamer } from './record-namer.ts';

/** The fields of a connection's record. */
const carried: readonly FieldName[] = [
  'flowStartMilliseconds',
  'flowEndMilliseconds',
  'flowEndReason',
  'biflowDirection',
  'flowId',
  'observationPointId',
  'sourceIP',
  'destinationIP',
  'sourceTransportPort',
  'destinationTransportPort',
  'protocolIdentifier',
  'icmpTypeCode',
  'packetTotalCount',
  'octetTotalCount',
  'packetDeltaCount',
  'octetDeltaCount',
  'reversePacketTotalCount',
  'reverseOctetTotalCount',
  'reversePacketDeltaCount',
  'reverseOctetDeltaCount',
  'sourceNodeName',
  'destinationNodeName',
  'destinationServiceIP',
  'destinationServicePort',
  'proxySnatIP',
  'proxySnatPort',
  'tcpState',
  'flowType',
  'partialCounters',
];

/** Offset of the destination's words in a tuple. */
const DESTINATION = 4;
const BATCH_ROWS = 1024;
/** Octets of names after which the next batch gets a new dictionary. */
const DICTIONARY_OCTETS = 262_144;

export interface FlowWriting {
  /** Unit: records. Received: written; sent: emitted. */
  readonly account: Account;
  readonly clock: Pick<Clock, 'wallAt'>;
  readonly directions: ConnectionDirection;
  /** Names the ends of records before they leave. */
  readonly namer?: RecordNamer | undefined;
}

/**
 * Writes connections as flow records:
 *
 *     source            original source
 *     destination       reply source: the destination after DNAT
 *     destinationService   original destination, if it differs from that
 *     proxySnat         reply destination, if it differs from the original source
 *
 * When the other end opened the connection (`ConnectionDirection`), the kernel's two tuples and their
 * counters change places. The source port of ICMP (and the proxy's, after SNAT) is its identifier; the
 * destination port is 0.
 */
export class FlowWriter {
  readonly #network: Places;
  readonly #emit: (batch: FlowBatch) => void;
  readonly #clock: Pick<Clock, 'wallAt'>;
  /** How far the wall clock is ahead of the monotonic clock, for the current batch. */
  #aheadMs = 0;
  readonly #account: Account;
  readonly #directions: ConnectionDirection;
  readonly #namer: RecordNamer | undefined;
  /** The node's name, the TCP states and one word. They have the same ids in each dictionary. */
  readonly #words: readonly string[];
  readonly #nodeName: number;
  readonly #tcpStates: readonly number[];
  readonly #offloaded: number;
  readonly #batch: FlowBatch;

  /** @param emit takes the records of a batch; the batch is refilled once this returns */
  constructor(
    nodeName: string,
    network: Places,
    { account, clock, directions, namer }: FlowWriting,
    emit: (batch: FlowBatch) => void,
  ) {
    this.#account = account;
    this.#directions = directions;
    this.#clock = clock;
    this.#network = network;
    this.#emit = emit;
    this.#namer = namer;
    this.#words = [nodeName, ...connectionStateNames, 'offloaded'];
    const dictionary = dictionaryOf(this.#words);
    this.#nodeName = dictionary.internText(nodeName);
    this.#tcpStates = connectionStateNames.map((name) => dictionary.internText(name));
    this.#offloaded = dictionary.internText('offloaded');
    const fields = [...carried, ...(namer?.fields ?? [])];
    this.#batch = new FlowBatch(new BatchLayout(fields, BATCH_ROWS), dictionary);
  }

  /** Records written and not yet emitted. */
  get held(): number {
    return this.#batch.length;
  }

  write(table: ConnectionTable, row: number, reason: number): void {
    const { columns } = this.#batch;
    const at = this.#batch.length++;
    this.#account.received++;
    if (at === 0) this.#aheadMs = this.#clock.wallAt(0);
    const beganMs = table.beganMs[row]!;
    const isUndated = (table.flags[row]! & Flag.undated) !== 0;
    columns.flowStartMilliseconds[at] = isUndated ? Number.NaN : this.#aheadMs + beganMs;
    columns.flowEndMilliseconds[at] = this.#aheadMs + Math.max(beganMs, table.lastPacketMs[row]!);
    columns.flowEndReason[at] = reason;
    columns.flowId[at] = table.zone[row]! * 0x1_0000_0000 + table.id[row]!;
    columns.protocolIdentifier[at] = table.protocol[row]!;
    columns.tcpState[at] =
      table.protocol[row] === Protocol.tcp ? (this.#tcpStates[table.tcpState[row]!] ?? 0) : 0;
    columns.partialCounters[at] = (table.status[row]! & IS_OFFLOADED) !== 0 ? this.#offloaded : 0;
    if (table.ends[row] === 0) settleEnds(table, row, this.#network);
    else addWorkloads(table, row, this.#network);
    if (table.direction[row] === 0) this.#directions.settle(table, row);
    const isKnown = (table.direction[row]! & DirectionFlag.initiator) !== 0;
    columns.biflowDirection[at] = isKnown ? BiflowDirection.initiator : BiflowDirection.arbitrary;
    const isTurned = (table.direction[row]! & DirectionFlag.turned) !== 0;
    this.#writeEnds(table, row, at, isTurned);
    this.#writeCounters(table, row, at, isTurned ? 2 : 0);
    if (this.#batch.isFull) this.flush();
  }

  /** Emits the records written so far. */
  flush(): void {
    if (this.#batch.length === 0) return;
    this.#account.sent += this.#batch.length;
    this.#namer?.name(this.#batch);
    this.#emit(this.#batch);
    this.#batch.length = 0;
    // Pods come and go: their names must not stay.
    if (this.#batch.dictionary.octets > DICTIONARY_OCTETS) this.#batch.dictionary = dictionaryOf(this.#words);
  }

  #writeEnds(table: ConnectionTable, row: number, at: number, isTurned: boolean): void {
    const { columns } = this.#batch;
    const { addresses, ports } = table;
    const words = row * ADDRESS_WORDS + (isTurned ? REPLY_SOURCE : ORIGINAL_SOURCE);
    const otherWords = row * ADDRESS_WORDS + (isTurned ? ORIGINAL_SOURCE : REPLY_SOURCE);
    const port = 4 * row + (isTurned ? 2 : 0);
    const otherPort = 4 * row + (isTurned ? 0 : 2);
    const isIcmp = table.protocol[row] === Protocol.icmp || table.protocol[row] === Protocol.icmpv6;
    copyAddress(addresses, words, columns.sourceIP, at);
    copyAddress(addresses, otherWords, columns.destinationIP, at);
    columns.sourceTransportPort[at] = ports[port]!;
    columns.destinationTransportPort[at] = isIcmp ? 0 : ports[otherPort]!;
    columns.icmpTypeCode[at] = isIcmp ? ports[port + 1]! : 0;

    const ends = isTurned ? turnedEnds(table.ends[row]!) : table.ends[row]!;
    columns.destinationNodeName[at] = (ends & FlowEnds.destinationHere) !== 0 ? this.#nodeName : 0;

    // The batch has values of older records: values that this record lacks must be cleared.
    const asked = words + DESTINATION;
    const askedPort = isIcmp ? 0 : ports[port + 1]!;
    const isDestinationKept = isSame(addresses, asked, addresses, otherWords);
    const isService = !isDestinationKept || askedPort !== columns.destinationTransportPort[at];
    copyAddress(isService ? addresses : none, isService ? asked : 0, columns.destinationServiceIP, at);
    columns.destinationServicePort[at] = isService ? askedPort : 0;

    const answered = otherWords + DESTINATION;
    const answeredPort = isIcmp ? ports[otherPort]! : ports[otherPort + 1]!;
    const isProxied = !isSame(addresses, answered, addresses, words) || answeredPort !== ports[port];
    copyAddress(isProxied ? addresses : none, isProxied ? answered : 0, columns.proxySnatIP, at);
    columns.proxySnatPort[at] = isProxied ? answeredPort : 0;
    columns.flowType[at] = typeOfEnds(ends, isProxied);
    columns.observationPointId[at] = observerOfEnds(ends, isProxied);
    const isSourceNode = (ends & FlowEnds.sourceHere) !== 0 || hasLetIn(ends, isProxied);
    columns.sourceNodeName[at] = isSourceNode ? this.#nodeName : 0;
  }

  /** @param forward offset of the counters of the flow's source: 0, or 2 when the connection is turned */
  #writeCounters({ totals, recorded }: ConnectionTable, row: number, at: number, forward: 0 | 2): void {
    const { columns } = this.#batch;
    const t = 4 * row + forward;
    const r = 4 * row + 2 - forward;
    columns.packetTotalCount[at] = totals[t]!;
    columns.octetTotalCount[at] = totals[t + 1]!;
    columns.reversePacketTotalCount[at] = totals[r]!;
    columns.reverseOctetTotalCount[at] = totals[r + 1]!;
    columns.packetDeltaCount[at] = totals[t]! - recorded[t]!;
    columns.octetDeltaCount[at] = totals[t + 1]! - recorded[t + 1]!;
    columns.reversePacketDeltaCount[at] = totals[r]! - recorded[r]!;
    columns.reverseOctetDeltaCount[at] = totals[r + 1]! - recorded[r + 1]!;
  }
}

/** Determines where the ends of a row's flow are, from the current places of addresses. */
export function settleEnds(table: ConnectionTable, row: number, places: Places): void {
  const { ends, addresses, beganMs } = table;
  const words = row * ADDRESS_WORDS;
  ends[row] = flowEnds(places, addresses, words + ORIGINAL_SOURCE, words + REPLY_SOURCE, beganMs[row]!);
}

/** Adds ends that have become known since an earlier record. */
function addWorkloads(table: ConnectionTable, row: number, places: Places): void {
  const { ends, addresses, beganMs } = table;
  const source = row * ADDRESS_WORDS + ORIGINAL_SOURCE;
  const destination = row * ADDRESS_WORDS + REPLY_SOURCE;
  ends[row] = endsWithWorkloads(places, addresses, source, destination, beganMs[row]!, ends[row]!);
}

function dictionaryOf(words: readonly string[]): Dictionary {
  const dictionary = new Dictionary();
  for (const word of words) dictionary.internText(word);
  return dictionary;
}

const none = new Uint32Array(4);

function copyAddress(from: Uint32Array, word: number, to: Uint32Array, row: number): void {
  to[4 * row] = from[word]!;
  to[4 * row + 1] = from[word + 1]!;
  to[4 * row + 2] = from[word + 2]!;
  to[4 * row + 3] = from[word + 3]!;
}
