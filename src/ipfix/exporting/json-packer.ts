import { ByteBuffer, type FlowBatch, MAX_ROWS } from '../../flow/index.ts';
import type { Clock } from '../../runtime/index.ts';
import type { FlowTemplates } from '../flow-mapping.ts';
import { JsonRecordWriter } from '../json-record-writer.ts';
import type { RecordContents } from '../record-contents.ts';
import { copyMessage } from './message-octets.ts';
import type { PackedMessageHandler, Packer } from './packer.ts';

/** On a connection, lines leave together from this size on. */
const CHUNK_OCTETS = 32 * 1024;
/** The payload of the largest UDP datagram over IPv4. A line is never divided, so IP fragments it. */
export const MAX_UDP_LINE_OCTETS = 65_507;

export interface JsonPackerParts {
  readonly templates: FlowTemplates;
  readonly contents: RecordContents;
  readonly clock: Clock;
  /** Maximum octets of a datagram, which has one line. Undefined where lines follow each other. */
  readonly maxDatagramOctets: number | undefined;
}

/** Writes each row as one JSON object on its own line; a record has the elements of its template. */
export class JsonPacker implements Packer {
  /** Has no effect: a line is never divided. */
  maxOctets = 0;
  readonly #parts: JsonPackerParts;
  readonly #handler: PackedMessageHandler;
  readonly #writers = new Map<number, JsonRecordWriter>();
  readonly #ids = new Uint16Array(MAX_ROWS);
  readonly #text = new ByteBuffer(CHUNK_OCTETS * 2);
  #records = 0;

  constructor(parts: JsonPackerParts, handler: PackedMessageHandler) {
    this.#parts = parts;
    this.#handler = handler;
  }

  get records(): number {
    return this.#records;
  }

  add(batch: FlowBatch): void {
    const { templates, clock } = this.#parts;
    templates.chooseIds(batch, this.#ids);
    for (const id of new Set(this.#ids.subarray(0, batch.length))) this.#writerOf(id).bind(batch);
    const nowMs = clock.now();
    for (let row = 0; row < batch.length; row++) {
      this.#writerOf(this.#ids[row]!).writeLine(row, nowMs, this.#text);
      this.#records++;
      this.#endLine(batch, row);
    }
  }

  flush(): void {
    if (this.#records === 0) return;
    const message = { octets: copyMessage(this.#text.written), records: this.#records };
    this.discard();
    this.#handler.packed(message);
  }

  discard(): void {
    this.#text.length = 0;
    this.#records = 0;
  }

  #endLine(batch: FlowBatch, row: number): void {
    const { maxDatagramOctets } = this.#parts;
    if (maxDatagramOctets === undefined) {
      if (this.#text.length >= CHUNK_OCTETS) this.flush();
    } else if (this.#text.length <= maxDatagramOctets) {
      this.flush();
    } else {
      this.discard();
      this.#handler.tooLarge(batch, row);
    }
  }

  #writerOf(id: number): JsonRecordWriter {
    let writer = this.#writers.get(id);
    if (writer === undefined) {
      const { templates, contents } = this.#parts;
      writer = new JsonRecordWriter(templates.get(id).template, contents);
      this.#writers.set(id, writer);
    }
    return writer;
  }
}
