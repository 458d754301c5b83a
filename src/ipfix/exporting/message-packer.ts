import { type FlowBatch, MAX_ROWS } from '../../flow/index.ts';
import type { FlowTemplate, FlowTemplates } from '../flow-mapping.ts';
import { MessageWriter, type Template } from '../wire/index.ts';
import { copyMessage } from './message-octets.ts';
import type { PackedMessageHandler, Packer } from './packer.ts';

/**
 * Groups the rows of a batch by template, and writes them into messages as large as the path allows. Each has
 * one set: some collectors read only the first set of a message.
 */
export class MessagePacker implements Packer {
  readonly #templates: FlowTemplates;
  readonly #domain: number;
  readonly #handler: PackedMessageHandler;
  #writer: MessageWriter;
  #maxOctets: number;
  #records = 0;
  #template: Template | undefined;
  /** The template id of each row in the current batch; and the rows of one template. */
  readonly #ids = new Uint16Array(MAX_ROWS);
  readonly #selection = new Uint32Array(MAX_ROWS);

  constructor(templates: FlowTemplates, domain: number, maxOctets: number, handler: PackedMessageHandler) {
    this.#templates = templates;
    this.#domain = domain;
    this.#handler = handler;
    this.#maxOctets = maxOctets;
    this.#writer = new MessageWriter(maxOctets);
    this.#begin();
  }

  get records(): number {
    return this.#records;
  }

  get maxOctets(): number {
    return this.#maxOctets;
  }

  set maxOctets(octets: number) {
    if (octets === this.#maxOctets) return;
    this.flush();
    this.#maxOctets = octets;
    this.#writer = new MessageWriter(octets);
    this.#begin();
  }

  /**
   * Writes the rows template by template, first those for the open message; the rows of each keep their
   * order.
   */
  add(batch: FlowBatch): void {
    this.#templates.chooseIds(batch, this.#ids);
    const ids = new Set(this.#ids.subarray(0, batch.length));
    const open = this.#template?.id;
    if (open !== undefined && ids.delete(open)) this.#addRowsOf(open, batch);
    for (const id of ids) this.#addRowsOf(id, batch);
  }

  flush(): void {
    if (this.#template === undefined) return;
    const message = {
      octets: copyMessage(this.#writer.finish()),
      records: this.#records,
      template: this.#template,
    };
    this.#begin();
    this.#handler.packed(message);
  }

  discard(): void {
    this.#begin();
  }

  #addRowsOf(id: number, batch: FlowBatch): void {
    let rows = 0;
    for (let row = 0; row < batch.length; row++) {
      if (this.#ids[row] === id) this.#selection[rows++] = row;
    }
    this.#addRows(this.#templates.get(id), batch, rows);
  }

  #addRows({ template, writer }: FlowTemplate, batch: FlowBatch, rows: number): void {
    if (this.#template !== template) this.flush();
    for (let from = 0; from < rows; ) {
      const written = this.#writer.writeRows(writer, batch, from, rows, this.#selection);
      from += written;
      if (written > 0) {
        this.#records += written;
        this.#template = template;
      } else if (this.#records === 0) {
        this.#handler.tooLarge(batch, this.#selection[from]!);
        from++;
      }
      if (from < rows) this.flush();
    }
  }

  #begin(): void {
    this.#records = 0;
    this.#template = undefined;
    this.#writer.start({ domain: this.#domain, sequenceNumber: 0, exportTimeSeconds: 0 });
  }
}
