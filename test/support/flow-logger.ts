import { batchOf, EndReason, type FlowRecord, Protocol } from '../../src/flow/index.ts';
import { type FlowLogOptions, FlowLogSink } from '../../src/logs/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { ShiftedClock } from './shifted-clock.ts';

/** Where lines go. The server is a Loki unless it says otherwise. */
export type LogReceiver = Pick<FlowLogOptions, 'url' | 'server'>;

/** Logs flows to a real server by the sink that an aggregator has, at the present or in the past. */
export class FlowLogger {
  readonly #receiver: LogReceiver;
  #port = 1024;

  constructor({ url, server = 'loki' }: LogReceiver) {
    this.#receiver = { url, server };
  }

  /**
   * A TCP flow of one second that ended then; each has a source port of its own, so that no line is another's
   * copy.
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
   * Settles when the server has taken them. Give the earlier ones first, as Loki wants the lines of a stream.
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
    await sink.stop(30_000);
    const [account] = ledger.toJSON();
    if (account?.sent !== flows.length)
      throw new Error(`${flows.length} flows, of which the server has taken ${JSON.stringify(account)}`);
  }
}

/** The sink takes flows of that time for new. */
const clockAt = (nowMs: number): ShiftedClock => new ShiftedClock(nowMs - systemClock.now());
