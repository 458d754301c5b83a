import type { Worker } from 'node:worker_threads';
import { type Clock, startWorker, WeirError } from '../../runtime/index.ts';
import { BatchSender } from '../../sinks/index.ts';
import type { SumsFile } from '../manifest.ts';
import { FileMaker } from './file-maker.ts';
import type { MadeOfSegment, Maker, RowsInMemory, WantedSums, WholeSegment } from './maker.ts';
import type { Failure, FromMaker, SentRows, ToMaker } from './messages.ts';

/** The data that the thread is started with. */
export interface MakerBirth {
  readonly directory: string;
}

/** A thread takes some 10 MB. Where few records come, a file is made each hour. */
const IDLE_MS = 60_000;
/** Names of a large cluster. Of more, another thread gets no copy. */
const MOST_NAME_OCTETS = 16 * 1024 * 1024;

/**
 * Makes files in a thread of its own, so that the thread that receives records never waits for one. It starts
 * with the first file, and ends when none has been wanted for a while. If it dies, the file fails, and the
 * next one starts another thread.
 *
 * The thread has a copy of the names. Somebody who sends ever new names could take much memory by that. So
 * while there are so many, files are made here.
 */
export class MakerThread implements Maker {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #here: FileMaker;
  #areNamesMany = false;
  #thread: MakingThread | undefined;
  /** Undefined while files are wanted. */
  #keepOn: (() => void) | undefined;

  constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
    this.#here = new FileMaker(directory);
  }

  get isInterrupted(): boolean {
    return this.#here.isInterrupted;
  }

  get isRunning(): boolean {
    return this.#thread?.hasEnded === false;
  }

  async makeFile(
    segment: WholeSegment,
    gathered: RowsInMemory | undefined,
  ): Promise<MadeOfSegment | undefined> {
    if (gathered !== undefined) this.#areNamesMany = nameOctetsOf(gathered) > MOST_NAME_OCTETS;
    if (this.#areNamesMany) {
      await this.#end(); // its memory is needed here
      return await this.#here.makeFile(segment, gathered);
    }
    const thread = this.#started();
    const answer = await thread.ask({ kind: 'file', segment, gathered: gathered && thread.sent(gathered) });
    return (answer as FromMaker & { kind: 'file' }).made;
  }

  async makeSums(wanted: WantedSums): Promise<SumsFile> {
    if (this.#areNamesMany) return await this.#here.makeSums(wanted);
    const answer = await this.#started().ask({ kind: 'sums', wanted });
    return (answer as FromMaker & { kind: 'sums' }).file;
  }

  rest(): void {
    this.#here.rest();
    if (this.#thread === undefined) return;
    this.#thread.post({ kind: 'rest' });
    this.#keepOn ??= this.#clock.after(IDLE_MS, () => this.#end());
  }

  interrupt(): void {
    this.#here.interrupt();
    this.#thread?.post({ kind: 'interrupt' });
  }

  async close(): Promise<void> {
    await this.#end();
    await this.#here.close();
  }

  #started(): MakingThread {
    this.#stopWaiting();
    if (!this.isRunning) this.#thread = new MakingThread({ directory: this.#directory });
    return this.#thread!;
  }

  #stopWaiting(): void {
    this.#keepOn?.();
    this.#keepOn = undefined;
  }

  async #end(): Promise<void> {
    this.#stopWaiting();
    const thread = this.#thread;
    this.#thread = undefined;
    thread?.post({ kind: 'close' });
    await thread?.ended;
  }
}

const nameOctetsOf = ({ batches }: RowsInMemory): number =>
  Math.max(...batches.map(({ dictionary }) => dictionary.octets));

/** One thread, and what it has been told. */
class MakingThread {
  /** Resolves when it is over. */
  readonly ended: Promise<void>;
  hasEnded = false;
  readonly #worker: Worker;
  readonly #sender = new BatchSender();
  #answer = Promise.withResolvers<FromMaker>();

  constructor(workerData: MakerBirth) {
    const worker = startWorker('maker-worker', import.meta.url, { workerData, execArgv: [] });
    this.#worker = worker;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    worker.on('message', (message: FromMaker) => this.#answer.resolve(message));
    worker.on('error', (error) => this.#answer.reject(error));
    worker.on('exit', () => {
      this.hasEnded = true;
      this.#answer.reject(new Error('the thread that makes files has ended'));
      resolve();
    });
    this.#answer.promise.catch(() => {});
  }

  sent({ batches, times }: RowsInMemory): SentRows {
    return { batches: batches.map((batch) => this.#sender.sent(batch)), times };
  }

  /** @throws what it failed with */
  async ask(message: ToMaker): Promise<FromMaker> {
    this.#answer = Promise.withResolvers();
    this.post(message);
    const answer = await this.#answer.promise;
    if (answer.kind === 'failed') throw errorOf(answer.failure);
    return answer;
  }

  post(message: ToMaker): void {
    this.#worker.postMessage(message);
  }
}

function errorOf({ message, errno, known }: Failure): Error {
  if (known === undefined) return Object.assign(new Error(message), errno !== undefined && { code: errno });
  const { code, remedy } = known;
  return new WeirError(code, message, remedy === undefined ? {} : { remedy });
}
