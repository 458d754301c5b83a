import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { NetlinkError, type NetlinkErrorFields } from './errors.ts';

/** Slots of the shared control block, an Int32Array. */
export const STOP = 0;
export const RETURNED = 1;
export const CONTROL_SLOTS = 2;

/** How long a worker that is to stop waits for a buffer for the rest of what it has. */
const LAST_WAIT_MS = 500;

/** What a worker is born with. `settings` is for the worker's own room to read. */
export interface WorkerBirth<Settings> {
  readonly control: SharedArrayBuffer;
  /** The only buffers the worker will ever fill: their number bounds the batches under way. */
  readonly buffers: ArrayBuffer[];
  readonly settings: Settings;
}

/** What the main thread sends besides a buffer's return. */
export interface Request {
  readonly id: number;
  readonly ask: unknown;
}

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'batch'; readonly buffer: ArrayBuffer; readonly rows: number }
  | { readonly kind: 'note'; readonly note: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly error: NetlinkErrorFields }
  | { readonly kind: 'failed'; readonly error: NetlinkErrorFields };

type ToWorker =
  | { readonly kind: 'return'; readonly buffer: ArrayBuffer }
  | ({ readonly kind: 'ask' } & Request);

/**
 * The worker's end of the way to the main thread. A worker blocks in recv(), so its event loop seldom turns:
 * buffers come back, and the word to stop comes, through shared memory and by looking into the port.
 *
 * A worker without a free buffer waits. Nothing is thrown away here; what does not fit into the socket's
 * buffer meanwhile is lost in the kernel, which says so.
 */
export class BatchOutlet {
  readonly #port: MessagePort;
  readonly #control: Int32Array;
  readonly #free: ArrayBuffer[];
  readonly #requests: Request[] = [];

  constructor(port: MessagePort, control: SharedArrayBuffer, buffers: readonly ArrayBuffer[]) {
    this.#port = port;
    this.#control = new Int32Array(control);
    this.#free = [...buffers];
  }

  get stopping(): boolean {
    return Atomics.load(this.#control, STOP) !== 0;
  }

  /** A buffer to fill. Waits for one to come back; undefined when none does while the worker is to stop. */
  take(): ArrayBuffer | undefined {
    while (this.#free.length === 0) {
      const returned = Atomics.load(this.#control, RETURNED);
      this.#look();
      if (this.#free.length > 0) break;
      const waited = Atomics.wait(this.#control, RETURNED, returned, LAST_WAIT_MS);
      if (waited === 'timed-out' && this.stopping) return undefined;
    }
    return this.#free.pop();
  }

  /** Hands a filled buffer to the main thread; it is detached here. */
  post(buffer: ArrayBuffer, rows: number): void {
    this.#say({ kind: 'batch', buffer, rows }, [buffer]);
  }

  /** Puts a buffer back that was taken but not needed. */
  putBack(buffer: ArrayBuffer): void {
    this.#free.push(buffer);
  }

  /** Says something at once, in order with the batches. */
  note(note: unknown): void {
    this.#say({ kind: 'note', note });
  }

  /**
   * For a worker that only blocks: runs `work` until it returns (it watches `stopping`), then lets the thread
   * end. `open` makes what may be refused; the main thread's start() fails with its error.
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
   * For a worker that acts when asked: `answer` is called once per question, until the main thread says stop.
   */
  serve<Source>(open: () => Source, answer: (source: Source, ask: unknown) => unknown): void {
    let source: Source;
    try {
      source = open();
    } catch (error) {
      this.#say({ kind: 'failed', error: fieldsOf(error) });
      this.#port.close();
      return;
    }
    this.#say({ kind: 'ready' });
    this.#port.on('message', (message: ToWorker) => {
      this.#accept(message);
      for (let request = this.#requests.shift(); request !== undefined; request = this.#requests.shift()) {
        this.#answer(source, request, answer);
      }
      if (this.stopping) this.#port.close();
    });
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
      this.#accept(waiting.message as ToWorker);
    }
  }

  #accept(message: ToWorker): void {
    if (message.kind === 'return') this.#free.push(message.buffer);
    if (message.kind === 'ask') this.#requests.push(message);
  }

  #say(message: FromWorker, transfer: ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer);
  }
}

/** The outlet and the settings of the worker thread that calls this. */
export function outletOfThisWorker<Settings>(): { outlet: BatchOutlet; settings: Settings } {
  if (parentPort === null)
    throw new Error('this module is the body of a worker thread; it was loaded in the main thread');
  const birth = workerData as WorkerBirth<Settings>;
  return { outlet: new BatchOutlet(parentPort, birth.control, birth.buffers), settings: birth.settings };
}

function fieldsOf(error: unknown): NetlinkErrorFields {
  if (error instanceof NetlinkError) return error.fields;
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'WEIR_NETLINK_WORKER', message, call: 'worker', errno: '', remedy: undefined };
}
