import type { FlowBatch, FlowSink } from '../flow/index.ts';
import { type Account, type Clock, describeError, type Log, WeirError } from '../runtime/index.ts';
import type { SinkParts } from '../sinks/index.ts';
import { History } from './history.ts';
import { MakerThread } from './making/index.ts';
import type { SumBounds } from './sum-bounds.ts';
import { WritingLog } from './writing-log.ts';

export interface HistorySettings {
  readonly directory: string;
  readonly maxOctets: number;
  readonly maxAgeMs: number;
  readonly sums?: SumBounds;
}

/**
 * Stores flows in a history. A record counts as sent once it survives the death of this process. Those that
 * a full disk refuses count as dropped. Records that are deleted later are events of the account.
 */
export class HistorySink implements FlowSink {
  readonly name: string;
  readonly account: Account;
  readonly isAwaited = true;
  readonly #settings: HistorySettings;
  readonly #clock: Clock;
  readonly #log: Log;
  #history: History | undefined;
  #writing: WritingLog | undefined;
  #isUp = true;

  constructor(name: string, settings: HistorySettings, { clock, ledger, log }: SinkParts) {
    this.name = name;
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    this.account = ledger.open(name, 'records');
  }

  /** Whether the disk takes records. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** @throws {WeirError} WEIR_HISTORY_… */
  async start(): Promise<void> {
    const onTrouble = (kind: string, text: string) => this.#log.limited(this.name, kind, text);
    this.#history = await History.open({
      ...this.#settings,
      clock: this.#clock,
      maker: new MakerThread(this.#settings.directory, this.#clock),
      onTrouble,
      onRemoval: (why, records) => this.account.note(`deleted (${why})`, records),
      onDamagedLines: (lines) => this.account.note('damaged lines of the list of files', lines),
      onSumsRemoval: (tier, why, records) => this.account.note(`deleted from ${tier} (${why})`, records),
    });
    this.#writing = await WritingLog.begin(this.#settings.directory, this.#clock, onTrouble);
  }

  async write(batch: FlowBatch): Promise<void> {
    if (this.#history === undefined) throw new Error(`${this.name} is not started`);
    const { length } = batch;
    this.account.received += length;
    try {
      await this.#history.append(batch);
      this.account.sent += length;
      this.#isUp = true;
      this.#writing?.accept();
    } catch (error) {
      this.account.drop(reasonOf(error), length);
      this.#isUp = false;
      this.#writing?.refuse();
      this.#log.limited(this.name, 'not stored', `${length} records lost: ${describeError(error)}`);
    }
  }

  async stop(): Promise<void> {
    const [history, writing] = [this.#history, this.#writing];
    this.#history = undefined;
    this.#writing = undefined;
    await writing?.end();
    await history?.close();
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof WeirError ? error.code : undefined;
  if (code === 'WEIR_HISTORY_DISK_FULL') return 'disk full';
  return code === 'WEIR_HISTORY_BATCH_TOO_LARGE' ? 'batch too large' : 'not stored';
}
