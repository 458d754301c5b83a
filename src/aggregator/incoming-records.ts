import {
  addressOfEnd,
  type Columns,
  canTurn,
  type Dictionary,
  type FieldName,
  type FlowBatch,
  type Origin,
} from '../flow/index.ts';
import { type ColumnPlaces, columnPlaces } from './column-places.ts';
import type { ExporterShares } from './exporter-shares.ts';
import { exporterNumber } from './flow-key.ts';
import { counters, foreignNames, plainFields } from './flow-row.ts';
import type { Names, Translation } from './names.ts';

/** Plain fields that later records may change. */
const merged = new Set<FieldName>(['tcpState', 'tcpControlBits', 'flowType']);

/**
 * A batch as the aggregator reads it: its columns in the order of use, without those that it lacks. Made once
 * for a batch object, which its collector refills.
 */
export class IncomingRecords {
  readonly batch: FlowBatch;
  readonly columns: Columns;
  /** From an exporter that is no agent. */
  readonly isForeign: boolean;
  /**
   * Whether its records are halves that say who opened their connections, so that `turnRecord` may be used.
   */
  readonly canTurn: boolean;
  /** By counter. */
  readonly totals: readonly Float64Array[];
  readonly deltas: readonly Float64Array[];
  readonly names: ColumnPlaces<Uint32Array>;
  readonly words: ColumnPlaces<Uint32Array>;
  readonly halves: ColumnPlaces<Uint16Array>;
  readonly octets: ColumnPlaces<Uint8Array>;
  translation: Translation;
  /** Number of the exporter and its domain, for records with neither end. */
  exporter = 0;
  /** Number of the exporter's share. */
  share = 0;
  #origin: Origin | undefined;
  #generation = -1;

  constructor(batch: FlowBatch, names: Names) {
    const { columns } = batch;
    this.batch = batch;
    this.columns = columns;
    this.isForeign = batch.isForeign;
    this.canTurn = !batch.isForeign && canTurn(batch);
    this.totals = counters.map((counter) => columns[`${counter}TotalCount`]);
    this.deltas = counters.map((counter) => columns[`${counter}DeltaCount`]);
    const kept = plainFields.filter(({ name }) => !merged.has(name));
    this.names = columnPlaces(batch, batch.isForeign ? [...kept, ...foreignNames] : kept, 'string');
    this.words = columnPlaces(batch, kept, 'unsigned32');
    this.halves = columnPlaces(batch, kept, 'unsigned16');
    this.octets = columnPlaces(batch, kept, 'unsigned8');
    this.translation = names.translationFrom(batch.dictionary);
  }

  /** Call at each use of the batch, before reading its records: dictionary and origin may have changed. */
  refresh(names: Names, shares: ExporterShares): void {
    const dictionary: Dictionary = this.batch.dictionary;
    if (this.translation.from !== dictionary || this.translation.to !== names.dictionary) {
      this.translation = names.translationFrom(dictionary);
    }
    const { origin } = this.batch;
    if (origin !== this.#origin || shares.generation !== this.#generation) {
      this.#origin = origin;
      this.#generation = shares.generation;
      // Exporters are identified by their address: the port changes with each session.
      const address = origin === undefined ? '' : addressOfEnd(origin.exporter);
      this.exporter = exporterNumber(address, origin?.observationDomainId ?? 0);
      this.share = shares.numberOf(address);
    }
    names.exporter = this.share;
  }
}

/** Whether a record tells less as new than in all: an earlier one of the same flow has told the rest. */
export function goesOn({ totals, deltas }: IncomingRecords, i: number): boolean {
  for (let k = 0; k < totals.length; k++) if (deltas[k]![i]! < totals[k]![i]!) return true;
  return false;
}
