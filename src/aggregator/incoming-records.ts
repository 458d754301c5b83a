import type { Columns, Dictionary, FlowBatch, Origin } from '../flow/index.ts';
import { exporterNumber } from './flow-key.ts';
import {
  counters,
  FLOW_TYPE,
  type PlainField,
  plainFields,
  TCP_CONTROL_BITS,
  TCP_STATE,
} from './flow-row.ts';
import type { Names, Translation } from './names.ts';

/** A column of a batch and where its values go in a row. */
export interface FilledColumn {
  readonly values: Uint32Array | Uint16Array | Uint8Array;
  readonly offset: number;
}

/** Plain fields whose first value is not simply kept. */
const merged = new Set([TCP_STATE, TCP_CONTROL_BITS, FLOW_TYPE]);

/**
 * A batch as the aggregator reads it: its columns in the order in which they are needed, without those
 * that it does not carry. Made once for a batch object, which its collector fills again and again.
 */
export class IncomingRecords {
  readonly batch: FlowBatch;
  readonly columns: Columns;
  /** By counter. */
  readonly totals: readonly Float64Array[];
  readonly deltas: readonly Float64Array[];
  readonly names: readonly FilledColumn[];
  readonly words: readonly FilledColumn[];
  readonly halves: readonly FilledColumn[];
  readonly octets: readonly FilledColumn[];
  translation: Translation;
  /** Number of the exporter, for records with neither end. */
  exporter = 0;
  #origin: Origin | undefined;

  constructor(batch: FlowBatch, names: Names) {
    const { columns } = batch;
    this.batch = batch;
    this.columns = columns;
    this.totals = counters.map((counter) => columns[`${counter}TotalCount`]);
    this.deltas = counters.map((counter) => columns[`${counter}DeltaCount`]);
    const carried = plainFields.filter(({ name, offset }) => batch.has(name) && !merged.has(offset));
    const filled = (wanted: (field: PlainField) => boolean): FilledColumn[] =>
      carried.filter(wanted).map(({ name, offset }) => ({
        values: columns[name] as Uint32Array | Uint16Array | Uint8Array,
        offset,
      }));
    this.names = filled(({ storage }) => storage === 'string');
    this.words = filled(({ storage }) => storage === 'unsigned32');
    this.halves = filled(({ storage }) => storage === 'unsigned16');
    this.octets = filled(({ storage }) => storage === 'unsigned8');
    this.translation = names.translationFrom(batch.dictionary);
  }

  /** Call at each use of the batch, before a record of it is read: dictionary and origin may be others. */
  refresh(names: Names): void {
    const dictionary: Dictionary = this.batch.dictionary;
    if (this.translation.from !== dictionary || this.translation.to !== names.dictionary) {
      this.translation = names.translationFrom(dictionary);
    }
    const { origin } = this.batch;
    if (origin !== this.#origin) {
      this.#origin = origin;
      this.exporter = numberOf(origin);
    }
  }
}

/** Exporters are told apart by address and domain: the port changes with each session. */
function numberOf(origin: Origin | undefined): number {
  if (origin === undefined) return exporterNumber('', 0);
  const port = origin.exporter.lastIndexOf(':');
  return exporterNumber(
    port < 0 ? origin.exporter : origin.exporter.slice(0, port),
    origin.observationDomainId,
  );
}
