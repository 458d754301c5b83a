import type { BatchLayout, FlowBatch } from '../../flow/index.ts';
import { type ColumnMapping, columnOf, fitsColumn } from './column-mapping.ts';
import { type ColumnsBeside, type ReadRows, type ReadStep, readRowsOf } from './column-reader-code.ts';
import { plainRowsOf } from './column-reader-plain.ts';
import { type DataSet, isFinished, reportTruncation } from './data-set.ts';
import type { DecodeErrorHandler } from './decode-error.ts';
import { elementKey } from './information-element.ts';
import type { Template } from './template.ts';

/**
 * `compiled`: a function made for the template, which takes a millisecond to make. `plain`: one function for
 * all.
 */
export type ReaderKind = 'compiled' | 'plain';

/**
 * Reads the records of one template's sets into a batch's columns. It skips fields that the batch does not
 * carry. Columns that the template lacks get "no value", so that a batch can be refilled. A value too large
 * for its column is clamped, not wrapped; a time of zero is no time.
 */
export class ColumnReader {
  readonly #minimumRecordOctets: number;
  readonly #readRows: ReadRows;

  /**
   * @param layout of the batches it will fill
   * @param mapping of elements to columns; default that of the flow record
   * @param beside the columns beside the batch by name, each as long as the batch
   */
  constructor(
    template: Template,
    layout: BatchLayout,
    kind: ReaderKind = 'compiled',
    mapping: ColumnMapping = columnOf,
    beside: ColumnsBeside = {},
  ) {
    this.#minimumRecordOctets = template.minimumRecordOctets;
    const rowsOf = kind === 'compiled' ? readRowsOf : plainRowsOf;
    const steps = planSteps(template, layout, mapping, beside);
    this.#readRows = rowsOf(template, steps, layout.fields, beside);
  }

  /**
   * Appends rows until the set ends or the batch is full. Returns whether the set is finished. If not, call
   * again with room in the batch: the set keeps its offset.
   */
  read(set: DataSet, batch: FlowBatch, onError: DecodeErrorHandler): boolean {
    const whole = this.#readRows(set, batch);
    if (whole && set.end - set.offset >= this.#minimumRecordOctets) return false;
    if (set.offset !== set.end && !isFinished(set)) reportTruncation(set, onError);
    return true;
  }
}

/**
 * Decides where each field of the template goes. Repeated elements are ignored, and so are those that do not
 * fit their column. When several elements share a column, a time or counter takes the preferred one. An
 * address or small number takes the first that is not zero, since exporters send zero in the other family's
 * element.
 */
function planSteps(
  template: Template,
  layout: BatchLayout,
  mapping: ColumnMapping,
  beside: ColumnsBeside,
): ReadStep[] {
  const carried = new Set([...layout.fields, ...Object.keys(beside)]);
  const seen = new Set<number>();
  const candidates = template.fields.map((field) => {
    const key = elementKey(field.element.enterprise, field.element.id);
    const mapped = seen.has(key) ? undefined : mapping(field.element);
    const target = mapped !== undefined && fitsColumn(field, mapped) ? mapped : undefined;
    if (target !== undefined) seen.add(key);
    return { field, target: target !== undefined && carried.has(target.name) ? target : undefined };
  });
  const targets = candidates.flatMap(({ target }) => target ?? []);
  const written = new Set<string>();
  return candidates.map(({ field, target }) => {
    if (target === undefined) return { field, target, onlyIfEmpty: false };
    const oneOnly =
      target.storage === 'time' || target.storage === 'unsigned64' || target.storage === 'string';
    if (oneOnly && targets.some(({ name, rank }) => name === target.name && rank < target.rank)) {
      return { field, target: undefined, onlyIfEmpty: false };
    }
    const onlyIfEmpty = written.has(target.name);
    written.add(target.name);
    return { field, target, onlyIfEmpty };
  });
}
