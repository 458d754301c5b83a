import { type Columns, EndReason, type FlowBatch, type FlowSink, protocols } from '../../flow/index.ts';
import type { Clock } from '../../runtime/index.ts';
import { cutToWidth, destinationText, sourceText } from '../text/index.ts';

/**
 * A flow in the live view. Octets and rates are undefined when the kernel did not count them; times are
 * monotonic.
 */
export interface LiveFlow {
  readonly protocol: string;
  readonly source: string;
  readonly destination: string;
  readonly startMs: number;
  octets: number | undefined;
  reverseOctets: number | undefined;
  /** Bits per second over the interval of the last record. */
  rate: number;
  reverseRate: number;
  /** State of a TCP connection, or the action of a firewall. */
  state: string;
  lastRecordMs: number;
  endMs: number | undefined;
}

export interface LiveTotals {
  /** Flows that have not ended. */
  readonly open: number;
  readonly rate: number;
  readonly reverseRate: number;
  readonly newPerSecond: number;
  readonly endedPerSecond: number;
  readonly records: number;
}

/** Maximum flows kept; the one without a record for longest gives way. */
const MAX_FLOWS = 20_000;
/** Maximum characters of a name: an exporter may send 65,535 for each flow. */
const MAX_NAME = 256;
/** A rate is shown until a record is overdue by this. */
const FRESH_MS = 3_000;
/** An ended flow stays in view for this long. */
const FAREWELL_MS = 5_000;
/** A flow without a record for this long has ended without a last record. */
const FORGET_MS = 300_000;

/** The current flows, from the same records as every other sink. */
export class LiveFlows implements FlowSink {
  readonly name = 'live view';
  readonly #clock: Clock;
  /** By key, the one without a record for longest first. */
  readonly #flows = new Map<string, LiveFlow>();
  #records = 0;
  #begun = 0;
  #ended = 0;
  #countedSinceMs: number;
  #perSecond = { begun: 0, ended: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#countedSinceMs = clock.monotonic();
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  write(batch: FlowBatch): void {
    for (let row = 0; row < batch.length; row++) this.#take(batch, row);
    this.#records += batch.length;
  }

  /** The flows in view, the busiest first; then those with the latest records. */
  busiest(count: number): LiveFlow[] {
    this.#forget();
    const totalRateOf = (flow: LiveFlow) =>
      this.#current(flow.rate, flow) + this.#current(flow.reverseRate, flow);
    return [...this.#flows.values()]
      .sort(
        (a, b) => totalRateOf(b) - totalRateOf(a) || b.lastRecordMs - a.lastRecordMs || a.startMs - b.startMs,
      )
      .slice(0, count)
      .map((flow) => ({
        ...flow,
        rate: this.#current(flow.rate, flow),
        reverseRate: this.#current(flow.reverseRate, flow),
      }));
  }

  /** Sums over all flows. New and ended flows a second since the last call: call it once for each frame. */
  totals(): LiveTotals {
    this.#countSecond();
    let [open, rate, reverseRate] = [0, 0, 0];
    for (const flow of this.#flows.values()) {
      if (flow.endMs === undefined) open++;
      rate += this.#current(flow.rate, flow);
      reverseRate += this.#current(flow.reverseRate, flow);
    }
    const { begun, ended } = this.#perSecond;
    return { open, rate, reverseRate, newPerSecond: begun, endedPerSecond: ended, records: this.#records };
  }

  #take(batch: FlowBatch, row: number): void {
    const { columns } = batch;
    const now = this.#clock.monotonic();
    const key = keyOf(columns, row);
    const flow = this.#flows.get(key) ?? this.#begin(batch, row);
    this.#flows.delete(key);
    this.#flows.set(key, flow);
    flow.octets = knownCount(columns.octetTotalCount[row]!);
    flow.reverseOctets = knownCount(columns.reverseOctetTotalCount[row]!);
    flow.rate = columns.throughput[row]! || 0;
    flow.reverseRate = columns.reverseThroughput[row]! || 0;
    flow.state = limitedName(stateOf(batch, row));
    flow.lastRecordMs = now;
    if (flow.endMs === undefined && hasEnded(columns, row)) {
      flow.endMs = now;
      this.#ended++;
    }
    if (this.#flows.size > MAX_FLOWS) this.#flows.delete(this.#flows.keys().next().value!);
  }

  #begin(batch: FlowBatch, row: number): LiveFlow {
    this.#begun++;
    const record = batch.at(row);
    const number = record.protocolIdentifier;
    return {
      protocol: number === undefined ? '-' : (protocols.names.get(number) ?? String(number)),
      source: limitedName(sourceText(record)),
      destination: limitedName(destinationText(record)),
      startMs: (record.flowStartMilliseconds ?? this.#clock.now()) - this.#clock.wallAt(0),
      octets: undefined,
      reverseOctets: undefined,
      rate: 0,
      reverseRate: 0,
      state: '',
      lastRecordMs: 0,
      endMs: undefined,
    };
  }

  #current(rate: number, flow: LiveFlow): number {
    return flow.endMs === undefined && this.#clock.monotonic() - flow.lastRecordMs <= FRESH_MS ? rate : 0;
  }

  #forget(): void {
    const now = this.#clock.monotonic();
    for (const [key, { endMs, lastRecordMs }] of this.#flows) {
      const gone = endMs === undefined ? now - lastRecordMs > FORGET_MS : now - endMs > FAREWELL_MS;
      if (gone) this.#flows.delete(key);
    }
  }

  #countSecond(): void {
    const now = this.#clock.monotonic();
    const seconds = (now - this.#countedSinceMs) / 1_000;
    if (seconds <= 0) return;
    this.#perSecond = { begun: this.#begun / seconds, ended: this.#ended / seconds };
    [this.#begun, this.#ended, this.#countedSinceMs] = [0, 0, now];
  }
}

function keyOf(columns: Columns, row: number): string {
  const { sourceIP, destinationIP, sourceTransportPort, destinationTransportPort } = columns;
  const at = row * 4;
  const ends = `${sourceIP[at]},${sourceIP[at + 1]},${sourceIP[at + 2]},${sourceIP[at + 3]},${destinationIP[at]},${destinationIP[at + 1]},${destinationIP[at + 2]},${destinationIP[at + 3]}`;
  const ports = `${sourceTransportPort[row]},${destinationTransportPort[row]},${columns.protocolIdentifier[row]}`;
  return `${ends},${ports},${columns.flowId[row]},${columns.flowStartMilliseconds[row]}`;
}

/** A copy, because a substring keeps the whole string in memory. */
const limitedName = (name: string): string =>
  name.length <= MAX_NAME ? name : Buffer.from(cutToWidth(name, MAX_NAME)).toString();

const knownCount = (count: number): number | undefined => (Number.isNaN(count) ? undefined : count);

const hasEnded = ({ flowEndReason }: Columns, row: number): boolean =>
  flowEndReason[row] === EndReason.end || flowEndReason[row] === EndReason.forced;

function stateOf({ columns, dictionary }: FlowBatch, row: number): string {
  const action = columns.ingressNetworkPolicyRuleAction[row]! || columns.egressNetworkPolicyRuleAction[row]!;
  if (action === 2) return 'DROPPED';
  if (action === 3) return 'REJECTED';
  return dictionary.text(columns.tcpState[row]!);
}
