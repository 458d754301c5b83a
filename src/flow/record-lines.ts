import type { FlowBatch } from './flow-batch.ts';
import { JsonWriter } from './json-writer.ts';
import { ByteBuffer } from './text/index.ts';

const LINE_BREAK = 0x0a;

/** Records as newline-delimited JSON. The memory of the text is used again. */
export class RecordLines {
  readonly #json: JsonWriter;
  readonly #text = new ByteBuffer(4_096);
  #records = 0;

  /** @param quote turns a name into a JSON string */
  constructor(quote: (text: string) => string) {
    this.#json = new JsonWriter(quote);
  }

  /** Octets of the lines. */
  get octets(): number {
    return this.#text.length;
  }

  /** How many lines there are. */
  get records(): number {
    return this.#records;
  }

  /** The lines; a view, which the next line may change. */
  get written(): Uint8Array {
    return this.#text.written;
  }

  clear(): void {
    this.#text.length = 0;
    this.#records = 0;
  }

  /** Must be called before the rows of a batch. */
  bind(batch: FlowBatch): void {
    this.#json.bind(batch);
  }

  add(row: number): void {
    const text = this.#text;
    this.#json.write(row, text);
    text.reserve(1);
    text.bytes[text.length++] = LINE_BREAK;
    this.#records++;
  }
}
