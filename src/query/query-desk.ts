import type { NamespaceReader } from '../flow/index.ts';
import { type Clock, type Component, type Log, WeirError } from '../runtime/index.ts';
import type { FlowsWanted } from '../store/index.ts';
import type { Query, QueryAnswer } from './contract/index.ts';
import { commandOf, commandOfRecords } from './query-command.ts';
import {
  type Answered,
  type Asked,
  type AskedQuestion,
  type ProcessBounds,
  QueryProcess,
} from './query-process.ts';
import type { RecordsEnd, RecordsPart } from './read-stored-records.ts';

export interface DeskOptions {
  /** Questions that run at a time. Each has an engine of its own. */
  readonly mostRunning?: number;
  /** Those among them that are for many records: such an answer lasts as long as its reader takes. */
  readonly mostLong?: number;
  /** Questions of a kind that wait for their turn. */
  readonly mostWaiting?: number;
  /** Questions of one asker, running or waiting: others want answers, too. */
  readonly mostOfOne?: number;
  /**
   * How long an answer may take, unless it has many records. For so long a question for many waits for its
   * turn. A process that has waited so long in all for who reads many gives way to the next one.
   */
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
  mostLong: 1,
  mostWaiting: 16,
  mostOfOne: 12,
  timeLimitMs: 30_000,
  bounds: {},
  idleMs: 60_000,
};

const defaultBounds: ProcessBounds = { maxHeapMegabytes: 128, maxMegabytes: 400, maxSilenceMs: 30_000 };
/** A question for so many of the newest records is as short as a count. */
const FEW_RECORDS = 10_000;
/** How long a process waits in all for who reads a short answer, before the next one gets its turn. */
const SHORT_PATIENCE_MS = 5_000;
/** How often slow readers are looked for while somebody waits. */
const LOOK_MS = 1_000;

/** Who asks a question. */
export interface Asker {
  /** By this name questions are counted; undefined: nobody in particular. */
  readonly name?: string | undefined;
  /** Somebody who may read some namespaces; undefined: all flows count. */
  readonly reader?: NamespaceReader | undefined;
}

interface Question {
  readonly directory: string;
  readonly asked: Asked;
  readonly asker: Asker;
  readonly takePart: AskedQuestion['takePart'];
  /** How long its process has waited for its reader. */
  readonly waitedMs: () => number;
  /** Aborted when nobody waits for the answer any more. */
  readonly leaving: AbortController;
  readonly resolve: (answer: Answered) => void;
  readonly reject: (error: unknown) => void;
}

type Asking = Pick<Question, 'directory' | 'asked' | 'asker' | 'takePart' | 'waitedMs'>;

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
   * Counts flows.
   * @param directory of the history
   * @param signal its abortion ends the work at once
   * @throws {WeirError} WEIR_QUERY_BUSY, WEIR_QUERY_SLOW, WEIR_QUERY_FAILED, WEIR_HISTORY_…; what the reader
   * throws when nobody can say what he may read
   */
  async ask(directory: string, query: Query, signal: AbortSignal, asker: Asker = {}): Promise<QueryAnswer> {
    const takePart = async () => {};
    const asking = { directory, asked: { query }, asker, takePart, waitedMs: () => 0 };
    return (await this.#answerTo(asking, signal)) as QueryAnswer;
  }

  /**
   * Reads records, the oldest first.
   * @param takePart the next part comes when it resolves. It never rejects. The first
   * part comes at once, without records.
   * @throws as `ask`, also after some parts; WEIR_QUERY_SLOW also when the parts are taken slowly, and others
   * wait
   */
  async read(
    directory: string,
    wanted: FlowsWanted,
    signal: AbortSignal,
    asker: Asker,
    takePart: (part: RecordsPart) => Promise<void>,
  ): Promise<RecordsEnd> {
    const patience = new Patience(this.#clock);
    let taking = Promise.resolve();
    const asking = {
      ...{ directory, asked: { records: wanted }, asker, waitedMs: () => patience.waitedMs },
      takePart: (part: RecordsPart) => {
        taking = patience.while(takePart(part));
        return taking;
      },
    };
    const end = (await this.#answerTo(asking, signal)) as RecordsEnd;
    await taking;
    return end;
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

  async #answerTo(asking: Asking, signal: AbortSignal): Promise<Answered> {
    signal.throwIfAborted();
    this.#expectRoom(asking);
    const { promise, resolve, reject } = Promise.withResolvers<Answered>();
    const leaving = new AbortController();
    const passAbort = () => leaving.abort(signal.reason);
    signal.addEventListener('abort', passAbort);
    const question: Question = { ...asking, leaving, resolve, reject };
    leaving.signal.addEventListener('abort', () => this.#giveUp(question));
    this.#waiting.push(question);
    this.#continue();
    this.#waitForTurn(question);
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', passAbort);
    }
  }

  #expectRoom({ asked, asker: { name } }: Asking): void {
    const { mostWaiting, mostRunning, mostLong, mostOfOne } = this.#options;
    if (this.#isStopped) throw endError();
    const ofKind = (all: Iterable<Question>) =>
      [...all].filter((one) => isLong(one) === isLong({ asked })).length;
    const most = isLong({ asked }) ? mostLong : mostRunning;
    const hasRoom = this.#running.size < mostRunning && ofKind(this.#running) < most;
    if (!hasRoom && ofKind(this.#waiting) >= mostWaiting)
      throw busyError(`${most + mostWaiting} questions are asked already`);
    if (name !== undefined && this.#countOf(name) >= mostOfOne)
      throw busyError(`${name} asks ${mostOfOne} questions already`);
  }

  #continue(): void {
    while (this.#running.size < this.#options.mostRunning) {
      const next = this.#nextWaiting();
      if (next === undefined) return;
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      void this.#run(next);
    }
  }

  /** The first of an asker who has none that runs: one who asks much does not keep others waiting. */
  #nextWaiting(): Question | undefined {
    const running = [...this.#running];
    const isFull = running.filter(isLong).length >= this.#options.mostLong;
    const names = new Set(running.map(({ asker }) => asker.name));
    const possible = this.#waiting.filter((one) => !isFull || !isLong(one));
    return possible.find(({ asker: { name } }) => name === undefined || !names.has(name)) ?? possible[0];
  }

  #countOf(name: string): number {
    return [...this.#running, ...this.#waiting].filter(({ asker }) => asker.name === name).length;
  }

  /** Until its turn. A slow reader of an answer as long as this one gives way to it. */
  #waitForTurn(question: Question): void {
    const { timeLimitMs } = this.#options;
    const patienceMs = isLong(question) ? timeLimitMs : SHORT_PATIENCE_MS;
    const sinceMs = this.#clock.monotonic();
    const expectTurn = () => {
      if (!this.#waiting.includes(question)) return;
      const alike = [...this.#running].filter((one) => isLong(one) === isLong(question));
      const slow = alike.filter(({ waitedMs }) => waitedMs() >= patienceMs);
      for (const { leaving } of slow) leaving.abort(slowReaderError(patienceMs));
      const hasWaited = this.#clock.monotonic() - sinceMs >= timeLimitMs;
      if (isLong(question) && slow.length === 0 && hasWaited)
        question.leaving.abort(busyError(`others have read records for ${timeLimitMs / 1000} s`));
      else this.#clock.after(LOOK_MS, expectTurn);
    };
    expectTurn();
  }

  async #run(question: Question): Promise<void> {
    const { asked, asker, leaving, resolve, reject } = question;
    const { timeLimitMs } = this.#options;
    const cancel = isLong(question)
      ? () => {}
      : this.#clock.after(timeLimitMs, () => leaving.abort(slowError(timeLimitMs)));
    this.#running.add(question);
    try {
      resolve(await this.#answer({ ...question, reader: asker.reader }));
    } catch (error) {
      if (!leaving.signal.aborted) this.#tellTrouble(asked, error);
      reject(error);
    }
    cancel();
    this.#running.delete(question);
    this.#continue();
  }

  async #answer(question: AskedQuestion): Promise<Answered> {
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

  #tellTrouble(asked: Asked, error: unknown): void {
    if (!(error instanceof WeirError) || error.code !== 'WEIR_QUERY_FAILED') return;
    const command = 'query' in asked ? commandOf(asked.query) : commandOfRecords(asked.records);
    const text = `a question has no answer: ${error.message} (${command.slice(0, MOST_COMMAND)})`;
    this.#log?.limited(this.name, 'no answer', text);
  }

  /** Who asked waits no longer. The process has the question until it has stopped its work. */
  #giveUp(question: Question): void {
    const at = this.#waiting.indexOf(question);
    if (at >= 0) this.#waiting.splice(at, 1);
    question.reject(question.leaving.signal.reason);
  }
}

/** How long somebody waited in all. */
class Patience {
  readonly #clock: Clock;
  #waitedMs = 0;
  #sinceMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get waitedMs(): number {
    return this.#waitedMs + (this.#sinceMs === undefined ? 0 : this.#clock.monotonic() - this.#sinceMs);
  }

  /** Resolves as the other does. */
  async while(waiting: Promise<void>): Promise<void> {
    this.#sinceMs = this.#clock.monotonic();
    await waiting;
    this.#waitedMs = this.waitedMs;
    this.#sinceMs = undefined;
  }
}

/** Characters of a question that the log repeats. */
const MOST_COMMAND = 500;

const isLong = ({ asked }: Pick<Question, 'asked'>): boolean =>
  'records' in asked && (asked.records.last ?? Number.POSITIVE_INFINITY) > FEW_RECORDS;

const busyError = (text: string): WeirError =>
  new WeirError('WEIR_QUERY_BUSY', text, { remedy: 'Ask again in some seconds.' });

const endError = (): WeirError =>
  new WeirError('WEIR_QUERY_FAILED', 'the process ends', { remedy: 'Ask again when it runs.' });

const slowError = (timeLimitMs: number): WeirError =>
  new WeirError('WEIR_QUERY_SLOW', `the answer takes longer than ${timeLimitMs / 1000} s`, {
    remedy: 'Ask about a shorter time, or group by fewer dimensions.',
  });

const slowReaderError = (patienceMs: number): WeirError =>
  new WeirError('WEIR_QUERY_SLOW', `the answer was read slowly for ${patienceMs / 1000} s, and others wait`, {
    remedy: 'Read it faster, for example into a file, or ask for fewer records.',
  });
