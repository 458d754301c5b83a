import type { ClusterEvent, EventSink } from '../../flow/index.ts';
import type { Account, Clock, Ledger, Log } from '../../runtime/index.ts';
import { defaultStaticLabels, EARLIEST_MS, LATEST_MS, LogLayout } from '../flow-lines/index.ts';
import { accountName } from '../log-server.ts';
import { defaultFlowLogOptions, type FlowLogOptions } from '../options.ts';
import { Outbox } from '../push/index.ts';
import { eventServiceName, writeEvent } from './event-line.ts';
import { EventStreams } from './event-streams.ts';

/** Some ten thousand events. They wait in memory only: the spool is for flows. */
const QUEUE_OCTETS = 4 * 1_048_576;
const BATCH_OCTETS = 262_144;

export interface EventLogParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly log: Log;
}

/**
 * Logs events of a cluster where a sink logs flows. It has its own connections and its own bounded memory, so
 * events and flows do not wait for each other. The outbox has the account of the lines.
 */
export class EventLog implements EventSink {
  readonly name: string;
  readonly #clock: Clock;
  readonly #layout: LogLayout;
  readonly #streams: EventStreams;
  readonly #outbox: Outbox;

  /** @param options of the sink that logs flows */
  constructor(sink: string, options: FlowLogOptions, { clock, ledger, log }: EventLogParts) {
    const { staticLabels, valuesPerLabel = 100 } = options;
    const complete = { ...defaultFlowLogOptions, ...options };
    const labels = { ...defaultStaticLabels, ...staticLabels, service_name: eventServiceName };
    this.name = `${sink} events`;
    this.#clock = clock;
    this.#layout = new LogLayout(options);
    this.#streams = new EventStreams(this.#layout.labels, labels, valuesPerLabel);
    this.#outbox = new Outbox(
      this.name,
      {
        push: options,
        batchOctets: BATCH_OCTETS,
        batchAgeMs: complete.batchAgeMs,
        concurrency: 1,
        queueOctets: QUEUE_OCTETS,
        spool: undefined,
        replayApartMs: complete.replayApartMs,
        staticLabels: new Set(Object.keys(labels)),
        lastingLabels: new Set(),
      },
      { clock, log, open: (held) => ledger.open(accountName(options.server, this.name), 'lines', held) },
    );
  }

  get account(): Account {
    return this.#outbox.account;
  }

  /** @throws {WeirError} WEIR_LOKI_FILE … */
  start(): Promise<void> {
    return this.#outbox.start();
  }

  write(event: ClusterEvent): void {
    const { account, hasRoom } = this.#outbox;
    if (!hasRoom) {
      account.received++;
      account.drop('no room in memory');
      return;
    }
    const now = this.#clock.now();
    const stream = this.#streams.find(event);
    const before = stream.entries.length;
    writeEvent(event, this.#timeOf(event, now), this.#layout, stream);
    this.#outbox.add(stream, stream.entries.length - before, now);
  }

  stop(deadlineMs: number): Promise<void> {
    return this.#outbox.stop(deadlineMs);
  }

  /** When it happened; the present when the server might refuse that. */
  #timeOf({ timeMs }: ClusterEvent, now: number): number {
    return Math.floor(timeMs > now - LATEST_MS && timeMs < now + EARLIEST_MS ? timeMs : now);
  }
}
