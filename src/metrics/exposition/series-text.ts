import type { Exemplar, Measure, SeriesTable } from '../series/index.ts';
import { escapeLabelValue, LabelText } from './label-text.ts';
import { familyHeading, familyName } from './metric-family.ts';
import type { TextBuffer } from './text-buffer.ts';
import type { TextFormat } from './text-format.ts';

export interface SeriesTextOptions {
  readonly format: TextFormat;
  /**
   * Whether OpenMetrics gives the start time of each series. Most servers keep that sample as one more
   * series.
   */
  readonly created: boolean;
}

/** Rows written between two checks of the time. */
const ROWS_A_STEP = 64;

/**
 * Writes the series of all tables, one family after the other. Yields every few rows, so that the caller can
 * empty the buffer and let other work run. The tables must be held meanwhile.
 */
export function* writeSeries(
  into: TextBuffer,
  tables: readonly SeriesTable[],
  options: SeriesTextOptions,
): Generator<void> {
  for (const table of tables) {
    const labelText = new LabelText(table.dictionary);
    for (const [index, measure] of table.measures.entries()) {
      yield* new FamilyText(into, table, labelText, index, options).write(measure);
    }
  }
}

/** The samples of one measure of a table. */
class FamilyText {
  readonly #into: TextBuffer;
  readonly #table: SeriesTable;
  readonly #labelText: LabelText;
  readonly #index: number;
  readonly #values: Float64Array;
  readonly #options: SeriesTextOptions;
  /** `{name="` and `,name="`, by label. */
  readonly #firstLabels: readonly Uint8Array[];
  readonly #nextLabels: readonly Uint8Array[];

  constructor(
    into: TextBuffer,
    table: SeriesTable,
    labelText: LabelText,
    index: number,
    options: SeriesTextOptions,
  ) {
    this.#into = into;
    this.#table = table;
    this.#labelText = labelText;
    this.#index = index;
    this.#values = table.values[index]!;
    this.#options = options;
    this.#firstLabels = table.labelNames.map((name) => octetsOf(`{${name}="`));
    this.#nextLabels = table.labelNames.map((name) => octetsOf(`,${name}="`));
  }

  *write(measure: Measure): Generator<void> {
    const table = this.#table;
    const { slots } = table;
    const writeOne = this.#writerOf(measure);
    let isFirst = true;
    for (let from = 0; from < slots; from += ROWS_A_STEP) {
      const end = Math.min(slots, from + ROWS_A_STEP);
      for (let slot = from; slot < end; slot++) {
        if (!table.isLive(slot)) continue;
        if (isFirst) this.#into.text(familyHeading(measure, this.#options.format));
        isFirst = false;
        writeOne(slot);
      }
      yield;
    }
  }

  #writerOf(measure: Measure): (slot: number) => void {
    const { format, created } = this.#options;
    const withCreated = created && format === 'openmetrics' && measure.type !== 'gauge';
    const createdName = octetsOf(`${familyName(measure.name, measure.type, format)}_created`);
    const write = measure.type === 'histogram' ? this.#histogramWriter(measure) : this.#valueWriter(measure);
    if (!withCreated) return write;
    return (slot) => {
      write(slot);
      this.#sample(createdName, slot, this.#table.startedAt[slot]! / 1000);
      this.#into.octets(newline);
    };
  }

  #valueWriter(measure: Measure): (slot: number) => void {
    const name = octetsOf(measure.name);
    const hasExemplars = this.#hasExemplars && measure.type === 'counter';
    return (slot) => {
      this.#sample(name, slot, this.#values[slot]!);
      if (hasExemplars) this.#exemplar(this.#table.exemplar!(this.#index, slot));
      this.#into.octets(newline);
    };
  }

  #histogramWriter({ name }: Measure): (slot: number) => void {
    const { bounds, counts, sums } = this.#table.histogram!;
    const [bucketName, countName, sumName] = ['_bucket', '_count', '_sum'].map((end) => octetsOf(name + end));
    const bucketTexts = [...bounds, Infinity].map((bound) => octetsOf(`le="${this.#bound(bound)}"`));
    return (slot) => {
      const exemplar = this.#hasExemplars ? this.#table.exemplar!(this.#index, slot) : undefined;
      let total = 0;
      for (const [bucket, text] of bucketTexts.entries()) {
        total += counts[slot * bucketTexts.length + bucket]!;
        this.#sample(bucketName!, slot, total, text);
        const isWithin =
          exemplar !== undefined &&
          exemplar.value <= (bounds[bucket] ?? Infinity) &&
          exemplar.value > (bounds[bucket - 1] ?? -Infinity);
        if (isWithin) this.#exemplar(exemplar);
        this.#into.octets(newline);
      }
      this.#sample(sumName!, slot, sums[slot]!);
      this.#into.octets(newline);
      // The sum of the buckets, not the column: so both values are from the same moment.
      this.#sample(countName!, slot, total);
      this.#into.octets(newline);
    };
  }

  get #hasExemplars(): boolean {
    return this.#options.format === 'openmetrics' && this.#table.exemplar !== undefined;
  }

  /** `name{label="value",…} number` */
  #sample(name: Uint8Array, slot: number, value: number, more?: Uint8Array): void {
    const into = this.#into;
    const { labels, labelNames } = this.#table;
    const from = slot * labelNames.length;
    let hasLabels = false;
    into.octets(name);
    for (let k = 0; k < labelNames.length; k++) {
      const id = labels[from + k]!;
      if (id === 0) continue;
      into.octets(hasLabels ? this.#nextLabels[k]! : this.#firstLabels[k]!);
      this.#labelText.write(into, id);
      into.octets(quote);
      hasLabels = true;
    }
    if (more !== undefined) {
      into.octets(hasLabels ? comma : opening);
      into.octets(more);
      hasLabels = true;
    }
    into.octets(hasLabels ? closing : space);
    into.number(value);
  }

  /** ` # {label="value"} number seconds` */
  #exemplar(exemplar: Exemplar | undefined): void {
    if (exemplar === undefined) return;
    const labels = Object.entries(exemplar.labels)
      .map(([name, value]) => `${name}="${escapeLabelValue(value)}"`)
      .join(',');
    this.#into.text(` # {${labels}} ${exemplar.value} ${exemplar.at / 1000}`);
  }

  /** OpenMetrics writes bounds as floats: 1.0. */
  #bound(bound: number): string {
    if (bound === Infinity) return '+Inf';
    return this.#options.format === 'openmetrics' && Number.isInteger(bound) && bound < 1e21
      ? `${bound}.0`
      : String(bound);
  }
}

const encoder = new TextEncoder();
const octetsOf = (text: string): Uint8Array => encoder.encode(text);
const quote = octetsOf('"');
const comma = octetsOf(',');
const opening = octetsOf('{');
const closing = octetsOf('} ');
const space = octetsOf(' ');
const newline = octetsOf('\n');
