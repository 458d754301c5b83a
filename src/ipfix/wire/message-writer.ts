import type { FlowBatch } from '../../flow/index.ts';
import { ByteWriter } from './byte-writer.ts';
import type { ColumnWriter } from './column-writer.ts';
import { ipfixVersion, maxMessageOctets, messageHeaderOctets, setHeaderOctets } from './message-header.ts';
import { announcingSetId, optionsTemplateSetId, type Template, templateSetId } from './template.ts';
import type { DataRecord } from './value.ts';
import { encodeFieldSpecifier, encodeRecord } from './value-writer.ts';

/**
 * Packs templates and records into messages of a bounded size. One message at a time: `start`, any number of
 * writes, `finish`. A write reports what did not fit; nothing is cut.
 */
export class MessageWriter {
  readonly #writer: ByteWriter;
  #setStart = 0;
  #setId = 0;

  /** @param maxOctets of a message: 65535, over UDP the maximum that the path carries in one piece */
  constructor(maxOctets: number = maxMessageOctets) {
    if (maxOctets < messageHeaderOctets + setHeaderOctets || maxOctets > maxMessageOctets) {
      throw new RangeError(`a message has 20 to ${maxMessageOctets} octets, not ${maxOctets}`);
    }
    this.#writer = new ByteWriter(new Uint8Array(maxOctets));
  }

  /**
   * Starts a message over the previous one, whose octets become invalid.
   *
   *     version = 10 (2) | length (2) | export time (4) | sequence number (4) | observation domain id (4)
   * RFC 7011 section 3.1.
   *
   * @param header `sequenceNumber`: data records sent before this message in this session and domain
   */
  start(header: { domain: number; sequenceNumber: number; exportTimeSeconds: number }): void {
    this.#writer.offset = 0;
    this.#setId = 0;
    this.#writer.unsigned16(ipfixVersion);
    this.#writer.unsigned16(0);
    this.#writer.unsigned32(header.exportTimeSeconds);
    this.#writer.unsigned32(header.sequenceNumber);
    this.#writer.unsigned32(header.domain);
  }

  /** Whether the message has no content yet: what does not fit now never will. */
  get isEmpty(): boolean {
    return this.#writer.offset === messageHeaderOctets;
  }

  /** Octets of the message so far. */
  get octets(): number {
    return this.#writer.offset;
  }

  /**
   * Announces a template; false if it does not fit into this message.
   *
   *     template id (2) | field count (2) | [scope field count (2), for options] | fields …
   * RFC 7011 sections 3.4.1 and 3.4.2.
   */
  writeTemplate(template: Template): boolean {
    const fields = template.fields.map(encodeFieldSpecifier);
    const isOptions = template.scopeFieldCount > 0;
    const octets = fields.reduce((sum, field) => sum + field.length, isOptions ? 6 : 4);
    if (!this.#enterSet(announcingSetId(template), octets)) return false;
    this.#writer.unsigned16(template.id);
    this.#writer.unsigned16(template.fields.length);
    if (isOptions) this.#writer.unsigned16(template.scopeFieldCount);
    for (const field of fields) this.#writer.octets(field);
    return true;
  }

  /**
   * Withdraws a template; false if that does not fit. Layout: template id (2) | 0 (2). RFC 7011 section 8.1.
   */
  writeWithdrawal(template: Template): boolean {
    return this.#writeWithdrawal(announcingSetId(template), template.id);
  }

  /** Withdraws all templates, or all options templates, of the domain; false if that does not fit. */
  writeWithdrawalOfAll(kind: 'templates' | 'options templates'): boolean {
    const setId = kind === 'templates' ? templateSetId : optionsTemplateSetId;
    return this.#writeWithdrawal(setId, setId);
  }

  /** Writes one record of plain values; false if it does not fit into this message. */
  writeRecord(record: DataRecord): boolean {
    const octets = encodeRecord(record);
    if (!this.#enterSet(record.template.id, octets.length)) return false;
    this.#writer.octets(octets);
    return true;
  }

  /**
   * Writes rows `from` to `to` of a batch, or of a selection of its rows, until the message is full. Returns
   * their number; 0 in an empty message means that the row fits into no message.
   */
  writeRows(
    columns: ColumnWriter,
    batch: FlowBatch,
    from: number,
    to: number,
    selection?: Uint32Array,
  ): number {
    const before = { offset: this.#writer.offset, setStart: this.#setStart, setId: this.#setId };
    if (!this.#enterSet(columns.template.id, columns.template.minimumRecordOctets)) return 0;
    const { bytes, offset, end } = this.#writer;
    this.#writer.offset = columns.write(bytes, offset, end, batch, from, to, selection);
    if (columns.rowsWritten === 0) {
      this.#writer.offset = before.offset;
      this.#setStart = before.setStart;
      this.#setId = before.setId;
    }
    return columns.rowsWritten;
  }

  /** Completes the message. Its octets are valid until the next `start`. */
  finish(): Uint8Array {
    this.#leaveSet();
    this.#writer.putUnsigned16(2, this.#writer.offset);
    return this.#writer.bytes.subarray(0, this.#writer.offset);
  }

  #writeWithdrawal(setId: number, templateId: number): boolean {
    if (!this.#enterSet(setId, 4)) return false;
    this.#writer.unsigned16(templateId);
    this.#writer.unsigned16(0);
    return true;
  }

  /**
   * Makes room for a record in a set with this id: in the open set, or in a new one.
   *
   *     set id (2) | length, including the header (2) | records …
   * RFC 7011 section 3.3.2. It writes no padding, which is optional: records need no alignment.
   */
  #enterSet(setId: number, octets: number): boolean {
    if (this.#setId === setId) return this.#writer.has(octets);
    if (!this.#writer.has(setHeaderOctets + octets)) return false;
    this.#leaveSet();
    this.#setId = setId;
    this.#setStart = this.#writer.offset;
    this.#writer.unsigned16(setId);
    this.#writer.unsigned16(0);
    return true;
  }

  #leaveSet(): void {
    if (this.#setId !== 0)
      this.#writer.putUnsigned16(this.#setStart + 2, this.#writer.offset - this.#setStart);
    this.#setId = 0;
  }
}
