import {
  addressOfEnd,
  type Columns,
  elementsPerRow,
  enricherFields,
  type FieldName,
  type FlowBatch,
  FlowDirection,
  type FlowEnricher,
  FlowType,
  fieldNames,
  fieldOf,
  Observer,
  type Origin,
  parseAddress,
  proxyFields,
} from '../flow/index.ts';
import type { Account, Clock, Ledger } from '../runtime/index.ts';
import type { BatchOutlet } from './batch-outlet.ts';
import { Enrichment } from './enrichment.ts';
import { ExporterShares } from './exporter-shares.ts';
import type { IntermediateProcess } from './intermediate-process.ts';
import { Names } from './names.ts';
import { observerOf } from './observer.ts';
import { MOST_RECORDS, RecordLayouts, sharedBatch } from './record-batches.ts';

export interface ForwarderParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly outlet: BatchOutlet;
  /** Name flows, in this order. Default none. */
  readonly enrichers?: readonly FlowEnricher[];
}

export interface ForwarderOptions {
  /** Written into each record. */
  readonly clusterId?: string | undefined;
}

/** How long a record waits for others. */
const FLUSH_MS = 200;

const layouts = new RecordLayouts(fieldNames);
/** No agent sends them. */
const added = new Set<FieldName>([...proxyFields, ...enricherFields]);
const copied = fieldNames.filter((name) => !added.has(name));

/**
 * The Intermediate Process of Proxy mode. It passes on each record of each node by itself, with names from
 * enrichers and with who exported it. It joins nothing and holds no flow.
 */
export class Forwarder implements IntermediateProcess {
  readonly name = 'aggregator';
  readonly size = 0;
  readonly #clock: Clock;
  readonly #outlet: BatchOutlet;
  readonly #clusterId: string | undefined;
  readonly #records: Account;
  readonly #shares = new ExporterShares();
  readonly #names = new Names(this.#shares);
  readonly #enrichment: Enrichment;
  #batch: FlowBatch;
  /** Who made each record of the batch. */
  readonly #observers = new Uint8Array(MOST_RECORDS);
  #stopTicking = () => {};
  #hasStopped = false;

  constructor(
    { clock, ledger, outlet, enrichers = [] }: ForwarderParts,
    { clusterId }: ForwarderOptions = {},
  ) {
    this.#clock = clock;
    this.#outlet = outlet;
    this.#clusterId = clusterId;
    this.#records = ledger.open('aggregator', 'records', () => this.#batch.length);
    this.#enrichment = new Enrichment(enrichers, this.#names, this.#records);
    this.#batch = sharedBatch(layouts.layoutFor(MOST_RECORDS), this.#names.dictionary);
  }

  get memoryOctets(): number {
    return this.#names.memoryOctets;
  }

  async start(): Promise<void> {
    this.#stopTicking = this.#clock.every(FLUSH_MS, () => this.#tick());
  }

  accept(batch: FlowBatch): void {
    this.#records.received += batch.length;
    if (this.#hasStopped) {
      this.#records.drop('stopped', batch.length);
      return;
    }
    this.#names.exporter = this.#shares.numberOf(
      batch.origin === undefined ? '' : addressOfEnd(batch.origin.exporter),
    );
    for (let from = 0; from < batch.length; ) {
      const room = this.#batch.layout.capacity - this.#batch.length;
      const to = Math.min(batch.length, from + room);
      this.#append(batch, from, to);
      from = to;
      if (this.#batch.isFull) this.#flush();
    }
    this.#records.note('names left out', this.#names.leftOut);
    this.#names.leftOut = 0;
  }

  /** It has no timeouts. */
  changeTimes(): void {}

  /** It holds no flow. */
  *flowBatches(): Generator<FlowBatch> {}

  async stop(): Promise<void> {
    this.#hasStopped = true;
    this.#stopTicking();
    this.#flush();
  }

  /** Rows `from` to `to`, without `to`, for which there is room. */
  #append(batch: FlowBatch, from: number, to: number): void {
    const into = this.#batch;
    const first = into.length;
    for (const name of copied) this.#copy(name, batch, from, to, first);
    into.length += to - from;
    const { columns } = into;
    for (const name of enricherFields) columns[name].fill(0, first, into.length);
    this.#writeOrigin(batch.origin, first);
    if (this.#clusterId !== undefined)
      columns.clusterId.fill(this.#names.textId(this.#clusterId), first, into.length);
    // Before others name both ends.
    for (let row = first; row < into.length; row++) this.#observers[row] = observerOf(columns, row);
    this.#enrichment.enrich(into, first, into.length);
    for (let row = first; row < into.length; row++)
      columns.flowDirection[row] = directionOf(columns, row, this.#observers[row]!);
  }

  #copy(name: FieldName, batch: FlowBatch, from: number, to: number, first: number): void {
    const column = this.#batch.columns[name];
    const { storage } = fieldOf(name);
    const width = elementsPerRow(storage);
    if (!batch.has(name)) {
      const none = column instanceof Float64Array ? Number.NaN : 0;
      column.fill(none, first * width, (first + to - from) * width);
    } else if (storage === 'string') {
      const translation = this.#names.translationFrom(batch.dictionary);
      for (let row = from; row < to; row++)
        column[first + row - from] = translation.id(batch.columns[name][row]!);
    } else column.set(batch.columns[name].subarray(from * width, to * width), first * width);
  }

  /** An exporter at a socket of this host has no address. */
  #writeOrigin(origin: Origin | undefined, first: number): void {
    const { length, columns } = this.#batch;
    const address = origin && parseAddress(addressOfEnd(origin.exporter));
    for (let row = first; row < length; row++)
      for (let i = 0; i < 4; i++) columns.originalExporterIP[row * 4 + i] = address?.[i] ?? 0;
    columns.originalObservationDomainId.fill(origin?.observationDomainId ?? 0, first, length);
  }

  #tick(): void {
    this.#flush();
    if (!this.#names.renewIfGrown()) return;
    this.#names.renewed(); // no row refers to the earlier names
    this.#batch.dictionary = this.#names.dictionary;
  }

  /** A full batch leaves as it is, and a partial one as a minimal copy. */
  #flush(): void {
    const batch = this.#batch;
    if (batch.length === 0) return;
    this.#records.sent += batch.length;
    if (!batch.isFull) {
      this.#outlet.write(layouts.moveRows(batch));
      return;
    }
    const spare = this.#outlet.spare?.();
    this.#batch = spare?.layout === batch.layout ? spare : sharedBatch(batch.layout, this.#names.dictionary);
    this.#batch.length = 0;
    this.#batch.dictionary = this.#names.dictionary;
    this.#outlet.write(batch);
  }
}

/** From where the observing node is in the flow, and the type of the flow. */
function directionOf({ flowType }: Columns, row: number, observer: number): number {
  const type = flowType[row];
  const isSource = observer === Observer.source;
  const isDestination = observer === Observer.destination;
  if (isSource && (type === FlowType.interNode || type === FlowType.toExternal)) return FlowDirection.egress;
  if (isDestination && (type === FlowType.interNode || type === FlowType.fromExternal))
    return FlowDirection.ingress;
  return FlowDirection.notApplicable;
}
