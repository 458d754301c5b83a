import type { Worker } from 'node:worker_threads';
import { type Clock, type Component, startWorker, WeirError } from '../runtime/index.ts';
import type { Query, QueryAnswer } from './contract/index.ts';

/** A question to the thread, or that nobody waits for one any more. */
export type DeskMessage =
  | { readonly id: number; readonly directory: string; readonly query: Query }
  | { readonly cancelled: number };

/** What the thread answers. An error is what remains of a `WeirError` on its way between threads. */
export type DeskAnswer = { readonly id: number } & (
  | { readonly answer: QueryAnswer }
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
  readonly timeLimitMs?: number;
  /** Memory of the thread for JavaScript. DuckDB has its own bound for each question. */
  readonly maxMegabytes?: number;
}

const defaultOptions = { mostRunning: 2, mostWaiting: 16, timeLimitMs: 30_000, maxMegabytes: 256 };

interface Question {
  readonly id: number;
  readonly directory: string;
  readonly query: Query;
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
   * @throws {WeirError} WEIR_QUERY_BUSY, WEIR_QUERY_SLOW, WEIR_QUERY_FAILED, WEIR_HISTORY_…
   */
  ask(directory: string, query: Query, signal: AbortSignal): Promise<QueryAnswer> {
    const { mostWaiting, mostRunning } = this.#options;
    if (this.#waiting.length >= mostWaiting && this.#running.size >= mostRunning) {
      const text = `${mostRunning + mostWaiting} questions are asked already`;
      return Promise.reject(new WeirError('WEIR_QUERY_BUSY', text, { remedy: 'Ask again in some seconds.' }));
    }
    return new Promise((resolve, reject) => {
      const question: Question = {
        id: ++this.#lastId,
        directory,
        query,
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

  /** Breaks off what is asked. */
  async stop(): Promise<void> {
    const worker = this.#worker;
    const waiting = this.#waiting.splice(0);
    this.#fail(endError());
    for (const question of waiting) this.#settle(question, () => question.reject(endError()));
    await worker?.terminate();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #continue(): void {
    while (this.#running.size < this.#options.mostRunning) {
      const question = this.#waiting.shift();
      if (question === undefined) return;
      this.#begin(question);
    }
  }

  #begin(question: Question): void {
    const { id, directory, query, release } = question;
    const { timeLimitMs } = this.#options;
    this.#running.set(id, question);
    const cancel = this.#clock.after(timeLimitMs, () => this.#giveUp(question, slowError(timeLimitMs)));
    question.release = () => {
      release();
      cancel();
    };
    this.#post({ id, directory, query });
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
    this.#settle(question, () =>
      'answer' in answer ? question.resolve(answer.answer) : question.reject(errorOf(answer.error)),
    );
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
