import type { DuckDBConnection } from '@duckdb/node-api';
import { WeirError } from '../runtime/index.ts';
import { firstLineOf } from './history-error.ts';

export type DuckDB = typeof import('@duckdb/node-api');

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

  [Symbol.dispose](): void {
    this.#close();
  }
}

/** An engine for writing files, which starts once it is needed. */
export class LazyEngine implements Disposable {
  #engine: Promise<Engine> | undefined;
  #started: Engine | undefined;

  async started(): Promise<Engine> {
    // Rows keep their order in one thread only.
    this.#engine ??= Engine.start({ threads: 1 });
    this.#started = await this.#engine;
    return this.#started;
  }

  [Symbol.dispose](): void {
    this.#started?.[Symbol.dispose]();
  }
}
