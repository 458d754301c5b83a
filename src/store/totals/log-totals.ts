import { setImmediate } from 'node:timers/promises';
import {
  type DimensionKey,
  dimensionReader,
  type FieldName,
  type FlowBatch,
  FlowFilter,
  measureAdder,
  metNamespaceFields,
  metNamespacesIn,
  type Reduction,
  reducedBatch,
  rowTest,
} from '../../flow/index.ts';
import { readUpTo, segmentName } from '../../sinks/index.ts';
import { DecodedFrames } from '../decoded-frames.ts';
import type { LeftOutPart } from '../left-out.ts';
import type { StoredBatch } from '../stored-segment.ts';
import { segmentContent } from '../stored-segment.ts';
import type { TimeSpan } from '../time-span.ts';
import { UnreadableFile } from './file-totals.ts';
import type { GroupKey } from './key-numbers.ts';
import type { MetTable } from './met-table.ts';
import type { OpenSegment } from './snapshot.ts';
import type { RowSums } from './sum-table.ts';
import { comparedSpan, fieldsOfTotals, firstBucketMs, isAsked, type TotalsWanted } from './wanted.ts';

/** Octets of the columns that a question leaves for the next ones: most need 60 for each record. */
const KEPT_OCTETS = 16 * 1024 * 1024;
/** A process answers one question at a time. */
const decoded = new DecodedFrames(KEPT_OCTETS);

/** What the log has. */
export interface LogContent {
  readonly records: number;
  /** What of the asked times cannot be read. */
  readonly unreadable: readonly LeftOutPart[];
  /** When its first record was stored; undefined without records. */
  readonly oldestMs: number | undefined;
  readonly newestMs: number | undefined;
}

/** A batch, and in which of the two times it was stored. */
interface PlacedBatch {
  readonly batch: FlowBatch;
  readonly isNow: boolean;
  readonly isBefore: boolean;
  readonly bucket: number | undefined;
}

/** Totals of segments of the log. There is no SQL for them, so they are evaluated row by row. */
export class LogTotals {
  readonly #wanted: TotalsWanted;
  readonly #filter: FlowFilter;
  readonly #dimensions: readonly ReturnType<typeof dimensionReader>[];
  readonly #compared: TimeSpan | undefined;
  readonly #signal: AbortSignal;
  readonly #reduction: Reduction | undefined;

  /** @param reduction what of the flows counts; undefined: all */
  constructor(wanted: TotalsWanted, signal: AbortSignal, reduction?: Reduction) {
    this.#wanted = wanted;
    this.#filter = new FlowFilter(wanted.condition);
    this.#dimensions = wanted.by.map(dimensionReader);
    this.#compared = comparedSpan(wanted);
    this.#signal = signal;
    this.#reduction = reduction;
  }

  /** Adds the namespaces that meet in the asked time. */
  async addNamespaces(segments: readonly OpenSegment[], table: MetTable): Promise<void> {
    await this.#read(segments, metNamespaceFields, ({ batch }) => {
      for (const met of metNamespacesIn(batch)) table.add(met);
    });
  }

  /** Adds each record to the sums of its group. */
  async addSums(segments: readonly OpenSegment[], sumsOf: (key: GroupKey) => RowSums): Promise<LogContent> {
    const fields = fieldsOfTotals(this.#wanted, this.#reduction);
    return await this.#read(segments, fields, ({ batch, isNow, isBefore, bucket }) => {
      const adders = this.#wanted.measures.map((name) => measureAdder(name, batch));
      this.#forRows(batch, (row, key) => {
        const of = sumsOf(key);
        for (let i = 0; i < adders.length; i++) {
          const add = adders[i]!;
          if (isNow) add(row, of.now[i]!);
          if (bucket !== undefined) add(row, of.series[i]![bucket]!);
          if (isBefore) add(row, of.before[i]!);
        }
      });
    });
  }

  /** @param fields that the batches have, if they tell them */
  async #read(
    segments: readonly OpenSegment[],
    fields: readonly FieldName[],
    visit: (batch: PlacedBatch) => void,
  ): Promise<LogContent> {
    const wanted = { fields: new Set(fields), isAsked: this.#isAsked, decoded };
    decoded.beginReading();
    let records = 0;
    const unreadable: LeftOutPart[] = [];
    let [oldestMs, newestMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const { handle, octets, number, listed } of segments) {
      const read = await readUpTo(handle, 0, octets).catch((error: unknown) => {
        throw new UnreadableFile(segmentName(number), error);
      });
      const content = await segmentContent(read, number, listed, wanted);
      if (content.damage !== undefined && isAsked(content.damage, this.#wanted))
        unreadable.push({ ...content.damage, name: segmentName(number), fault: 'damaged', isPart: true });
      records += content.records;
      oldestMs = Math.min(oldestMs, content.oldestMs);
      newestMs = Math.max(newestMs, content.newestMs);
      for (const stored of content.batches) {
        visit(this.#placed(stored));
        await setImmediate(); // Somebody may want to cancel.
        this.#signal.throwIfAborted();
      }
    }
    const times = records === 0 ? { oldestMs: undefined, newestMs: undefined } : { oldestMs, newestMs };
    return { records, unreadable, ...times };
  }

  readonly #isAsked = (timeMs: number): boolean =>
    isWithin(this.#wanted, timeMs) || (this.#compared !== undefined && isWithin(this.#compared, timeMs));

  #placed({ batch, timeMs }: StoredBatch): PlacedBatch {
    const { fromMs, stepMs } = this.#wanted;
    const isNow = isWithin(this.#wanted, timeMs);
    return {
      batch,
      isNow,
      isBefore: this.#compared !== undefined && isWithin(this.#compared, timeMs),
      bucket:
        isNow && stepMs !== undefined
          ? Math.floor((storedMs(timeMs) - firstBucketMs(fromMs, stepMs)) / stepMs)
          : undefined,
    };
  }

  /** @param visit gets the same key each time, changed */
  #forRows(whole: FlowBatch, visit: (row: number, key: GroupKey) => void): void {
    const mayRead = this.#reduction === undefined ? () => true : rowTest(this.#reduction.mayRead, whole);
    const batch = this.#reduction === undefined ? whole : reducedBatch(whole, this.#reduction);
    const passes = this.#filter.bind(batch);
    const keysOf = this.#dimensions.map((read) => read(batch));
    const key: DimensionKey[] = keysOf.map(() => null);
    for (let row = 0; row < batch.length; row++) {
      if (!mayRead(row) || !passes(row)) continue;
      for (let i = 0; i < keysOf.length; i++) key[i] = keysOf[i]!(row);
      visit(row, key);
    }
  }
}

/** As a file has it: to the microsecond. */
const storedMs = (timeMs: number): number => Math.floor(timeMs * 1000) / 1000;

const isWithin = ({ fromMs, toMs }: TimeSpan, timeMs: number): boolean =>
  storedMs(timeMs) >= fromMs && storedMs(timeMs) < toMs;
