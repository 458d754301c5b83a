import type { FlowBatch } from '../../flow/index.ts';
import { type IsBlank, type WriteRows, writeRowsOf } from './column-writer-code.ts';
import type { Template } from './template.ts';

/**
 * Writes rows of a batch as records of one template, with a function made for it. A number too wide for its
 * field is clamped. A missing value is written as zero, an empty string or a zero address.
 */
export class ColumnWriter {
  readonly template: Template;
  /** Rows of the last `write`. */
  rowsWritten = 0;
  readonly #writeRows: WriteRows;

  /**
   * @param isBlank fields that stay without a value
   * @throws {RangeError} for a template with another field that no column of the flow record can fill
   */
  constructor(template: Template, isBlank: IsBlank = () => false) {
    this.template = template;
    this.#writeRows = writeRowsOf(template, isBlank);
  }

  /**
   * Writes rows `from` to `to` (of `selection` if given, which lists rows of the batch) at `offset`, as many
   * as fit before `end`. Returns the offset after the last; `rowsWritten` is their number.
   */
  write(
    bytes: Uint8Array,
    offset: number,
    end: number,
    batch: FlowBatch,
    from: number,
    to: number,
    selection?: Uint32Array,
  ): number {
    return this.#writeRows(this, bytes, offset, end, batch, from, to, selection);
  }
}
