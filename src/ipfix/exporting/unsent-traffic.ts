import { BatchLayout, type Columns, Dictionary, FlowBatch } from '../../flow/index.ts';
import {
  ColumnReader,
  type MessageHeader,
  messageHeaderOctets,
  setHeaderOctets,
  type Template,
} from '../wire/index.ts';
import type { PackedMessage } from './packer.ts';

const packetFields = ['packetDeltaCount', 'reversePacketDeltaCount'] as const;
const octetFields = ['octetDeltaCount', 'reverseOctetDeltaCount'] as const;
const ROWS = 256;
const header: MessageHeader = { length: 0, domain: 0, sequenceNumber: 0, exportTimeSeconds: 0 };

/**
 * The packets and octets in flow records that were not sent. Messages are read again for it, so that records
 * that are sent cost nothing.
 */
export class UnsentTraffic {
  packets = 0;
  octets = 0;
  readonly #batch = new FlowBatch(new BatchLayout([...packetFields, ...octetFields], ROWS), new Dictionary());
  readonly #readers = new Map<Template, ColumnReader>();

  /** Adds the records of a message; none of JSON, which has no template. */
  addMessage({ octets: bytes, template }: PackedMessage): void {
    if (template === undefined) return;
    const offset = messageHeaderOctets + setHeaderOctets;
    const set = { header, template, bytes, messageStart: 0, offset, end: bytes.length };
    for (let isDone = false; !isDone; ) {
      this.#batch.length = 0;
      isDone = this.#readerOf(template).read(set, this.#batch, () => {});
      this.addBatch(this.#batch);
    }
  }

  addBatch({ columns, length }: Pick<FlowBatch, 'columns' | 'length'>): void {
    for (let row = 0; row < length; row++) this.addRow(columns, row);
  }

  addRow(columns: Columns, row: number): void {
    for (const name of packetFields) this.packets += columns[name][row]! || 0;
    for (const name of octetFields) this.octets += columns[name][row]! || 0;
  }

  #readerOf(template: Template): ColumnReader {
    const known = this.#readers.get(template);
    if (known !== undefined) return known;
    const reader = new ColumnReader(template, this.#batch.layout);
    this.#readers.set(template, reader);
    return reader;
  }
}
