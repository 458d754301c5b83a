import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import type { KnownNamespaces, MetNamespaces, NamespaceReader } from '../flow/index.ts';
import { type Clock, type Component, startWorker, WeirError } from '../runtime/index.ts';
import type { Query, QueryAnswer } from './contract/index.ts';

/** A question to the thread, what its reader may read, or that nobody waits for it any more. */
export type DeskMessage =
  | {
      readonly id: number;
      readonly directory: string;
      readonly query: Query;
      /** Of somebody who may read some namespaces; the thread asks which. Undefined: all flows count. */
      readonly reader: Pick<NamespaceReader, 'knowsAnyEnd'> | undefined;
    }
  | { readonly namespacesFor: number; readonly namespaces: KnownNamespaces }
  | { readonly cancelled: number }
  /** The thread breaks off what it does, and ends. */
  | 'end';

/** What the thread answers. An error is what remains of a `WeirError` on its way between threads. */
export type DeskAnswer = { readonly id: number } & (
  | { readonly answer: QueryAnswer }
  /** Which namespaces meet in the flows: the thread goes on when it knows what the reader may read. */
  | { readonly met: readonly MetNamespaces[] }
  | {
      readonly error: {
        readonly message: string;
        readonly code?: WeirError['code'];
        readonly remedy?: string;
      };
    }
);

export interface DeskOptions {
  /** Questions that run at a time. Each has an engine of its own. */
  readonly mostRunning?: number;
  /** Questions that wait for their turn. */
  readonly mostWaiting?: number;
  /** Questions of one asker, running or waiting: others want answers, too. */
  readonly mostOfOne?: number;
  readonly timeLimitMs?: number;
  /** Memory of the thread for JavaScript. DuckDB has its own bound for each question. */
  readonly maxMegabytes?: number;
}

const defaultOptions = {
  mostRunning: 2,
  mostWaiting: 16,
  mostOfOne: 12,
  timeLimitMs: 30_000,
  maxMegabytes: 256,
};

/** Who asks a question. */
export interface Asker {
  /** By this name questions are counted; undefined: nobody in particular. */
  readonly name?: string | undefined;
  /** Somebody who may read some namespaces; undefined: all flows count. */
  readonly reader?: NamespaceReader | undefined;
}

interface Question {
  readonly id: number;
  readonly directory: string;
  readonly query: Query;
  readonly asker: Asker;
  readonly signal: AbortSignal;
  readonly resolve: (answer: QueryAnswer) => void;
  readonly reject: (error: unknown) => void;
  /** Ends the waiting for signal and time limit. */
  release: () => void;
}

/**
 * Answers questions in a thread of its own, so that nothing else waits for them. The thread starts with the
 * first question. When it dies, its questions fail and the next one starts another.
 */
export class QueryDesk implements Component, AsyncDisposable {
  readonly name = 'queries';
  readonly #clock: Clock;
  readonly #options: Required<DeskOptions>;
  readonly #running = new Map<number, Question>();
  readonly #waiting: Question[] = [];
  #worker: Worker | undefined;
  #lastId = 0;

  constructor(clock: Clock, options: DeskOptions = {}) {
    this.#clock = clock;
    this.#options = { ...defaultOptions, ...options };
  }

  /**
   * @param directory of the history
   * @param signal its abortion ends the work at once
   * @throws {WeirError} WEIR_QUERY_BUSY, WEIR_QUERY_SLOW, WEIR_QUERY_FAILED, WEIR_HISTORY_…; what the reader
   * throws when nobody can say what he may read
   */
  ask(directory: string, query: Query, signal: AbortSignal, asker: Asker = {}): Promise<QueryAnswer> {
    const { mostWaiting, mostRunning, mostOfOne } = this.#options;
    if (this.#waiting.length >= mostWaiting && this.#running.size >= mostRunning)
      return Promise.reject(busyError(`${mostRunning + mostWaiting} questions are asked already`));
    if (asker.name !== undefined && this.#countOf(asker.name) >= mostOfOne)
      return Promise.reject(busyError(`${asker.name} asks ${mostOfOne} questions already`));
    return new Promise((resolve, reject) => {
      const question: Question = {
        id: ++this.#lastId,
        directory,
        query,
        asker,
        signal,
        resolve,
        reject,
        release: () => {},
      };
      if (signal.aborted) return reject(signal.reason);
      const giveUpQuestion = () => this.#giveUp(question, signal.reason);
      signal.addEventListener('abort', giveUpQuestion, { once: true });
      question.release = () => signal.removeEventListener('abort', giveUpQuestion);
      this.#waiting.push(question);
      this.#continue();
    });
  }

  /** Nothing to do: the thread starts with the first question. */
  async start(): Promise<void> {}

  /**
   * Breaks off what is asked, and waits until the thread has ended by itself. Whoever terminates a thread in
   * which DuckDB works ends the process: its library throws when it cannot hand over a result.
   */
  async stop(): Promise<void> {
    const worker = this.#worker;
    const waiting = this.#waiting.splice(0);
    this.#fail(endError());
    for (const question of waiting) this.#settle(question, () => question.reject(endError()));
    if (worker === undefined || worker.threadId < 0) return;
    worker.ref();
    const ended = once(worker, 'exit');
    worker.postMessage('end' satisfies DeskMessage);
    await ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #continue(): void {
    while (this.#running.size < this.#options.mostRunning && this.#waiting.length > 0) {
      const [question] = this.#waiting.splice(this.#nextWaiting(), 1);
      this.#begin(question!);
    }
  }

  /** The first of an asker who has none that runs: one who asks much does not keep others waiting. */
  #nextWaiting(): number {
    const running = new Set([...this.#running.values()].map(({ asker }) => asker.name));
    return Math.max(
      0,
      this.#waiting.findIndex(({ asker: { name } }) => name === undefined || !running.has(name)),
    );
  }

  #countOf(name: string): number {
    return [...this.#running.values(), ...this.#waiting].filter(({ asker }) => asker.name === name).length;
  }

  #begin(question: Question): void {
    const { id, directory, query, asker, release } = question;
    const { timeLimitMs } = this.#options;
    this.#running.set(id, question);
    const cancel = this.#clock.after(timeLimitMs, () => this.#giveUp(question, slowError(timeLimitMs)));
    question.release = () => {
      release();
      cancel();
    };
    const reader = asker.reader && { knowsAnyEnd: asker.reader.knowsAnyEnd };
    this.#post({ id, directory, query, reader });
  }

  #post(message: DeskMessage): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(message);
  }

  #start(): Worker {
    const worker = startWorker('query-worker', import.meta.url, {
      resourceLimits: { maxOldGenerationSizeMb: this.#options.maxMegabytes },
    });
    worker.unref();
    let cause: unknown;
    worker.on('message', (answer: DeskAnswer) => this.#answer(answer));
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', (status) => {
      if (this.#worker !== worker) return;
      this.#fail(diedError(cause ?? `status ${status}`));
      this.#continue();
    });
    return worker;
  }

  #answer(answer: DeskAnswer): void {
    const question = this.#running.get(answer.id);
    if (question === undefined) return; // its client has left
    if ('met' in answer) {
      void this.#tellNamespaces(question, answer.met);
      return;
    }
    this.#settle(question, () =>
      'answer' in answer ? question.resolve(answer.answer) : question.reject(errorOf(answer.error)),
    );
  }

  /** Tells the thread what a reader may read. When that cannot be determined, the question has no answer. */
  async #tellNamespaces(question: Question, met: readonly MetNamespaces[]): Promise<void> {
    try {
      const namespaces = await question.asker.reader!.namespacesAmong(met);
      if (this.#running.has(question.id)) this.#post({ namespacesFor: question.id, namespaces });
    } catch (error) {
      this.#giveUp(question, error);
    }
  }

  /** The place is free at once: the thread stops within some milliseconds. */
  #giveUp(question: Question, reason: unknown): void {
    const at = this.#waiting.indexOf(question);
    if (at >= 0) this.#waiting.splice(at, 1);
    else if (this.#running.has(question.id)) this.#post({ cancelled: question.id });
    else return;
    this.#settle(question, () => question.reject(reason));
  }

  #settle(question: Question, settle: () => void): void {
    question.release();
    this.#running.delete(question.id);
    settle();
    this.#continue();
  }

  /** The thread is gone, with all questions that it had. */
  #fail(reason: unknown): void {
    this.#worker = undefined;
    const lost = [...this.#running.values()];
    this.#running.clear();
    for (const question of lost) {
      question.release();
      question.reject(reason);
    }
  }
}

const busyError = (text: string): WeirError =>
  new WeirError('WEIR_QUERY_BUSY', text, { remedy: 'Ask again in some seconds.' });

const endError = (): Error => new Error('the process ends');

const slowError = (timeLimitMs: number): WeirError =>
  new WeirError('WEIR_QUERY_SLOW', `the answer takes longer than ${timeLimitMs / 1000} s`, {
    remedy: 'Ask about a shorter time, or group by fewer dimensions.',
  });

const diedError = (cause: unknown): WeirError =>
  new WeirError('WEIR_QUERY_FAILED', `the thread that answers has ended: ${String(cause)}`, {
    remedy: 'Ask again. If it ends again, ask about a shorter time.',
    cause,
  });

function errorOf({ message, code, remedy }: Extract<DeskAnswer, { error: unknown }>['error']): Error {
  if (code === undefined) return new Error(message);
  return new WeirError(code, message, remedy === undefined ? {} : { remedy });
}
