import { LazyEngine } from '../engine.ts';
import type { SumsFile } from '../manifest.ts';
import { FileArrays } from '../parquet/index.ts';
import { madeFileOf } from './made-file.ts';
import { madeSums } from './made-sums.ts';
import type { MadeOfSegment, Maker, RowsInMemory, WantedSums, WholeSegment } from './maker.ts';
import { rowsOfSegment } from './whole-segment.ts';

/** Makes files in this thread. */
export class FileMaker implements Maker {
  readonly #directory: string;
  #arrays = new FileArrays();
  readonly #leaving = new AbortController();
  /** One for file after file: its start takes as long as a small file. */
  #engine: LazyEngine | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  get isInterrupted(): boolean {
    return this.#leaving.signal.aborted;
  }

  async makeFile(
    segment: WholeSegment,
    gathered: RowsInMemory | undefined,
  ): Promise<MadeOfSegment | undefined> {
    this.#arrays.reset();
    const content = await rowsOfSegment(segment, gathered, this.#arrays);
    if (content === undefined) return undefined;
    const { rows, damage } = content;
    return { made: await madeFileOf(this.#lazyEngine(), this.#directory, segment.number, rows), damage };
  }

  async makeSums(wanted: WantedSums): Promise<SumsFile> {
    return await madeSums(await this.#lazyEngine().started(), this.#directory, wanted);
  }

  rest(): void {
    this.#engine?.[Symbol.dispose]();
    this.#engine = undefined;
    this.#arrays = new FileArrays();
  }

  interrupt(): void {
    this.#leaving.abort();
  }

  async close(): Promise<void> {
    this.rest();
  }

  #lazyEngine(): LazyEngine {
    this.#engine ??= new LazyEngine(this.#leaving.signal);
    return this.#engine;
  }
}
