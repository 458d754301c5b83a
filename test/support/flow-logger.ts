import { batchOf, EndReason, type FlowRecord, Protocol } from '../../src/flow/index.ts';
import { type FlowLogOptions, FlowLogSink } from '../../src/logs/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { ShiftedClock } from './shifted-clock.ts';

/** Where lines go. The server is a Loki by default. */
export type LogReceiver = Pick<FlowLogOptions, 'url' | 'server'>;

/** Logs flows to a real server by the aggregator's sink, in the present or the past. */
export class FlowLogger {
  readonly #receiver: LogReceiver;
  #port = 1024;

  constructor({ url, server = 'loki' }: LogReceiver) {
    this.#receiver = { url, server };
  }

  /**
   * A TCP flow of one second that ended then; each has another source port, so that no two lines are equal.
   */
  flow(endMs: number, more: FlowRecord): FlowRecord {
    this.#port = this.#port < 65_535 ? this.#port + 1 : 1024;
    return {
      flowStartMilliseconds: Math.floor(endMs) - 1_000,
      flowEndMilliseconds: Math.floor(endMs),
      flowEndReason: EndReason.end,
      sourceIP: '10.244.1.1',
      destinationIP: '10.244.2.1',
      sourceTransportPort: this.#port,
      destinationTransportPort: 8080,
      protocolIdentifier: Protocol.tcp,
      octetDeltaCount: 1_000,
      packetDeltaCount: 10,
      reverseOctetDeltaCount: 2_000,
      reversePacketDeltaCount: 9,
      ...more,
    };
  }

  /**
   * Resolves when the server has taken them. Pass earlier flows first, since Loki wants the lines of a stream
   * in order.
   */
  async log(flows: readonly FlowRecord[]): Promise<void> {
    const latest = Math.max(...flows.map(({ flowEndMilliseconds }) => flowEndMilliseconds as number));
    const ledger = new Ledger();
    const sink = new FlowLogSink(
      'lines',
      { ...this.#receiver, batchAgeMs: 10 },
      { clock: clockAt(latest), ledger, log: new Log(systemClock, () => {}) },
    );
    await sink.start();
    await sink.write(batchOf(flows));
    await sink.stop(60_000);
    const [account] = ledger.toJSON();
    if (account?.sent !== flows.length)
      throw new Error(`${flows.length} flows, of which the server has taken ${JSON.stringify(account)}`);
  }
}

/** The sink takes flows of that time for new. */
const clockAt = (nowMs: number): ShiftedClock => new ShiftedClock(nowMs - systemClock.now());
