import type { DuckDBConnection } from '@duckdb/node-api';
import { WeirError } from '../runtime/index.ts';
import { firstLineOf } from './history-error.ts';

export type DuckDB = typeof import('@duckdb/node-api');

/** How often an interruption is repeated: one between two statements has no effect. */
const INTERRUPT_MS = 20;
/** Memory that DuckDB may use for one conversion. */
const MEMORY = '192MB';
/** Some questions run at a time, each with a heap of JavaScript beside it. */
export const MEMORY_OF_QUESTION = '128MB';

/**
 * Loads the library of DuckDB. It is an optional dependency: 70 MB, and not built for every machine.
 * @throws {WeirError} WEIR_HISTORY_ENGINE
 */
export async function loadDuckDB(): Promise<DuckDB> {
  try {
    return await import('@duckdb/node-api');
  } catch (cause) {
    throw new WeirError('WEIR_HISTORY_ENGINE', 'the flow history needs DuckDB, which is not installed', {
      remedy: `Install it where Weir is: npm install @duckdb/node-api. (${firstLineOf(cause)})`,
      cause,
    });
  }
}

/** DuckDB without a database: it only writes and reads Parquet files. It loads no extension. */
export class Engine implements Disposable {
  readonly duckdb: DuckDB;
  readonly connection: DuckDBConnection;
  readonly #close: () => void;

  private constructor(duckdb: DuckDB, connection: DuckDBConnection, close: () => void) {
    this.duckdb = duckdb;
    this.connection = connection;
    this.#close = close;
  }

  /** @throws {WeirError} WEIR_HISTORY_ENGINE */
  static async start({ threads = 2, memory = MEMORY } = {}): Promise<Engine> {
    const duckdb = await loadDuckDB();
    const instance = await duckdb.DuckDBInstance.create(':memory:', {
      memory_limit: memory,
      // What it has freed goes back to the system sooner: a large question takes 80 MB less at its peak.
      allocator_flush_threshold: '1MB',
      threads: String(threads),
      temp_directory: '',
      // Its key is the name, and names of descriptors come again for other files.
      enable_external_file_cache: 'false',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const connection = await instance.connect();
    return new Engine(duckdb, connection, () => {
      connection.closeSync();
      instance.closeSync();
    });
  }

  /** Lets statements fail from the abortion on. Returns a function that ends it. */
  interruptOn(signal: AbortSignal): () => void {
    const { connection } = this;
    let timer: NodeJS.Timeout | undefined;
    const beginInterrupting = () => {
      connection.interrupt();
      timer = setInterval(() => connection.interrupt(), INTERRUPT_MS);
    };
    signal.addEventListener('abort', beginInterrupting);
    if (signal.aborted) beginInterrupting();
    return () => {
      signal.removeEventListener('abort', beginInterrupting);
      clearInterval(timer);
    };
  }

  [Symbol.dispose](): void {
    this.#close();
  }
}

/** An engine for writing files, which starts once it is needed. */
export class LazyEngine implements Disposable {
  readonly #leaving: AbortSignal;
  #engine: Promise<Engine> | undefined;
  #started: Engine | undefined;
  #stopInterrupting = () => {};

  /** @param leaving its abortion interrupts what the engine does */
  constructor(leaving: AbortSignal) {
    this.#leaving = leaving;
  }

  /** Whether what fails now may fail because it was interrupted. */
  get isInterrupted(): boolean {
    return this.#leaving.aborted;
  }

  async started(): Promise<Engine> {
    this.#engine ??= this.#start();
    return await this.#engine;
  }

  async #start(): Promise<Engine> {
    // Rows keep their order in one thread only.
    this.#started = await Engine.start({ threads: 1 });
    this.#stopInterrupting = this.#started.interruptOn(this.#leaving);
    return this.#started;
  }

  [Symbol.dispose](): void {
    this.#stopInterrupting();
    this.#started?.[Symbol.dispose]();
  }
}
