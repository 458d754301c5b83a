import { type FileHandle, open } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { type FlowBatch, type FlowSink, recordToJson } from '../flow/index.ts';
import { WeirError } from '../runtime/index.ts';

/** Records made into text before the event loop turns: some milliseconds of work. */
const RECORDS_AT_ONCE = 256;

/**
 * Writes each record as one JSON object on a line of its own. A batch is taken over when its text has been
 * accepted by the file or the stream, so a slow reader at the other end holds up this sink and nothing else.
 */
export class JsonLines implements FlowSink {
  readonly name: string;
  readonly #destination: string | Writable;
  #file: FileHandle | undefined;
  /** A write has failed midway, so that the last line may lack its end. */
  #isTorn = false;

  /** @param destination a file, which is appended to, or a stream, which is not closed at the end; `-` is standard output */
  constructor(name: string, destination: string | Writable) {
    this.name = name;
    this.#destination = destination === '-' ? process.stdout : destination;
  }

  async start(): Promise<void> {
    const file = this.#destination;
    if (typeof file !== 'string') return;
    try {
      this.#file = await open(file, 'a');
    } catch (cause) {
      throw new WeirError('WEIR_JSON_LINES_FILE', `${this.name}: cannot open ${file} for appending`, {
        remedy: `give a file in a directory that exists and may be written to (${(cause as Error).message})`,
        cause,
      });
    }
  }

  /** @throws when not all of the batch could be written */
  async write(batch: FlowBatch): Promise<void> {
    let text = this.#isTorn ? '\n' : '';
    for (let row = 0; row < batch.length; row++) {
      if (row > 0 && row % RECORDS_AT_ONCE === 0) await turn();
      text += `${JSON.stringify(recordToJson(batch.at(row)))}\n`;
    }
    this.#isTorn = true;
    await this.#append(text);
    this.#isTorn = false;
  }

  async stop(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #append(text: string): Promise<void> {
    if (typeof this.#destination !== 'string') await writeTo(this.#destination, text);
    else if (this.#file === undefined) throw new Error(`${this.name} is not started`);
    else await this.#file.appendFile(text);
  }
}

function writeTo(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
