import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import type { KnownNamespaces, MetNamespaces, NamespaceReader } from '../flow/index.ts';
import { describeError, WeirError } from '../runtime/index.ts';
import type { FlowsWanted } from '../store/index.ts';
import type { Query, QueryAnswer } from './contract/index.ts';
import type { RecordsEnd, RecordsPart } from './read-stored-records.ts';
import { tooLargeError } from './too-large-error.ts';

/** What a process is asked: to count flows, or for their records. */
export type Asked = { readonly query: Query } | { readonly records: FlowsWanted };

/** What ends its answer. */
export type Answered = QueryAnswer | RecordsEnd;

/** A question, what its reader may read, that a part was taken, or that nobody waits any more. */
export type ToQueryProgram =
  | {
      readonly directory: string;
      readonly asked: Asked;
      /** Of somebody who may read some namespaces; the program asks which. Undefined: all flows count. */
      readonly reader: Pick<NamespaceReader, 'knowsAnyEnd'> | undefined;
    }
  | { readonly namespaces: KnownNamespaces }
  | 'taken'
  | 'cancel';

/** What the program says. An answer or an error ends a question, also one that was cancelled. */
export type FromQueryProgram =
  | { readonly answer: Answered }
  /** The next one comes when this one is taken. */
  | { readonly part: RecordsPart }
  /** Which namespaces meet in the flows: the program goes on when it knows what the reader may read. */
  | { readonly met: readonly MetNamespaces[] }
  /** What remains of a `WeirError` on its way between processes. */
  | {
      readonly error: {
        readonly message: string;
        readonly code?: WeirError['code'];
        readonly remedy?: string;
      };
    }
  | 'at work';

/** What a process answers. */
export interface AskedQuestion {
  readonly directory: string;
  readonly asked: Asked;
  readonly reader: NamespaceReader | undefined;
  /** Takes a part of an answer. It never rejects. */
  readonly takePart: (part: RecordsPart) => Promise<void>;
  /** Its abortion ends the work. It is aborted when nobody can say what the reader may read. */
  readonly leaving: AbortController;
}

/** What a process may take. */
export interface ProcessBounds {
  /** Memory for JavaScript. One that needs more dies. */
  readonly maxHeapMegabytes: number;
  /** All its memory, with that of DuckDB and of its code. One that has more breaks its question off. */
  readonly maxMegabytes: number;
  /** One with a question that says nothing for so long is killed: something has stopped it. */
  readonly maxSilenceMs: number;
}

/** A process that goes on this long after nobody waits for its answer is killed. */
const CANCEL_MS = 1_000;
/** Last characters of its standard error that are kept. They say why it died. */
const MOST_LAST_WORDS = 16_384;

/**
 * A process that answers one question at a time. Whatever happens to it, only its question has no answer. It
 * ends by itself when this process is gone.
 */
export class QueryProcess {
  readonly #child: ChildProcess;
  readonly #bounds: ProcessBounds;
  readonly #ended = Promise.withResolvers<void>();
  #lastWords = '';
  #onMessage: (message: FromQueryProgram) => void = () => {};
  #onEnd: (error: WeirError) => void = () => {};

  private constructor(child: ChildProcess, bounds: ProcessBounds) {
    this.#child = child;
    this.#bounds = bounds;
    this.#listen();
    this.#letParentEnd();
  }

  /** @throws {WeirError} WEIR_QUERY_FAILED */
  static start(bounds: ProcessBounds): QueryProcess {
    const { maxHeapMegabytes, maxMegabytes } = bounds;
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
    try {
      const child = fork(new URL(`./query-program${extension}`, import.meta.url), [String(maxMegabytes)], {
        execArgv: [
          `--max-old-space-size=${maxHeapMegabytes}`,
          '--max-semi-space-size=4',
          // Else octets of the log let V8 mark a small heap again and again, for a third of the time.
          `--initial-old-space-size=${Math.ceil(maxHeapMegabytes / 2)}`,
        ],
        // A share of the container's memory in NODE_OPTIONS would replace this bound.
        env: { ...process.env, NODE_OPTIONS: '' },
        serialization: 'advanced',
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      });
      return new QueryProcess(child, bounds);
    } catch (error) {
      throw diedError(describeError(error));
    }
  }

  /** Whether it can take a question. */
  get isAlive(): boolean {
    return this.#child.connected && !this.#child.killed;
  }

  /**
   * Resolves or rejects when it is done with the question, also with one that nobody waits for. The last part
   * may not be taken yet.
   * @throws {WeirError} WEIR_QUERY_FAILED when it dies or says nothing; what it says about the question
   */
  async answer({ directory, asked, reader, takePart, leaving }: AskedQuestion): Promise<Answered> {
    const { maxSilenceMs } = this.#bounds;
    const done = Promise.withResolvers<Answered>();
    let isDone = false;
    /** What comes late, such as the rights of who has left, is not for the next question. */
    const sendInTime = (message: ToQueryProgram) => {
      if (!isDone) this.#send(message);
    };
    const silence = setTimeout(() => {
      done.reject(silentError(maxSilenceMs));
      void this.kill();
    }, maxSilenceMs);
    this.#onEnd = done.reject;
    this.#onMessage = (message) => {
      silence.refresh();
      if (message === 'at work') return;
      if ('answer' in message) done.resolve(message.answer);
      else if ('part' in message) {
        if (!leaving.signal.aborted) void takePart(message.part).then(() => sendInTime('taken'));
      } else if ('error' in message) {
        // It had too much memory, and might not give it back.
        if (message.error.code === 'WEIR_QUERY_FAILED') void this.kill();
        done.reject(errorOf(message.error));
      } else
        reader!.namespacesAmong(message.met).then(
          (namespaces) => sendInTime({ namespaces }),
          (error: unknown) => leaving.abort(error),
        );
    };
    let timer: NodeJS.Timeout | undefined;
    const cancel = () => {
      this.#send('cancel');
      timer = setTimeout(() => void this.kill(), CANCEL_MS);
    };
    leaving.signal.addEventListener('abort', cancel);
    try {
      this.#send({ directory, asked, reader: reader && { knowsAnyEnd: reader.knowsAnyEnd } });
      return await done.promise;
    } finally {
      isDone = true;
      leaving.signal.removeEventListener('abort', cancel);
      clearTimeout(timer);
      clearTimeout(silence);
    }
  }

  /** Resolves when it is gone. It has nothing to lose: it only reads. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    this.#child.ref();
    await this.#ended.promise;
  }

  /** A process that is dying takes no message, and its end says so. */
  #send(message: ToQueryProgram): void {
    if (this.isAlive) this.#child.send(message, () => {});
  }

  #listen(): void {
    const child = this.#child;
    child.on('message', (message: FromQueryProgram) => this.#onMessage(message));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-MOST_LAST_WORDS);
    });
    const settleEnd = (why: string) => {
      this.#onEnd(this.#endError(why));
      this.#ended.resolve();
    };
    child.on('error', ({ message }) => settleEnd(message));
    child.on('close', (status, signal) => settleEnd(signal ?? `status ${status}`));
  }

  /** Nothing of it keeps this process alive: who waits for an answer has a connection that does. */
  #letParentEnd(): void {
    this.#child.unref();
    this.#child.channel?.unref();
    (this.#child.stderr as Socket | null)?.unref();
  }

  #endError(why: string): WeirError {
    if (this.#lastWords.includes('heap out of memory'))
      return tooLargeError(this.#bounds.maxHeapMegabytes, 'for JavaScript');
    const [words] = this.#lastWords.trim().split('\n', 1);
    return diedError(words ? `${why}: ${words}` : why);
  }
}

const diedError = (why: string): WeirError =>
  new WeirError('WEIR_QUERY_FAILED', `the process that answers has ended: ${why}`, {
    remedy: 'Ask again. If it ends again, ask about a shorter time.',
  });

const silentError = (silenceMs: number): WeirError =>
  new WeirError('WEIR_QUERY_FAILED', `the process that answers has said nothing for ${silenceMs / 1000} s`, {
    remedy: 'Ask again. Another process answers.',
  });

function errorOf({ message, code, remedy }: Extract<FromQueryProgram, { error: unknown }>['error']): Error {
  if (code === undefined) return new Error(message);
  return new WeirError(code, message, remedy === undefined ? {} : { remedy });
}
