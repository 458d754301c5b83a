import { Worker } from 'node:worker_threads';

export interface Answer {
  status: number;
  body: string;
}

/** How to fetch something; GET by default. */
export interface FetchOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  /** The authority of a server that speaks TLS, as PEM. Default: those that Node knows. */
  ca?: string;
}

/** A request for a thread in a namespace. */
export interface Request {
  number: number;
  url: string;
  options: FetchOptions;
}

export type Reply = { number: number } & (Answer | { error: string });

/**
 * HTTP from inside a network namespace, by a thread that started there. Threads keep the namespace in which
 * they start. Node's thread pool is outside, so hosts are addresses, not names.
 */
export class NamespaceClient {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #asked = 0;

  /** @param enter runs a function with the calling thread in the namespace */
  constructor(enter: (work: () => Worker) => Worker) {
    this.#worker = enter(() => new Worker(new URL('./namespace-client-worker.ts', import.meta.url)));
    this.#worker.on('message', (reply: Reply) => this.#settle(reply));
    this.#worker.on('error', (error) => this.#fail(error.message));
    this.#worker.on('exit', () => this.#fail('the namespace is closed'));
    this.#worker.unref();
  }

  async fetch(url: string, options: FetchOptions = {}): Promise<Answer> {
    const number = this.#asked++;
    this.#worker.ref(); // keeps the process alive while a request waits for its answer
    const reply = await new Promise<Reply>((resolve) => {
      this.#waiting.set(number, resolve);
      this.#worker.postMessage({ number, url, options } satisfies Request);
    });
    if ('error' in reply) throw new Error(`${options.method ?? 'GET'} ${url}: ${reply.error}`);
    return reply;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(reply: Reply): void {
    this.#waiting.get(reply.number)?.(reply);
    this.#waiting.delete(reply.number);
    if (this.#waiting.size === 0) this.#worker.unref();
  }

  #fail(error: string): void {
    for (const number of [...this.#waiting.keys()]) this.#settle({ number, error });
  }
}
