import type { Worker } from 'node:worker_threads';
import type { FlowBatch, FlowSink } from '../../flow/index.ts';
import {
  type Account,
  type AccountStatement,
  type Ledger,
  type Log,
  startWorker,
  WeirError,
} from '../../runtime/index.ts';
import { accountName } from '../log-server.ts';
import type { FlowLogOptions } from '../options.ts';
import type { Connection } from '../push/index.ts';
import { DictionarySender } from './dictionary-copy.ts';
import type { FromWorker, ToWorker, WorkerBirth, WorkerStatus } from './messages.ts';

/**
 * A `FlowLogSink` in a thread of its own, so that making lines and compressing them costs the aggregator a copy of each batch and no more. A thread
 * that dies takes with it what it held, which is counted; the next batch starts another.
 */
export class FlowLogWorkerSink implements FlowSink {
  readonly name: string;
  /** The connections that lines are pushed over, as of a moment ago. */
  connections: readonly Connection[] = [];
  readonly #options: FlowLogOptions;
  readonly #log: Log;
  readonly #account: Account;
  #worker: Worker | undefined;
  #strings = new DictionarySender();
  #told: AccountStatement | undefined;
  #isUp = true;
  #started = expected();
  #taken = expected();
  #ended = Promise.withResolvers<void>();
  #isStopping = false;

  constructor(
    name: string,
    options: FlowLogOptions,
    { ledger, log }: { readonly ledger: Ledger; readonly log: Log },
  ) {
    this.name = name;
    this.#options = options;
    this.#log = log;
    this.#account = ledger.open(accountName(options.server, name), 'lines', () => this.#told?.held ?? 0);
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** @throws {WeirError} what kept the sink from starting: WEIR_LOKI_FILE, WEIR_SPOOL_… */
  start(): Promise<void> {
    const birth: WorkerBirth = { name: this.name, options: this.#options };
    this.#started = expected();
    this.#ended = Promise.withResolvers();
    this.#strings = new DictionarySender();
    const worker = startWorker('flow-log-worker', import.meta.url, { workerData: birth, execArgv: [] });
    worker.on('message', (message: FromWorker) => this.#hear(message));
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', () => this.#end());
    this.#worker = worker;
    return this.#started.promise;
  }

  /** Settles when the thread has made lines of it and has room for more. */
  async write(batch: FlowBatch): Promise<void> {
    if (this.#worker === undefined) await this.start();
    this.#taken = expected();
    const { fields, capacity } = batch.layout;
    const buffer = batch.columns[fields[0]!].buffer as ArrayBuffer;
    const strings = this.#strings.newStrings(batch.dictionary);
    this.#say({ kind: 'batch', batch: { fields, capacity, length: batch.length, buffer, strings } });
    await this.#taken.promise;
  }

  async stop(deadlineMs: number): Promise<void> {
    this.#isStopping = true;
    if (this.#worker === undefined) return;
    this.#say({ kind: 'stop', deadlineMs });
    await this.#ended.promise;
  }

  #say(message: ToWorker): void {
    this.#worker!.postMessage(message);
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case 'started':
        this.#started.resolve();
        break;
      case 'refused': {
        const { code, message: text, remedy } = message;
        this.#started.reject(new WeirError(code, text, remedy === undefined ? {} : { remedy }));
        break;
      }
      case 'taken':
        this.#taken.resolve();
        break;
      case 'status':
        this.#take(message.status);
        break;
      case 'log': {
        const { level, component, text, fields } = message.entry;
        this.#log[level](component, text, fields);
      }
    }
  }

  /** Adds to the account what the thread's own has gained since it was last told. */
  #take({ lines, isUp, connections }: WorkerStatus): void {
    this.connections = connections;
    const before = this.#told;
    this.#told = lines;
    this.#isUp = isUp;
    const account = this.#account;
    account.received += lines.received - (before?.received ?? 0);
    account.sent += lines.sent - (before?.sent ?? 0);
    for (const [reason, count] of Object.entries(lines.dropped))
      account.drop(reason, count - (before?.dropped[reason] ?? 0));
    for (const [event, count] of Object.entries(lines.events))
      account.note(event, count - (before?.events[event] ?? 0));
  }

  #fail(error: Error): void {
    this.#log.error(
      this.name,
      `its thread has ended: ${error.message}; the lines that it held in memory are lost`,
    );
    this.#started.reject(error);
    this.#taken.reject(error);
  }

  #end(): void {
    this.#worker = undefined;
    this.#account.drop('thread ended', this.#told?.held ?? 0);
    this.#told = undefined;
    this.#isUp = this.#isStopping;
    this.#taken.reject(new Error('its thread has ended'));
    this.#ended.resolve();
  }
}

/** Something of the thread that may fail also while nobody waits for it. */
function expected(): PromiseWithResolvers<void> {
  const resolvers = Promise.withResolvers<void>();
  resolvers.promise.catch(() => {});
  return resolvers;
}
