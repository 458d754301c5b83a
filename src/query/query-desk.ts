import type { NamespaceReader } from '../flow/index.ts';
import { type Clock, type Component, type Log, WeirError } from '../runtime/index.ts';
import type { Query, QueryAnswer } from './contract/index.ts';
import { commandOf } from './query-command.ts';
import { type AskedQuestion, type ProcessBounds, QueryProcess } from './query-process.ts';

export interface DeskOptions {
  /** Questions that run at a time. Each has an engine of its own. */
  readonly mostRunning?: number;
  /** Questions that wait for their turn. */
  readonly mostWaiting?: number;
  /** Questions of one asker, running or waiting: others want answers, too. */
  readonly mostOfOne?: number;
  readonly timeLimitMs?: number;
  /** What a process may take. DuckDB has its own bound for each question. */
  readonly bounds?: Partial<ProcessBounds>;
  /** How long a process waits for a question before it ends. */
  readonly idleMs?: number;
  /** Where a question that was too much for its process is written. */
  readonly log?: Log;
}

const defaultOptions = {
  mostRunning: 2,
  mostWaiting: 16,
  mostOfOne: 12,
  timeLimitMs: 30_000,
  bounds: {},
  idleMs: 60_000,
};

const defaultBounds: ProcessBounds = { maxHeapMegabytes: 128, maxMegabytes: 400 };

/** Who asks a question. */
export interface Asker {
  /** By this name questions are counted; undefined: nobody in particular. */
  readonly name?: string | undefined;
  /** Somebody who may read some namespaces; undefined: all flows count. */
  readonly reader?: NamespaceReader | undefined;
}

interface Question {
  readonly directory: string;
  readonly query: Query;
  readonly asker: Asker;
  /** Aborted when nobody waits for the answer any more. */
  readonly leaving: AbortController;
  readonly resolve: (answer: QueryAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Answers questions in other processes, each in one of its own. One that needs too much memory ends that
 * process, and nothing else. A process is kept for the next question, and ends when none comes for a while.
 */
export class QueryDesk implements Component, AsyncDisposable {
  readonly name = 'queries';
  readonly #clock: Clock;
  readonly #options: Required<Omit<DeskOptions, 'log'>>;
  readonly #log: Log | undefined;
  readonly #running = new Set<Question>();
  readonly #waiting: Question[] = [];
  readonly #processes = new Set<QueryProcess>();
  /** Those without a question, the last used one last, and what keeps each from ending. */
  readonly #idle = new Map<QueryProcess, () => void>();
  #isStopped = false;

  constructor(clock: Clock, options: DeskOptions = {}) {
    this.#clock = clock;
    this.#options = { ...defaultOptions, ...options };
    this.#log = options.log;
  }

  /**
   * @param directory of the history
   * @param signal its abortion ends the work at once
   * @throws {WeirError} WEIR_QUERY_BUSY, WEIR_QUERY_SLOW, WEIR_QUERY_FAILED, WEIR_HISTORY_…; what the reader
   * throws when nobody can say what he may read
   */
  async ask(directory: string, query: Query, signal: AbortSignal, asker: Asker = {}): Promise<QueryAnswer> {
    signal.throwIfAborted();
    this.#expectRoom(asker);
    const { promise, resolve, reject } = Promise.withResolvers<QueryAnswer>();
    const leaving = new AbortController();
    const passAbort = () => leaving.abort(signal.reason);
    signal.addEventListener('abort', passAbort);
    const question: Question = { directory, query, asker, leaving, resolve, reject };
    leaving.signal.addEventListener('abort', () => this.#giveUp(question));
    this.#waiting.push(question);
    this.#continue();
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', passAbort);
    }
  }

  /** Nothing to do: a process starts with the first question. */
  async start(): Promise<void> {}

  /** Breaks off what is asked, and ends all processes. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const cancel of this.#idle.values()) cancel();
    for (const { leaving } of [...this.#waiting, ...this.#running]) leaving.abort(endError());
    await Promise.all([...this.#processes].map((process) => process.kill()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #expectRoom({ name }: Asker): void {
    const { mostWaiting, mostRunning, mostOfOne } = this.#options;
    if (this.#isStopped) throw endError();
    if (this.#waiting.length >= mostWaiting && this.#running.size >= mostRunning)
      throw busyError(`${mostRunning + mostWaiting} questions are asked already`);
    if (name !== undefined && this.#countOf(name) >= mostOfOne)
      throw busyError(`${name} asks ${mostOfOne} questions already`);
  }

  #continue(): void {
    while (this.#running.size < this.#options.mostRunning && this.#waiting.length > 0) {
      const [question] = this.#waiting.splice(this.#nextWaiting(), 1);
      void this.#run(question!);
    }
  }

  /** The first of an asker who has none that runs: one who asks much does not keep others waiting. */
  #nextWaiting(): number {
    const running = new Set([...this.#running].map(({ asker }) => asker.name));
    return Math.max(
      0,
      this.#waiting.findIndex(({ asker: { name } }) => name === undefined || !running.has(name)),
    );
  }

  #countOf(name: string): number {
    return [...this.#running, ...this.#waiting].filter(({ asker }) => asker.name === name).length;
  }

  async #run(question: Question): Promise<void> {
    const { query, asker, leaving, resolve, reject } = question;
    const { timeLimitMs } = this.#options;
    const cancel = this.#clock.after(timeLimitMs, () => leaving.abort(slowError(timeLimitMs)));
    this.#running.add(question);
    try {
      resolve(await this.#answer({ ...question, reader: asker.reader }));
    } catch (error) {
      if (!leaving.signal.aborted) this.#tellTrouble(query, error);
      reject(error);
    }
    cancel();
    this.#running.delete(question);
    this.#continue();
  }

  async #answer(question: AskedQuestion): Promise<QueryAnswer> {
    const process = this.#takeProcess();
    try {
      return await process.answer(question);
    } finally {
      this.#keep(process);
    }
  }

  #takeProcess(): QueryProcess {
    for (const [process, cancel] of [...this.#idle].reverse()) {
      cancel();
      this.#idle.delete(process);
      if (process.isAlive) return process;
      this.#processes.delete(process);
    }
    const process = QueryProcess.start({ ...defaultBounds, ...this.#options.bounds });
    this.#processes.add(process);
    return process;
  }

  /** For the next question. */
  #keep(process: QueryProcess): void {
    if (!process.isAlive) {
      this.#processes.delete(process);
      return;
    }
    if (this.#isStopped) return;
    const endProcess = () => {
      this.#idle.delete(process);
      this.#processes.delete(process);
      void process.kill();
    };
    this.#idle.set(process, this.#clock.after(this.#options.idleMs, endProcess));
  }

  #tellTrouble(query: Query, error: unknown): void {
    if (!(error instanceof WeirError) || error.code !== 'WEIR_QUERY_FAILED') return;
    const command = commandOf(query).slice(0, MOST_COMMAND);
    this.#log?.limited(this.name, 'no answer', `a question has no answer: ${error.message} (${command})`);
  }

  /** Who asked waits no longer. The process has the question until it has stopped its work. */
  #giveUp(question: Question): void {
    const at = this.#waiting.indexOf(question);
    if (at >= 0) this.#waiting.splice(at, 1);
    question.reject(question.leaving.signal.reason);
  }
}

/** Characters of a question that the log repeats. */
const MOST_COMMAND = 500;

const busyError = (text: string): WeirError =>
  new WeirError('WEIR_QUERY_BUSY', text, { remedy: 'Ask again in some seconds.' });

const endError = (): Error => new Error('the process ends');

const slowError = (timeLimitMs: number): WeirError =>
  new WeirError('WEIR_QUERY_SLOW', `the answer takes longer than ${timeLimitMs / 1000} s`, {
    remedy: 'Ask about a shorter time, or group by fewer dimensions.',
  });
