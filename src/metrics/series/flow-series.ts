import {
  AddressRanges,
  type Columns,
  EndReason,
  type FlowBatch,
  type FlowTally,
  FlowType,
  Protocol,
} from '../../flow/index.ts';
import type { Account, Clock, Component, Ledger } from '../../runtime/index.ts';
import { builtInRanges } from './built-in-ranges.ts';
import type { CountingTable } from './counting-table.ts';
import { checkDefined } from './defined-metric.ts';
import { bucketOf, DelayHistogram } from './delay-histogram.ts';
import type { DeniedExamples } from './denied-examples.ts';
import { FlowClasses } from './flow-classes.ts';
import { FlowFacts, isDenial } from './flow-facts.ts';
import { type Quantity, quantities } from './grouping.ts';
import { LabelValues } from './label-values.ts';
import { defaultFlowSeriesOptions, type FlowSeriesOptions } from './options.ts';
import { readingsOf, type TableReadings } from './readings.ts';
import { SeriesPlaces } from './series-places.ts';
import { SeriesSweep } from './series-sweep.ts';
import type { SeriesTable } from './series-table.ts';
import { type TablePlace, tablePlaces } from './table-set.ts';

export interface FlowSeriesParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
}

/** How often tables are reviewed for idle series, small series and unused names. */
const REVIEW_PERIOD_MS = 10_000;

/** Flags of a flow, in the low bits of its entry. */
const Flag = {
  denied: 1,
  /** The end of the flow has been counted. */
  over: 2,
  /** Only one node has reported the flow so far. */
  alone: 4,
  /** A denied flow whose answers are denied, not what its source sends. */
  answers: 8,
} as const;
const FLAG_BITS = 4;
const FLAGS = (1 << FLAG_BITS) - 1;

/** TCP control bits, RFC 9293 section 3.1. */
const FIN = 1;
const RST = 4;

/** A column of a table, and the slot of a class that counts in it. */
interface Lane {
  /** Twice the place. */
  readonly offset: number;
  readonly column: Float64Array;
}

interface Observer {
  readonly offset: number;
  readonly observed: 'durationSeconds' | 'octetsPerFlow';
  readonly table: CountingTable;
}

/** Minimum number of idle classes that are kept between two sweeps. */
const MOST_IDLE = 4096;

/**
 * Counts flows in series as they grow. A flow costs one number: its class, with flags. Flows with the same
 * labels share a class, which leads to one series for each table and direction. Growth gathers in the class
 * and moves to the series when somebody reads them, so its cost is the same for any number of tables.
 */
export class FlowSeries implements FlowTally, Component {
  readonly name = 'metrics';
  readonly tables: readonly SeriesTable[];
  /** Seconds from the last packet of a flow's first record until that record is counted. */
  readonly delay = new DelayHistogram();
  readonly #clock: Clock;
  readonly #account: Account;
  readonly #values: LabelValues;
  readonly #facts: FlowFacts;
  readonly #countingTables: readonly CountingTable[];
  readonly #classes: FlowClasses;
  readonly #series: SeriesPlaces;
  readonly #sweep: SeriesSweep;
  readonly #lanes: Readonly<Record<Quantity, readonly Lane[]>>;
  readonly #observers: readonly Observer[];
  readonly #deniedExamples: readonly { readonly offset: number; readonly examples: DeniedExamples }[];
  /** By flow: one plus its class, with its flags; 0 for none. */
  #flows = new Uint32Array(1024);
  /** Deltas of the current first record, in the order of `advance`. */
  readonly #deltas = new Float64Array(4);
  #open = 0;
  #stopTicking = () => {};

  /** @throws {TypeError} with the wrong range or user-defined metric */
  constructor(options: FlowSeriesOptions, { clock, ledger }: FlowSeriesParts) {
    const complete = { ...defaultFlowSeriesOptions, ...options };
    checkDefined(complete.defined);
    this.#clock = clock;
    this.#account = ledger.open('metrics', 'flows', () => this.#open);
    this.#values = new LabelValues(complete.zones);
    const places = tablePlaces(complete, this.#values, clock);
    this.#countingTables = [...new Set(places.map(({ table }) => table))];
    this.tables = this.#countingTables;
    const asked = places.flatMap(({ forward, backward, condition }) => [...forward, ...backward, condition]);
    const ranges = new AddressRanges([...complete.ranges, ...builtInRanges]);
    this.#facts = new FlowFacts(this.#values, ranges, complete.defined, asked);
    this.#classes = new FlowClasses(this.#facts.key.length, places.length);
    this.#series = new SeriesPlaces(this.#classes, this.#facts, places);
    this.#sweep = new SeriesSweep({
      clock,
      classes: this.#classes,
      series: this.#series,
      tables: this.#countingTables,
      values: this.#values,
      facts: this.#facts,
    });
    for (const table of this.#countingTables) table.settle = () => this.#series.settle();
    this.#lanes = lanesOf(places);
    this.#observers = observersOf(places);
    this.#deniedExamples = places.flatMap(({ table: { denied } }, place) =>
      denied === undefined ? [] : [{ offset: 2 * place, examples: denied }],
    );
  }

  async start(): Promise<void> {
    this.#stopTicking = this.#clock.every(REVIEW_PERIOD_MS, () => {
      this.#sweep.begin();
      this.#account.note('label values cut', this.#values.takeCut());
    });
  }

  async stop(): Promise<void> {
    this.#stopTicking();
    this.#sweep.stop();
  }

  /** The fill level of the tables, and what has expired from them. */
  get readings(): readonly TableReadings[] {
    return this.#countingTables.map(readingsOf);
  }

  classify(
    flow: number,
    batch: FlowBatch,
    row: number,
    now: number,
    isFirst: boolean,
    mayName: boolean,
  ): void {
    if (isFirst && this.#entry(flow) !== 0) this.close(flow);
    const entry = this.#entry(flow);
    if (entry === 0) this.#begin(flow);
    const isPlaced = entry !== 0 && !mayName && !this.#facts.hasFilters;
    const at = isPlaced ? (entry >>> FLAG_BITS) - 1 : this.#place(entry, batch, row);
    const { columns } = batch;
    const wasDenied = (entry & Flag.denied) !== 0;
    const denied = isDenied(columns, row)
      ? Flag.denied | (deniesAnswers(columns, row) ? Flag.answers : 0)
      : 0;
    let flags = (entry & FLAGS) | denied;
    if (denied !== 0 && !wasDenied) this.#countDenied(columns, row, at, now);
    if (isFirst) {
      this.#add(this.#lanes.flows, at, 0, 1);
      this.#grow(at, flags, this.#deltasOf(columns, row));
      this.#observeDelay(now - columns.flowEndMilliseconds[row]!);
    }
    flags = this.#compare(columns, row, at, flags);
    const reason = columns.flowEndReason[row]!;
    if ((reason === EndReason.end || reason === EndReason.idle) && (flags & Flag.over) === 0) {
      flags |= Flag.over;
      this.#end(batch, row, at, (flags & Flag.denied) !== 0);
    }
    this.#flows[flow] = ((at + 1) << FLAG_BITS) | flags;
  }

  advance(flow: number, growth: Float64Array): void {
    const entry = this.#entry(flow);
    if (entry !== 0) this.#grow((entry >>> FLAG_BITS) - 1, entry & FLAGS, growth);
  }

  close(flow: number): void {
    const entry = this.#entry(flow);
    if (entry === 0) return;
    this.#classes.leave((entry >>> FLAG_BITS) - 1);
    this.#flows[flow] = 0;
    this.#open--;
    this.#account.sent++;
  }

  #entry(flow: number): number {
    return flow < this.#flows.length ? this.#flows[flow]! : 0;
  }

  #begin(flow: number): void {
    if (flow >= this.#flows.length) {
      const flows = new Uint32Array(Math.max(flow + 1, Math.ceil(this.#flows.length * 1.5)));
      flows.set(this.#flows);
      this.#flows = flows;
    }
    this.#open++;
    this.#account.received++;
  }

  /** Finds the class for the record's facts, and moves the flow with this entry into it. */
  #place(entry: number, batch: FlowBatch, row: number): number {
    const classes = this.#classes;
    const facts = this.#facts;
    facts.read(batch, row);
    const before = (entry >>> FLAG_BITS) - 1;
    if (before >= 0 && classes.has(before, facts.values, facts.needed)) return before;
    const key = facts.fillKey();
    let at = classes.find(key);
    if (at < 0) {
      if (classes.idle > MOST_IDLE && classes.idle > classes.live / 2) this.#series.closeIdle();
      at = this.#series.open();
    }
    classes.enter(at);
    if (before >= 0) classes.leave(before);
    return at;
  }

  /** @param growth as in `advance` */
  #grow(at: number, flags: number, growth: Float64Array): void {
    const classes = this.#classes;
    const { pending } = classes;
    const to = 4 * at;
    classes.hasPending = true;
    pending[to]! += growth[0]!;
    pending[to + 1]! += growth[1]!;
    if (growth[2] !== 0 || growth[3] !== 0) {
      if (pending[to + 3] === 0 && classes.isTwoWay[at] === 0) this.#series.openBackward(at);
      pending[to + 2]! += growth[2]!;
      pending[to + 3]! += growth[3]!;
    }
    if ((flags & Flag.denied) !== 0) this.#growDenied(at, flags, growth);
  }

  #growDenied(at: number, flags: number, growth: Float64Array): void {
    this.#add(this.#lanes.denied_packets, at, 0, growth[(flags & Flag.answers) === 0 ? 1 : 3]!);
  }

  #deltasOf(columns: Columns, row: number): Float64Array {
    const deltas = this.#deltas;
    deltas[0] = columns.octetDeltaCount[row]! || 0;
    deltas[1] = columns.packetDeltaCount[row]! || 0;
    deltas[2] = columns.reverseOctetDeltaCount[row]! || 0;
    deltas[3] = columns.reversePacketDeltaCount[row]! || 0;
    return deltas;
  }

  #countDenied(columns: Columns, row: number, at: number, now: number): void {
    this.#add(this.#lanes.denied_flows, at, 0, 1);
    const { slots, stride } = this.#classes;
    for (const { offset, examples } of this.#deniedExamples) {
      examples.set(slots[at * stride + offset]!, columns, row, now);
    }
  }

  #addBackward(lanes: readonly Lane[], at: number, count: number): void {
    if (this.#classes.isTwoWay[at] === 0) this.#series.openBackward(at);
    this.#add(lanes, at, 1, count);
  }

  /** @param way 0 for traffic to the destination, 1 for traffic back */
  #add(lanes: readonly Lane[], at: number, way: number, count: number): void {
    const { slots, stride } = this.#classes;
    const base = at * stride + way;
    for (let i = 0; i < lanes.length; i++) {
      const { offset, column } = lanes[i]!;
      column[slots[base + offset]!]! += count;
    }
  }

  /**
   * Compares what the two nodes counted for the same packets. The halves do not cover the same time in the
   * first joint record after a node reported alone: that one is left out.
   */
  #compare(columns: Columns, row: number, at: number, flags: number): number {
    const sent = columns.packetDeltaCountFromSourceNode[row]!;
    const received = columns.packetDeltaCountFromDestinationNode[row]!;
    if (Number.isNaN(sent) || Number.isNaN(received)) return flags | Flag.alone;
    if ((flags & Flag.alone) !== 0) return flags & ~Flag.alone;
    if (columns.flowType[row] === FlowType.intraNode) return flags;
    this.#add(this.#lanes.sent_packets, at, 0, sent);
    this.#add(this.#lanes.received_packets, at, 0, received);
    const sentBack = columns.reversePacketDeltaCountFromDestinationNode[row]! || 0;
    const receivedBack = columns.reversePacketDeltaCountFromSourceNode[row]! || 0;
    if (sentBack !== 0 || receivedBack !== 0) {
      this.#addBackward(this.#lanes.sent_packets, at, sentBack);
      this.#addBackward(this.#lanes.received_packets, at, receivedBack);
    }
    return flags;
  }

  #end(batch: FlowBatch, row: number, at: number, isDenied: boolean): void {
    const { columns } = batch;
    if (!isDenied && isUnanswered(columns, row)) this.#add(this.#lanes.unanswered_flows, at, 0, 1);
    if (isReset(batch, row)) this.#add(this.#lanes.reset_flows, at, 0, 1);
    for (const { offset, observed, table } of this.#observers) {
      const slot = this.#classes.slots[at * this.#classes.stride + offset]!;
      const value = observed === 'durationSeconds' ? durationSeconds(columns, row) : octetsOf(columns, row);
      if (!Number.isNaN(value)) observeValue(table, slot, value);
    }
  }

  #observeDelay(ms: number): void {
    if (!Number.isNaN(ms)) this.delay.observe(Math.max(0, ms) / 1000);
  }
}

function lanesOf(places: readonly TablePlace[]): Record<Quantity, Lane[]> {
  const all = Object.keys(quantities) as Quantity[];
  const lanes = all.map((quantity) => {
    const of = places.flatMap(({ columns }, place) => {
      const column = columns[quantity];
      return column === undefined ? [] : [{ offset: 2 * place, column }];
    });
    return [quantity, of];
  });
  return Object.fromEntries(lanes) as Record<Quantity, Lane[]>;
}

function observersOf(places: readonly TablePlace[]): Observer[] {
  return places.flatMap(({ observed, table }, place) =>
    observed === undefined ? [] : [{ offset: 2 * place, observed, table }],
  );
}

/** Whether a node reports only reverse packets of a denied flow: its firewall denied those. */
const deniesAnswers = (columns: Columns, row: number): boolean =>
  isWayBackOnly(columns.packetTotalCount[row]!, columns.reversePacketTotalCount[row]!) ||
  isWayBackOnly(
    columns.packetTotalCountFromSourceNode[row]!,
    columns.reversePacketTotalCountFromSourceNode[row]!,
  ) ||
  isWayBackOnly(
    columns.packetTotalCountFromDestinationNode[row]!,
    columns.reversePacketTotalCountFromDestinationNode[row]!,
  );

const isWayBackOnly = (there: number, back: number): boolean => Number.isNaN(there) && back > 0;

const isDenied = (columns: Columns, row: number): boolean =>
  isDenial(columns.ingressNetworkPolicyRuleAction[row]!) ||
  isDenial(columns.egressNetworkPolicyRuleAction[row]!);

/** Certain that no packet came back: false when reverse packets are not counted. */
function isUnanswered(columns: Columns, row: number): boolean {
  const protocol = columns.protocolIdentifier[row];
  return (
    (protocol === Protocol.tcp || protocol === Protocol.udp) && columns.reversePacketTotalCount[row] === 0
  );
}

/** By the flags seen, or by the kernel's state: a reset leads to CLOSE without a FIN. */
function isReset({ columns, dictionary }: FlowBatch, row: number): boolean {
  if (columns.protocolIdentifier[row] !== Protocol.tcp) return false;
  const bits = columns.tcpControlBits[row]!;
  if ((bits & RST) !== 0) return true;
  const state = columns.tcpState[row]!;
  return (bits & FIN) === 0 && state !== 0 && dictionary.text(state) === 'CLOSE';
}

const durationSeconds = (columns: Columns, row: number): number =>
  Math.max(0, columns.flowEndMilliseconds[row]! - columns.flowStartMilliseconds[row]!) / 1000;

/** Octets of both directions. */
const octetsOf = (columns: Columns, row: number): number =>
  columns.octetTotalCount[row]! + (columns.reverseOctetTotalCount[row]! || 0);

function observeValue({ values, histogram }: CountingTable, slot: number, value: number): void {
  const { bounds, counts, sums } = histogram!;
  values[0]![slot]!++;
  counts[slot * (bounds.length + 1) + bucketOf(bounds, value)]!++;
  sums[slot]! += value;
}
