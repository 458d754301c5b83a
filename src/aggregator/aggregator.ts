import type { FlowBatch, FlowEnricher, FlowRecord, FlowTally } from '../flow/index.ts';
import { BiflowDirection, FlowType, isAbsent } from '../flow/index.ts';
import type { Account, Clock, Ledger } from '../runtime/index.ts';
import { Accumulation, moveTimes } from './accumulation.ts';
import type { BatchOutlet } from './batch-outlet.ts';
import { MIDWAY } from './common-counters.ts';
import { Correlation, MOST_GENERATIONS } from './correlation.ts';
import { Counterparts } from './counterparts.ts';
import { DepartedFlows } from './departed-flows.ts';
import { drainTable } from './drain.ts';
import { Enrichment } from './enrichment.ts';
import { Eviction } from './eviction.ts';
import { Expiry, expiryTimesOf, tenthsOf } from './expiry.ts';
import { ExporterShares } from './exporter-shares.ts';
import { FlowGrowth } from './flow-growth.ts';
import { listFlows } from './flow-listing.ts';
import { FlowReporter, isOver } from './flow-reporter.ts';
import { FLAGS, FLOW_ID, FlowFlag, KEY, ROW_DOUBLES, ROW_WORDS, SOURCE } from './flow-row.ts';
import { type FlowPage, FlowTable, rowAt } from './flow-table.ts';
import { identifyForeign } from './foreign-flows.ts';
import { goesOn, IncomingRecords } from './incoming-records.ts';
import type { IntermediateProcess } from './intermediate-process.ts';
import { Joining } from './joining.ts';
import { Names } from './names.ts';
import { needsOtherHalf, observerOf } from './observer.ts';
import { type AggregatorOptions, type AggregatorTimes, defaultAggregatorOptions } from './options.ts';
import { Outcome } from './outcome.ts';
import { RecordIdentity } from './record-identity.ts';
import { Sweeper } from './sweeper.ts';

export interface AggregatorParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly outlet: BatchOutlet;
  /** How many exporters are connected, those included that have sent no record yet. Default 0. */
  readonly exporters?: (() => number) | undefined;
  /** Is told of each flow as its records come, by the number of its row. */
  readonly tally?: FlowTally | undefined;
  /** Name flows when they are reported, in this order. Default none. */
  readonly enrichers?: readonly FlowEnricher[];
}

/**
 * The Intermediate Process (RFC 6183): takes the records of all nodes, joins the two halves of a flow, keeps
 * totals per node. Reports each flow when it is first complete, at the active timeout while something is new,
 * and at its end. Per flow, direction and node the deltas of all reports sum to the last total.
 */
export class Aggregator implements IntermediateProcess {
  readonly name = 'aggregator';
  readonly #clock: Clock;
  readonly #outlet: BatchOutlet;
  readonly #exporters: () => number;
  #options: Required<AggregatorOptions>;
  readonly #records: Account;
  readonly #flows: Account;
  readonly #shares = new ExporterShares();
  readonly #names = new Names(this.#shares);
  readonly #table = new FlowTable(this.#names, this.#shares);
  readonly #departed: DepartedFlows;
  readonly #correlation: Correlation;
  /** Undefined without a tally. */
  readonly #growth: FlowGrowth | undefined;
  /** Undefined without enrichers. */
  readonly #enrichment: Enrichment | undefined;
  readonly #accumulation: Accumulation;
  readonly #reporter: FlowReporter;
  readonly #joining: Joining;
  readonly #expiry: Expiry;
  readonly #eviction: Eviction;
  readonly #sweeper: Sweeper;
  readonly #record = new RecordIdentity();
  readonly #incoming = new WeakMap<FlowBatch, IncomingRecords>();
  readonly #madeAt: number;
  /** By how much the wall clock was ahead of the monotonic one when last looked at. */
  #wallAhead: number;
  /** Number of the exporter that was heard of first; 0 for none. */
  #firstExporter = 0;
  /** The time while a batch is taken, in milliseconds since 1970 and in the table's unit. */
  #now = 0;
  #tenths = 0;
  /** Whether any agent has begun a flow with a guess of its direction. */
  #hasGuesses = false;
  #hasStopped = false;

  constructor(
    { clock, ledger, outlet, exporters = () => 0, tally, enrichers = [] }: AggregatorParts,
    options: AggregatorOptions = {},
  ) {
    this.#clock = clock;
    this.#outlet = outlet;
    this.#exporters = exporters;
    this.#options = { ...defaultAggregatorOptions, ...options };
    this.#madeAt = clock.monotonic();
    this.#wallAhead = clock.wallAt(0);
    this.#records = ledger.open('aggregator', 'records', undefined, { expectedDrops: ['duplicate'] });
    this.#flows = ledger.open('aggregator', 'flows', () => this.#table.live);
    this.#departed = new DepartedFlows(clock.now());
    this.#correlation = new Correlation(this.#table, this.#options.clockSkewMs);
    const [table, names, departed, flows] = [this.#table, this.#names, this.#departed, this.#flows];
    const { clusterId } = this.#options;
    const counterparts = new Counterparts(table, this.#options.clockSkewMs);
    const enrichment = enrichers.length > 0 ? new Enrichment(enrichers, names, flows) : undefined;
    this.#enrichment = enrichment;
    const what = { table, names, departed, flows, clusterId, outlet, tally, enrichment, counterparts };
    this.#reporter = new FlowReporter(what);
    this.#growth = tally && new FlowGrowth(tally);
    this.#accumulation = new Accumulation(names, this.#growth);
    const [correlation, accumulation, reporter] = [this.#correlation, this.#accumulation, this.#reporter];
    this.#joining = new Joining({ table, correlation, accumulation, reporter, flows });
    const times = expiryTimesOf(this.#options);
    this.#expiry = new Expiry(table, names, this.#reporter, flows, times);
    this.#eviction = new Eviction(table, this.#shares, this.#reporter, times.inactive);
    this.#sweeper = new Sweeper(clock, outlet, {
      begin: () => this.#beginSweep(),
      slice: () => this.#sweepSlice(),
      end: () => this.#endSweep(),
    });
  }

  /** Flows in the table. */
  get size(): number {
    return this.#table.live;
  }

  /** Octets of the flows' rows, index and names. */
  get memoryOctets(): number {
    return this.#table.memoryOctets + this.#names.memoryOctets;
  }

  /** Changes timeouts while it runs. A half that waits for the other one already waits as long as before. */
  changeTimes(times: AggregatorTimes): void {
    this.#options = { ...this.#options, ...times };
    const changed = expiryTimesOf(this.#options);
    this.#setTime();
    this.#expiry.changeTimes(changed, this.#tenths);
    this.#eviction.inactive = changed.inactive;
    if (!this.#hasStopped) this.#sweeper.start(this.#options.scanPeriodMs);
  }

  async start(): Promise<void> {
    this.#sweeper.start(this.#options.scanPeriodMs);
  }

  /** Takes the records of a batch, which may be filled anew as soon as this returns. */
  accept(batch: FlowBatch): void {
    this.#records.received += batch.length;
    if (this.#hasStopped) {
      this.#records.drop('stopped', batch.length);
      return;
    }
    this.#setTime();
    const from = this.#bind(batch);
    this.#record.isForeign = from.isForeign;
    if (!from.isForeign) this.#record.mayPair = false;
    for (let i = 0; i < batch.length; i++) {
      this.#take(from, i);
      this.#correlation.turnBack(this.#record, from, i);
    }
    this.#records.note('names left out', this.#names.leftOut);
    this.#names.leftOut = 0;
  }

  /** The flows now in the table, in batches, as they would be reported. Readers may pause between batches. */
  flowBatches(): Generator<FlowBatch> {
    const { clusterId } = this.#options;
    return listFlows({ table: this.#table, names: this.#names, clusterId, enrichment: this.#enrichment });
  }

  /** The same as records. */
  *flows(): Generator<FlowRecord> {
    for (const batch of this.flowBatches()) yield* batch;
  }

  /** Reports what is new of all flows and lets them go, as fast as the sinks take it in half of the time. */
  async stop(deadlineMs: number): Promise<void> {
    if (this.#hasStopped) return;
    this.#hasStopped = true;
    this.#sweeper.stop();
    this.#setTime();
    const parts = { clock: this.#clock, table: this.#table, reporter: this.#reporter, outlet: this.#outlet };
    await drainTable(parts, deadlineMs / 2);
  }

  #take(from: IncomingRecords, i: number): void {
    const { columns } = from;
    if (isAbsent(columns.sourceIP, i * 4) && isAbsent(columns.destinationIP, i * 4)) {
      this.#records.drop('without addresses');
      return;
    }
    const record = this.#record;
    if (from.isForeign) identifyForeign(record, from, i, this.#options.pairsOneWayFlows);
    else record.observer = observerOf(columns, i);
    record.flowId = columns.flowId[i]! || 0;
    record.start = columns.flowStartMilliseconds[i]! || 0;
    record.end = columns.flowEndMilliseconds[i]! || this.#now;
    record.hasMoved = false;
    record.readKeys(columns, i, from.exporter);
    let row = this.#correlation.find(record);
    if (row < 0 && from.canTurn && record.flowId !== 0) row = this.#correlation.findTurned(record, from, i);
    if (!this.#correlation.isFurther && !from.isForeign && goesOn(from, i)) row = this.#goingOn(from, i);
    let hasReset = false;
    if (this.#correlation.isFurther) {
      if (!this.#update(row, from, i)) return;
      this.#endHalf(row);
      hasReset = true;
      row = this.#correlation.find(record);
    }
    this.#begin(row, from, i, hasReset);
    this.#records.sent++;
  }

  /**
   * The row of the flow that the current record continues with another start or other ends, else its own.
   */
  #goingOn(from: IncomingRecords, i: number): number {
    const record = this.#record;
    const restamped = this.#correlation.findRestamped(record);
    if (restamped >= 0) {
      moveTimes(this.#table.page(restamped), rowAt(restamped), this.#correlation.block, record);
      this.#flows.note('clock was set');
      return restamped;
    }
    const unplaced = this.#correlation.findUnplaced(record, from.columns, i, from.exporter);
    if (unplaced >= 0) return this.#joining.place(unplaced, record, from, i, this.#now, this.#tenths);
    const moved = this.#correlation.findMoved(record, from.columns, i, from.exporter);
    return moved >= 0 ? moved : this.#correlation.find(record);
  }

  /** A further record of an observer. @returns whether it is of another flow; then nothing is done yet */
  #update(row: number, from: IncomingRecords, i: number): boolean {
    const page = this.#table.page(row);
    const at = rowAt(row);
    switch (this.#accumulation.update(page, at, this.#correlation.block, from, i, this.#record)) {
      case Outcome.duplicate:
        this.#records.drop('duplicate');
        return false;
      case Outcome.late:
        this.#records.drop('late');
        return false;
      case Outcome.merged:
        this.#records.sent++;
        this.#growth?.tell(row);
        page.updated[at] = this.#tenths;
        if (isOver(page.words[at * ROW_WORDS + FLAGS]!)) page.due[at] = this.#tenths;
        return false;
      default:
        return true;
    }
  }

  /** An observer's first record of a flow: it opens the flow, or joins the other half. */
  #begin(joined: number, from: IncomingRecords, i: number, hasReset: boolean): void {
    const record = this.#record;
    const { block } = this.#correlation;
    const row = joined >= 0 ? joined : this.#open(from.share);
    const page = this.#table.page(row);
    const at = rowAt(row);
    const slot = at * ROW_WORDS + FLAGS;
    const hasDeparted = this.#hasDeparted(page.words, at * ROW_WORDS + KEY, from, i);
    if (hasDeparted) page.words[slot]! |= FlowFlag.hasDeparted;
    const isWhole = record.isForeign
      ? this.#isWholeForeign(hasDeparted)
      : this.#isSinceKnown() && !hasDeparted;
    const whole = hasReset || isWhole;
    const mayShare = joined >= 0 && !record.isForeign && this.#correlation.generations > 1;
    const isShared = mayShare && this.#reporter.takeOver(row, block, record, this.#now);
    this.#accumulation.begin(page, at, block, from, i, record, whole);
    if (isShared) this.#reporter.leaveOut(row, block);
    else this.#growth?.tell(row);
    page.updated[at] = this.#tenths;
    if (joined < 0) {
      if (record.hasAlias) this.#table.addAlias(row);
      if (needsOtherHalf(from.columns, i, record.observer)) this.#await(page, at, from.columns.flowType[i]!);
      else page.due[at] = this.#tenths;
      return;
    }
    this.#joining.join(row, this.#tenths);
  }

  /**
   * The current half waits for the other one. When the flow began before this aggregator, an earlier one may
   * have counted more from the other node. Then the wait is as long as a node may be silent.
   */
  #await(page: FlowPage, at: number, flowType: number): void {
    const { correlationWaitMs, inactiveTimeoutMs, clockSkewMs } = this.#options;
    const slot = at * ROW_WORDS + FLAGS;
    const isInterNode = flowType === FlowType.interNode;
    const isMidway = (page.words[slot]! & MIDWAY) !== 0;
    const age = this.#madeAt + this.#wallAhead - this.#record.start;
    const isOlder = isMidway && age > 0;
    const isPatient = isOlder && (isInterNode || this.#reporter.hasSeveralExporters);
    const waitMs = isPatient ? Math.max(correlationWaitMs, inactiveTimeoutMs) : correlationWaitMs;
    if (isMidway && age > -clockSkewMs && isInterNode) page.words[slot]! |= FlowFlag.toldByOther;
    if (isOlder) page.words[slot]! |= FlowFlag.older;
    if (correlationWaitMs > 0) page.words[slot]! |= FlowFlag.waiting;
    page.due[at] = this.#tenths + (correlationWaitMs > 0 ? tenthsOf(waitMs) : 0);
  }

  /** @param exporter the number of its share */
  #open(exporter: number): number {
    const { maxFlows, maxFlowsPerExporter } = this.#options;
    const own = this.#shares.flows[exporter]!;
    if (this.#correlation.generations >= MOST_GENERATIONS) {
      this.#reporter.remove(this.#correlation.stalest, 'lack of resources', this.#now);
      this.#flows.note('evicted');
    } else if (own >= maxFlowsPerExporter) {
      this.#eviction.evict(exporter, this.#now, this.#tenths);
      this.#flows.note('evicted, share full');
    } else if (this.#table.live >= maxFlows) {
      this.#eviction.evictOfLargest(this.#now, this.#tenths);
      this.#flows.note('evicted');
    }
    this.#flows.received++;
    return this.#table.open(this.#record.key, exporter);
  }

  /**
   * Whether this observer's flow was here before. Until somebody has guessed a direction, an agent's flow has
   * one only.
   */
  #hasDeparted(words: Uint32Array, key: number, { columns, isForeign }: IncomingRecords, i: number): boolean {
    const { flowId, start } = this.#record;
    if (columns.biflowDirection[i] === BiflowDirection.arbitrary) this.#hasGuesses = true;
    return this.#departed.hasFlow(words, key, flowId, start, isForeign || this.#hasGuesses);
  }

  /**
   * Whether all the totals of a foreign flow are ours to report: nobody else does, so also those from before
   * this aggregator.
   */
  #isWholeForeign(hasDeparted: boolean): boolean {
    const { start, tellsGrowth } = this.#record;
    if (tellsGrowth) return true;
    if (hasDeparted && start !== 0) {
      this.#records.note('totals of departed flows');
      return false;
    }
    if (!this.#isSinceKnown()) this.#records.note('totals from before');
    return true;
  }

  /**
   * Whether a flow that is not remembered was never here, nor in an aggregator before. Then all that an
   * observer has counted is ours to report, records lost on the way included.
   */
  #isSinceKnown(): boolean {
    return this.#record.start >= this.#departed.knownSince + this.#options.clockSkewMs;
  }

  /** The observer goes on with another flow under the same number: no further record is of this one. */
  #endHalf(row: number): void {
    const page = this.#table.page(row);
    const at = rowAt(row);
    const { block } = this.#correlation;
    page.doubles[at * ROW_DOUBLES + block + FLOW_ID] = Number.NaN;
    page.words[at * ROW_WORDS + FLAGS]! |=
      FlowFlag.changed | (block === SOURCE ? FlowFlag.sourceEnded : FlowFlag.destinationEnded);
    if (isOver(page.words[at * ROW_WORDS + FLAGS]!)) page.due[at] = this.#tenths;
  }

  #bind(batch: FlowBatch): IncomingRecords {
    let incoming = this.#incoming.get(batch);
    if (incoming === undefined) {
      incoming = new IncomingRecords(batch, this.#names);
      this.#incoming.set(batch, incoming);
    }
    incoming.refresh(this.#names, this.#shares);
    if (this.#firstExporter === 0) this.#firstExporter = incoming.exporter;
    if (incoming.exporter !== this.#firstExporter) this.#reporter.hasSeveralExporters = true;
    return incoming;
  }

  #beginSweep(): void {
    if (this.#exporters() > 1) this.#reporter.hasSeveralExporters = true;
    this.#reporter.renewNames();
  }

  #sweepSlice(): boolean {
    this.#setTime();
    return this.#expiry.sweep(this.#now, this.#tenths);
  }

  #endSweep(): void {
    if (this.#names.isRenewing) this.#names.renewed();
    this.#reporter.flush();
  }

  #setTime(): void {
    this.#now = this.#clock.now();
    this.#tenths = Math.floor((this.#clock.monotonic() - this.#madeAt) / 100);
    const wallAhead = this.#clock.wallAt(0);
    if (wallAhead === this.#wallAhead) return;
    this.#departed.clockWasSet(wallAhead - this.#wallAhead);
    this.#wallAhead = wallAhead;
  }
}
