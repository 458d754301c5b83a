import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { NetlinkError, type NetlinkErrorFields } from './errors.ts';

/** Slots of the shared control block, an Int32Array. */
export const STOP = 0;
/** How many messages the main thread has sent. */
export const SENT = 1;
export const CONTROL_SLOTS = 2;

/** How long a stopping worker waits for a buffer for the rest of its data. */
const LAST_WAIT_MS = 500;

/** What a worker gets at its start. `settings` is for the code inside the worker. */
export interface WorkerBirth<Settings> {
  readonly control: SharedArrayBuffer;
  /** The only buffers that the worker fills: their number bounds the batches in flight. */
  readonly buffers: ArrayBuffer[];
  readonly settings: Settings;
}

/** What the main thread sends besides returned buffers. */
export interface Request {
  readonly id: number;
  readonly ask: unknown;
}

export type FromBatchWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'batch'; readonly buffer: ArrayBuffer; readonly rows: number }
  | { readonly kind: 'note'; readonly note: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly error: NetlinkErrorFields }
  | { readonly kind: 'failed'; readonly error: NetlinkErrorFields };

export type ToBatchWorker =
  | { readonly kind: 'return'; readonly buffer: ArrayBuffer }
  | { readonly kind: 'stop' }
  | ({ readonly kind: 'ask' } & Request);

/**
 * The worker's end of the channel to the main thread. A worker blocks in recv(), so its event loop seldom
 * turns. So buffers and the stop signal reach it through shared memory and by polling the port.
 *
 * A worker without a free buffer waits. It drops nothing. What does not fit into the socket's buffer
 * meanwhile is lost in the kernel, which reports it.
 */
export class WorkerOutlet {
  readonly #port: MessagePort;
  readonly #control: Int32Array;
  readonly #free: ArrayBuffer[];
  readonly #requests: Request[] = [];
  /** Messages that were looked for, as SENT counts them. */
  #looked = 0;

  constructor(port: MessagePort, control: SharedArrayBuffer, buffers: readonly ArrayBuffer[]) {
    this.#port = port;
    this.#control = new Int32Array(control);
    this.#free = [...buffers];
  }

  get stopping(): boolean {
    return Atomics.load(this.#control, STOP) !== 0;
  }

  /** A buffer to fill. Waits for one to return; undefined when none does and the worker is stopping. */
  take(): ArrayBuffer | undefined {
    while (this.#free.length === 0) {
      const sent = Atomics.load(this.#control, SENT);
      this.#look();
      if (this.#free.length > 0) break;
      const waited = Atomics.wait(this.#control, SENT, sent, LAST_WAIT_MS);
      if (waited === 'timed-out' && this.stopping) return undefined;
    }
    return this.#free.pop();
  }

  /** Sends a filled buffer to the main thread; it is detached here. */
  post(buffer: ArrayBuffer, rows: number): void {
    this.#say({ kind: 'batch', buffer, rows }, [buffer]);
  }

  /** Returns a buffer that was taken but not needed. */
  putBack(buffer: ArrayBuffer): void {
    this.#free.push(buffer);
  }

  /** Sends a note at once, in order with the batches. */
  note(note: unknown): void {
    this.#say({ kind: 'note', note });
  }

  /**
   * For a worker that only blocks: runs `work` until it returns (it watches `stopping`), then lets the
   * thread end. `open` may fail; the main thread's start() then rejects with its error.
   */
  run<Source>(open: () => Source, work: (source: Source) => void): void {
    try {
      const source = open();
      this.#say({ kind: 'ready' });
      work(source);
    } catch (error) {
      this.#say({ kind: 'failed', error: fieldsOf(error) });
    }
    this.#port.close();
  }

  /**
   * For a worker that answers requests: calls `answer` once for each, until the main thread stops it.
   * @param work blocks, and calls `answerWaiting` now and then. When it fails, requests are answered still.
   */
  serve<Source>(
    open: () => Source,
    answer: (source: Source, ask: unknown) => unknown,
    work: (source: Source) => void = () => {},
  ): void {
    let source: Source;
    try {
      source = open();
    } catch (error) {
      this.#say({ kind: 'failed', error: fieldsOf(error) });
      this.#port.close();
      return;
    }
    this.#say({ kind: 'ready' });
    try {
      work(source);
    } catch (error) {
      this.#say({ kind: 'failed', error: fieldsOf(error) });
    }
    if (this.stopping) {
      this.#port.close();
      return;
    }
    this.#port.on('message', (message: ToBatchWorker) => {
      this.#accept(message);
      this.#answerRequests(source, answer);
      if (this.stopping) this.#port.close();
    });
  }

  /** Answers the requests that wait. Costs little when there are none. */
  answerWaiting<Source>(source: Source, answer: (source: Source, ask: unknown) => unknown): void {
    const sent = Atomics.load(this.#control, SENT);
    if (sent === this.#looked) return;
    this.#looked = sent;
    this.#look();
    this.#answerRequests(source, answer);
  }

  #answerRequests<Source>(source: Source, answer: (source: Source, ask: unknown) => unknown): void {
    for (let request = this.#requests.shift(); request !== undefined; request = this.#requests.shift()) {
      this.#answer(source, request, answer);
    }
  }

  #answer<Source>(
    source: Source,
    { id, ask }: Request,
    answer: (source: Source, ask: unknown) => unknown,
  ): void {
    try {
      this.#say({ kind: 'answer', id, answer: answer(source, ask) });
    } catch (error) {
      this.#say({ kind: 'refusal', id, error: fieldsOf(error) });
    }
  }

  #look(): void {
    for (
      let waiting = receiveMessageOnPort(this.#port);
      waiting !== undefined;
      waiting = receiveMessageOnPort(this.#port)
    ) {
      this.#accept(waiting.message as ToBatchWorker);
    }
  }

  #accept(message: ToBatchWorker): void {
    if (message.kind === 'return') this.#free.push(message.buffer);
    if (message.kind === 'ask') this.#requests.push(message);
  }

  #say(message: FromBatchWorker, transfer: ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer);
  }
}

/** The outlet and the settings of the calling worker thread. */
export function outletOfThisWorker<Settings>(): { outlet: WorkerOutlet; settings: Settings } {
  if (parentPort === null)
    throw new Error('this module is the body of a worker thread; it was loaded in the main thread');
  const birth = workerData as WorkerBirth<Settings>;
  return { outlet: new WorkerOutlet(parentPort, birth.control, birth.buffers), settings: birth.settings };
}

function fieldsOf(error: unknown): NetlinkErrorFields {
  if (error instanceof NetlinkError) return error.fields;
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'WEIR_NETLINK_WORKER', message, call: 'worker', errno: '', remedy: undefined };
}
