import { type FlowBatch, type FlowSink, RuleAction, verdictOf } from '../flow/index.ts';
import type { Account, Clock, Ledger, Log } from '../runtime/index.ts';
import { FlowLines, type Stream } from './flow-lines/index.ts';
import { accountName } from './log-server.ts';
import { defaultFlowLogOptions, defaultQueueOctets, type FlowLogOptions } from './options.ts';
import { Outbox, type PushConnection } from './push/index.ts';

/**
 * Maximum octets of an entry and its labels. An entry's length has three octets, and VictoriaLogs silently
 * drops what it estimates as more than 2 MiB.
 */
const LONGEST_ENTRY_OCTETS = 2_000_000;

export interface FlowLogParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly log: Log;
}

/**
 * Logs each flow, or a sample, as a line in Loki or VictoriaLogs. The outbox has the account of the lines.
 */
export class FlowLogSink implements FlowSink {
  readonly name: string;
  readonly #clock: Clock;
  readonly #lines: FlowLines;
  readonly #outbox: Outbox;
  readonly #sampleOneOf: number;
  #seen = 0;

  constructor(name: string, options: FlowLogOptions, { clock, ledger, log }: FlowLogParts) {
    const complete = { ...defaultFlowLogOptions, ...options };
    const { spool, queueOctets } = complete;
    this.name = name;
    this.#clock = clock;
    this.#sampleOneOf = complete.sampleOneOf;
    this.#lines = new FlowLines(options);
    this.#outbox = new Outbox(
      name,
      {
        ...complete,
        push: options,
        queueOctets: queueOctets ?? defaultQueueOctets(spool !== undefined),
        spool,
        staticLabels: new Set(Object.keys(this.#lines.staticLabels)),
        // so that a search for denied flows need not read all others
        lastingLabels: new Set(['verdict']),
      },
      { clock, log, open: (held) => ledger.open(accountName(options.server, name), 'lines', held) },
    );
  }

  get account(): Account {
    return this.#outbox.account;
  }

  get isUp(): boolean {
    return this.#outbox.isUp;
  }

  /** The connections for pushes. */
  get connections(): readonly PushConnection[] {
    return this.#outbox.connections;
  }

  /** @throws {WeirError} WEIR_LOKI_FILE, WEIR_SPOOL_… */
  start(): Promise<void> {
    return this.#outbox.start();
  }

  /** Resolves when there is room for more. */
  write(batch: FlowBatch): Promise<void> {
    const now = this.#clock.now();
    this.#lines.bind(batch);
    for (let row = 0; row < batch.length; row++) {
      const weight = this.#weightOf(batch, row);
      if (weight > 0) this.#writeLine(row, now, weight);
    }
    return this.#outbox.room();
  }

  stop(deadlineMs: number): Promise<void> {
    return this.#outbox.stop(deadlineMs);
  }

  #writeLine(row: number, now: number, weight: number): void {
    const stream = this.#lines.find(row);
    const before = stream.entries.length;
    this.#lines.write(stream, row, now, weight);
    const octets = stream.entries.length - before;
    if (octets + stream.selector.length <= LONGEST_ENTRY_OCTETS) this.#outbox.add(stream, octets, now);
    else this.#dropTooLong(stream, before);
  }

  #dropTooLong(stream: Stream, octetsBefore: number): void {
    stream.takeBack(octetsBefore);
    this.#outbox.account.received++;
    this.#outbox.account.drop('line_too_long');
  }

  /** How many flows a line represents; 0 for a flow that is left out. Denied flows are all logged. */
  #weightOf(batch: FlowBatch, row: number): number {
    if (this.#sampleOneOf === 1 || verdictOf(batch, row) > RuleAction.allow) return 1;
    if (this.#seen++ % this.#sampleOneOf === 0) return this.#sampleOneOf;
    this.#outbox.account.note('not sampled');
    return 0;
  }
}
