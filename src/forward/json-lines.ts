import { write as writeAt } from 'node:fs';
import type { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type FlowBatch, type FlowSink, recordToJson } from '../flow/index.ts';
import { isStreamed, printable, WeirError } from '../runtime/index.ts';
import { AppendedFile } from './appended-file.ts';

/** Records made into text before the event loop turns: some milliseconds of work. */
const RECORDS_AT_ONCE = 256;

/**
 * Writes each record as one JSON object on a line of its own. A batch is taken over when its text has been
 * accepted by the file or the stream, so a slow reader at the other end holds up this sink and nothing else.
 */
export class JsonLines implements FlowSink {
  readonly name: string;
  readonly #append: (text: string) => Promise<void>;
  readonly #file: AppendedFile | undefined;
  #isStarted = false;
  /** A write has failed midway, so that the last line may lack its end. */
  #isTorn = false;

  /** @param destination a file, which is appended to, or a stream, which is not closed at the end; `-` is standard output */
  constructor(name: string, destination: string | Writable) {
    this.name = name;
    if (destination === '-') this.#append = toStandardOutput();
    else if (typeof destination !== 'string') this.#append = toStream(destination);
    else {
      const file = new AppendedFile(destination);
      this.#file = file;
      this.#append = (text) => file.append(text);
    }
  }

  async start(): Promise<void> {
    try {
      await this.#file?.open();
    } catch (cause) {
      throw new WeirError(
        'WEIR_JSON_LINES_FILE',
        `${this.name}: cannot open ${this.#file?.path} for appending`,
        {
          remedy: `give a file in a directory that exists and may be written to (${(cause as Error).message})`,
          cause,
        },
      );
    }
    this.#isStarted = true;
  }

  /** @throws when not all of the batch could be written */
  async write(batch: FlowBatch): Promise<void> {
    if (!this.#isStarted) throw new Error(`${this.name} is not started`);
    let text = this.#isTorn ? '\n' : '';
    for (let row = 0; row < batch.length; row++) {
      if (row > 0 && row % RECORDS_AT_ONCE === 0) await turn();
      text += `${printable(JSON.stringify(recordToJson(batch.at(row))))}\n`;
    }
    this.#isTorn = true;
    await this.#append(text);
    this.#isTorn = false;
  }

  async stop(): Promise<void> {
    this.#isStarted = false;
    await this.#file?.close();
  }
}

const toStream = (stream: Writable) => (text: string) =>
  new Promise<void>((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });

function toStandardOutput(): (text: string) => Promise<void> {
  if (isStreamed(1)) return toStream(process.stdout);
  return async (text) => {
    let rest = Buffer.from(text);
    while (rest.length > 0) {
      const { bytesWritten } = await writeTo(1, rest);
      rest = rest.subarray(bytesWritten);
    }
  };
}

const writeTo = promisify(writeAt) as (fd: number, buffer: Buffer) => Promise<{ bytesWritten: number }>;
