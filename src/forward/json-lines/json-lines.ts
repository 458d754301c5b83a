import { write as writeAt } from 'node:fs';
import type { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ByteBuffer, type FlowBatch, type FlowSink, JsonWriter } from '../../flow/index.ts';
import { describeError, isStreamed, printableJson, WeirError } from '../../runtime/index.ts';
import { AppendedFile } from '../appended-file.ts';

/** Records written as text in one turn of the event loop: about a millisecond of work. */
const RECORDS_AT_ONCE = 256;
const LINE_BREAK = 0x0a;

/**
 * Writes each record as one JSON object on its own line. `write` settles when the file or the stream has
 * accepted the text of the batch. So a slow reader at the other end delays only this sink.
 */
export class JsonLines implements FlowSink {
  readonly name: string;
  readonly #append: (text: Uint8Array) => Promise<void>;
  readonly #file: AppendedFile | undefined;
  readonly #json = new JsonWriter(printableJson);
  /** The text of the current batch. */
  readonly #text = new ByteBuffer(65_536);
  #isStarted = false;
  /** Whether a write has failed midway, now or before the start, so that the last line may lack its end. */
  #isTorn = false;

  /**
   * @param destination a file to append to, `-` for standard output, or a stream, which `stop` leaves open
   */
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

  /** A file is slow for seconds at most; the reader of a pipe may never read. */
  get isAwaited(): boolean {
    return this.#file?.isRegular === true;
  }

  async start(): Promise<void> {
    try {
      await this.#file?.open();
      this.#isTorn = (await this.#file?.isTorn()) === true;
    } catch (cause) {
      throw new WeirError(
        'WEIR_JSON_LINES_FILE',
        `${this.name}: cannot open ${this.#file?.path} for appending`,
        {
          remedy: remedyOf(cause as NodeJS.ErrnoException),
          cause,
        },
      );
    }
    this.#isStarted = true;
  }

  /** @throws when not all of the batch could be written */
  async write(batch: FlowBatch): Promise<void> {
    if (!this.#isStarted) throw new Error(`${this.name} is not started`);
    const text = this.#text;
    text.length = 0;
    if (this.#isTorn) breakLine(text);
    this.#json.bind(batch);
    for (let row = 0; row < batch.length; row++) {
      if (row > 0 && row % RECORDS_AT_ONCE === 0) await turn();
      this.#json.write(row, text);
      breakLine(text);
    }
    this.#isTorn = true;
    await this.#append(text.written);
    this.#isTorn = false;
  }

  async stop(): Promise<void> {
    this.#isStarted = false;
    await this.#file?.close();
  }
}

function breakLine(text: ByteBuffer): void {
  text.reserve(1);
  text.bytes[text.length++] = LINE_BREAK;
}

function remedyOf(cause: NodeJS.ErrnoException): string {
  if (cause instanceof WeirError) return describeError(cause);
  if (cause.code === 'ELOOP')
    return 'It is a symbolic link, which Weir does not follow: name the file itself.';
  return `give a file in a directory that exists and may be written to (${cause.message})`;
}

const toStream = (stream: Writable) => (text: Uint8Array) =>
  new Promise<void>((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });

function toStandardOutput(): (text: Uint8Array) => Promise<void> {
  if (isStreamed(1)) return toStream(process.stdout);
  return async (text) => {
    let rest = text;
    while (rest.length > 0) {
      const { bytesWritten } = await writeTo(1, rest);
      rest = rest.subarray(bytesWritten);
    }
  };
}

const writeTo = promisify(writeAt) as (fd: number, buffer: Uint8Array) => Promise<{ bytesWritten: number }>;
