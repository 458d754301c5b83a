import { batchOf, EndReason, type FlowRecord, FlowType, Protocol } from '../../src/flow/index.ts';
import { type FlowLogOptions, FlowLogSink } from '../../src/logs/index.ts';
import { type Clock, formatLedger, Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { WatchedLedger } from './watched-ledger.ts';

/** A flow that is unique in this test. */
export function numberedFlow(number: number, more: FlowRecord = {}): FlowRecord {
  const end = Date.now();
  return {
    flowStartMilliseconds: end - 1_000,
    flowEndMilliseconds: end,
    flowEndReason: EndReason.end,
    sourceIP: `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`,
    destinationIP: '10.244.0.1',
    sourceTransportPort: 40_000,
    destinationTransportPort: 443,
    protocolIdentifier: Protocol.tcp,
    octetDeltaCount: number,
    packetDeltaCount: 1,
    sourcePodNamespace: `team-${number % 5}`,
    sourcePodName: `cart-${number % 50}`,
    flowType: FlowType.interNode,
    ...more,
  };
}

/** The number of a line's flow. */
export const numberOfLine = (line: string): number => Number(line.split(' ')[7]);

/** A sink that logs to a Loki; its account is watched all the time. */
export class SinkUnderTest implements AsyncDisposable {
  readonly ledger = new Ledger();
  readonly said: string[] = [];
  readonly sink: FlowLogSink;
  readonly #watch = new WatchedLedger(this.ledger);
  #written = 0;
  #isStopped = false;

  private constructor(options: FlowLogOptions, clock: Clock) {
    const log = new Log(clock, (line) => this.said.push(line));
    this.sink = new FlowLogSink('loki', options, { clock, ledger: this.ledger, log });
  }

  static async start(options: FlowLogOptions, clock: Clock = systemClock): Promise<SinkUnderTest> {
    const under = new SinkUnderTest(options, clock);
    await under.sink.start();
    return under;
  }

  /** Flows that were written. */
  get written(): number {
    return this.#written;
  }

  /** Writes flows with consecutive numbers. */
  async write(count: number, { perBatch = 100, more = {} as FlowRecord } = {}): Promise<void> {
    for (let left = count; left > 0; left -= perBatch) {
      const flows = Array.from({ length: Math.min(perBatch, left) }, () =>
        numberedFlow(this.#written++, more),
      );
      await this.sink.write(batchOf(flows));
    }
  }

  get account() {
    return this.ledger.accounts[0]!;
  }

  get dropped(): Record<string, number> {
    return Object.fromEntries(this.account.dropped);
  }

  get events(): Record<string, number> {
    return Object.fromEntries(this.account.events);
  }

  /** The ledger as a table, for a test's message. */
  get statement(): string {
    return [formatLedger(this.ledger.toJSON()), ...this.said.slice(0, 20)].join('\n');
  }

  async stop(deadlineMs = 60_000): Promise<void> {
    this.#isStopped = true;
    await this.sink.stop(deadlineMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isStopped) await this.stop(0);
    this.#watch[Symbol.dispose]();
  }
}
