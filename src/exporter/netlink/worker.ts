import type { Worker } from 'node:worker_threads';
import { startWorker } from '../../runtime/worker.ts';
import { NetlinkError } from './errors.ts';
import {
  CONTROL_SLOTS,
  type FromBatchWorker,
  SENT,
  STOP,
  type ToBatchWorker,
  type WorkerBirth,
} from './outlet.ts';

export interface BatchWorkerOptions {
  /**
   * The worker's module: its file name without extension, and the `import.meta.url` of a module beside it.
   */
  readonly name: string;
  readonly beside: string;
  readonly settings: unknown;
  readonly bufferOctets: number;
  /** Maximum batches in flight. */
  readonly buffers: number;
}

export interface BatchWorkerHandlers {
  /** The buffer is valid during the call; the worker gets it back afterwards. */
  onBatch(buffer: ArrayBuffer, rows: number): void;
  onNote(note: unknown): void;
  /** The worker ended by itself; it will not restart. */
  onFailure(error: Error): void;
}

/**
 * The main thread's end of a worker. It starts the worker, receives its batches, returns their buffers, sends
 * requests, and stops it. stop() resolves after the last batch.
 */
export class BatchWorker {
  readonly #options: BatchWorkerOptions;
  readonly #handlers: BatchWorkerHandlers;
  readonly #control = new Int32Array(new SharedArrayBuffer(CONTROL_SLOTS * Int32Array.BYTES_PER_ELEMENT));
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  #worker: Worker | undefined;
  #isReady = false;
  #hasFailed = false;
  #lastId = 0;

  constructor(options: BatchWorkerOptions, handlers: BatchWorkerHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  /** Resolves when the worker has what it needs; rejects with a NetlinkError when the kernel refused. */
  start(): Promise<void> {
    const { name, beside, settings, bufferOctets } = this.#options;
    const buffers = Array.from({ length: this.#options.buffers }, () => new ArrayBuffer(bufferOctets));
    const control = this.#control.buffer as SharedArrayBuffer;
    const birth: WorkerBirth<unknown> = { control, buffers, settings };
    // Flags of the command line such as --input-type concern the main module, and a worker refuses them.
    const worker = startWorker(name, beside, { workerData: birth, transferList: buffers, execArgv: [] });
    worker.on('message', (message: FromBatchWorker) => this.#hear(message));
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', () => this.#end());
    this.#worker = worker;
    return this.#ready.promise;
  }

  /** Sends a request to a worker that serves. @throws NetlinkError the worker's error */
  ask(ask: unknown): Promise<unknown> {
    if (!this.#isReady) return Promise.reject(new Error('the worker is not running: await start() first'));
    const id = ++this.#lastId;
    const pending = Promise.withResolvers<unknown>();
    this.#pending.set(id, pending);
    this.#send({ kind: 'ask', id, ask });
    return pending.promise;
  }

  /** Resolves when the thread has ended and its last batch was received; at once if it never started. */
  stop(): Promise<void> {
    if (this.#worker === undefined) return Promise.resolve();
    Atomics.store(this.#control, STOP, 1);
    this.#send({ kind: 'stop' });
    return this.#ended.promise;
  }

  get #stopping(): boolean {
    return Atomics.load(this.#control, STOP) !== 0;
  }

  #hear(message: FromBatchWorker): void {
    switch (message.kind) {
      case 'ready':
        this.#isReady = true;
        this.#ready.resolve();
        break;
      case 'batch':
        this.#hearBatch(message.buffer, message.rows);
        break;
      case 'note':
        this.#handlers.onNote(message.note);
        break;
      case 'answer':
        this.#settle(message.id)?.resolve(message.answer);
        break;
      case 'refusal':
        this.#settle(message.id)?.reject(new NetlinkError(message.error));
        break;
      case 'failed':
        this.#fail(new NetlinkError(message.error));
    }
  }

  #hearBatch(buffer: ArrayBuffer, rows: number): void {
    try {
      this.#handlers.onBatch(buffer, rows);
    } finally {
      // In a turn of its own: a port delivers up to 1,000 messages in one turn of the event loop. A worker
      // that got its buffer back at once would extend that turn until its dump ends.
      setImmediate(() => this.#giveBack(buffer));
    }
  }

  #giveBack(buffer: ArrayBuffer): void {
    this.#send({ kind: 'return', buffer }, [buffer]);
  }

  #settle(id: number): PromiseWithResolvers<unknown> | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #send(message: ToBatchWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker?.postMessage(message, transfer);
    Atomics.add(this.#control, SENT, 1);
    Atomics.notify(this.#control, SENT);
  }

  #fail(error: Error): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    if (this.#isReady) this.#handlers.onFailure(error);
    else this.#ready.reject(error);
  }

  #end(): void {
    const ended = new Error('the worker has stopped');
    if (!this.#stopping) this.#fail(ended);
    this.#isReady = false;
    for (const pending of this.#pending.values()) pending.reject(ended);
    this.#pending.clear();
    this.#ended.resolve();
  }
}
