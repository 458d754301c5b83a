import type { Worker, WorkerOptions } from 'node:worker_threads';
import type { FlowBatch, FlowSink } from '../../flow/index.ts';
import {
  type Account,
  type AccountStatement,
  type Ledger,
  type Log,
  WeirError,
} from '../../runtime/index.ts';
import type { FromWorker, SinkWorkerState, ToWorker } from './messages.ts';
import { BatchSender } from './sent-batches.ts';

/** How long after its deadline a thread is no longer awaited. */
const GRACE_MS = 2_000;

/** The thread of a sink, and its account in the main thread. */
export interface SinkThread<Birth> {
  /** Starts a worker whose program calls `serveSink`. */
  readonly start: (options: WorkerOptions) => Worker;
  /** The data that the thread creates its sink from; plain data. */
  readonly birth: Birth;
  readonly account: { readonly name: string; readonly unit: string };
  /**
   * Whether it may be terminated when it does not stop in time. A library that works for it may not bear
   * that: DuckDB's ends the process.
   */
  readonly isTerminable: boolean;
}

/**
 * A sink in its own thread, so that its work costs the aggregator only a message for each batch. A batch
 * whose memory is not shared is copied. A thread that dies loses what it held, which is counted. The next
 * batch starts another thread.
 */
export class ThreadSink<Birth, Facts> implements FlowSink {
  readonly name: string;
  /** The latest report of the sink about itself. */
  facts: Facts | undefined;
  readonly #thread: SinkThread<Birth>;
  readonly #log: Log;
  readonly #account: Account;
  #worker: Worker | undefined;
  #sender = new BatchSender();
  /** The last report of the thread's account. */
  #reported: AccountStatement | undefined;
  #isUp = true;
  #started = handledPromise();
  #taken = handledPromise();
  #ended = Promise.withResolvers<void>();
  #isStopping = false;

  constructor(
    name: string,
    thread: SinkThread<Birth>,
    { ledger, log }: { readonly ledger: Ledger; readonly log: Log },
  ) {
    this.name = name;
    this.#thread = thread;
    this.#log = log;
    const { account } = thread;
    this.#account = ledger.open(account.name, account.unit, () => this.#reported?.held ?? 0);
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** @throws {WeirError} what kept the sink from starting */
  start(): Promise<void> {
    this.#started = handledPromise();
    this.#ended = Promise.withResolvers();
    this.#sender = new BatchSender();
    const worker = this.#thread.start({ workerData: this.#thread.birth, execArgv: [] });
    worker.on('message', (message: FromWorker) => this.#receive(message));
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', () => this.#end());
    this.#worker = worker;
    return this.#started.promise;
  }

  /** Settles when the sink in the thread has accepted the batch. */
  async write(batch: FlowBatch): Promise<void> {
    if (this.#isStopping) throw new Error(`${this.name} is stopped`);
    if (this.#worker === undefined) await this.start();
    this.#taken = handledPromise();
    this.#send({ kind: 'batch', batch: this.#sender.sent(batch) });
    await this.#taken.promise;
  }

  async stop(deadlineMs: number): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) {
      this.#isStopping = true;
      return;
    }
    if (!this.#isStopping) this.#send({ kind: 'stop', deadlineMs });
    this.#isStopping = true;
    const overrun = setTimeout(() => this.#leaveBehind(worker), deadlineMs + GRACE_MS);
    await this.#ended.promise;
    clearTimeout(overrun);
  }

  /** The process does not end before a thread that goes on. */
  #leaveBehind(worker: Worker): void {
    const { isTerminable } = this.#thread;
    const what = isTerminable ? 'it is terminated' : 'it goes on, and the process ends after it';
    this.#log.error(this.name, `its thread has not stopped in time: ${what}`);
    if (isTerminable) void worker.terminate();
    else this.#ended.resolve();
  }

  #send(message: ToWorker): void {
    this.#worker!.postMessage(message);
  }

  #receive(message: FromWorker): void {
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
        this.#take(message.status);
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

  /** Adds the increase of the thread's account since its last report. */
  #take({ account: now, isUp, facts }: SinkWorkerState): void {
    this.facts = facts as Facts;
    const before = this.#reported;
    this.#reported = now;
    this.#isUp = isUp;
    const account = this.#account;
    account.received += now.received - (before?.received ?? 0);
    account.sent += now.sent - (before?.sent ?? 0);
    for (const [reason, count] of Object.entries(now.dropped))
      account.drop(reason, count - (before?.dropped[reason] ?? 0));
    for (const [event, count] of Object.entries(now.events))
      account.note(event, count - (before?.events[event] ?? 0));
  }

  #fail(error: Error): void {
    const lost = `the ${this.#account.unit} in its memory are lost`;
    this.#log.error(this.name, `its thread has ended: ${error.message}; ${lost}`);
    this.#started.reject(error);
    this.#taken.reject(error);
  }

  #end(): void {
    this.#worker = undefined;
    this.#account.drop('thread ended', this.#reported?.held ?? 0);
    this.#reported = undefined;
    this.#isUp = this.#isStopping;
    this.#taken.reject(new Error('its thread has ended'));
    this.#ended.resolve();
  }
}

/** A promise that may reject while nobody waits for it. */
function handledPromise(): PromiseWithResolvers<void> {
  const resolvers = Promise.withResolvers<void>();
  resolvers.promise.catch(() => {});
  return resolvers;
}
