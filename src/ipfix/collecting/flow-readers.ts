import { BatchLayout, Dictionary, FlowBatch, fieldNames } from '../../flow/index.ts';
import { tellsFlows } from '../flow-mapping.ts';
import { allColumnsBeside, columnsBeside, ForeignRecords, isForeign } from '../foreign/index.ts';
import {
  ColumnReader,
  type ColumnsBeside,
  flowFieldsOf,
  type ReaderKind,
  type Template,
} from '../wire/index.ts';
import { CompileBudget } from './compile-budget.ts';

/** The reader for a template's records, and the batch that it refills. */
export interface FlowReader {
  readonly columns: ColumnReader;
  readonly batch: FlowBatch;
  /** Interprets the records after reading; undefined for agents, whose records need none. */
  readonly foreign: ForeignRecords | undefined;
}

/** What is known about the templates of one layout with flow fields, whoever announced them. */
interface LayoutReading {
  /** With its own code and batch; undefined until enough records have arrived, and once evicted. */
  compiled: FlowReader | undefined;
  /** Records read without compiled code. */
  records: number;
  /** Grows with each use of any compiled reader. */
  lastUse: number;
}

/** Maximum layouts whose records are counted together, for all their templates. */
const MAX_LAYOUTS = 1024;
/** Maximum compiled layouts; a batch of 1024 rows takes about 400 KB. */
const MAX_COMPILED = 64;
/**
 * Maximum layouts with a plain reader. They are few, so that the readers for a flood of templates die before
 * the heap promotes them.
 */
const MAX_PLAIN = 64;
/** A template with more fields is not compiled. */
const MAX_COMPILED_FIELDS = 512;
/** A layout is compiled after this many records. */
const EARNING_RECORDS = 1024;

/**
 * The readers of all templates with flow fields. At first a layout is read plainly. After enough records from
 * all its exporters it is compiled, within a budget of time. The least recently used compiled reader is
 * evicted, with its code and its batch.
 */
export class FlowReaders {
  readonly #rows: number;
  readonly #note: (event: string) => void;
  readonly #budget: CompileBudget;
  /** Batches of the plain readers: for agents' templates, and for foreign ones. */
  readonly #plainBatch: FlowBatch;
  readonly #plainForeignBatch: FlowBatch;
  readonly #plainBeside: ColumnsBeside;
  /** By layout, in insertion order. They share the batch of their kind. */
  readonly #plain = new Map<string, FlowReader>();
  readonly #byTemplate = new WeakMap<Template, LayoutReading | 'none'>();
  /** In the order in which they were met. Templates keep the reading of a layout that was forgotten. */
  readonly #byLayout = new Map<string, LayoutReading>();
  readonly #compiled = new Set<LayoutReading>();
  /** The template of the last set and its reading: mostly the next set has the same. */
  #latest: Template | undefined;
  #latestReading: LayoutReading | 'none' = 'none';
  #uses = 0;

  /**
   * @param rows capacity of each batch
   * @param note called with each reason for slower reading
   * @param nowMs measures the time of compiling
   */
  constructor(rows: number, note: (event: string) => void, nowMs = () => performance.now()) {
    this.#rows = rows;
    this.#note = note;
    this.#budget = new CompileBudget(nowMs);
    const layout = new BatchLayout(fieldNames, rows);
    this.#plainBatch = new FlowBatch(layout, new Dictionary());
    this.#plainForeignBatch = foreignBatch(layout);
    this.#plainBeside = allColumnsBeside(rows);
  }

  /** Undefined for a template without flow fields. */
  readerOf(template: Template): FlowReader | undefined {
    const reading = this.#lookUp(template);
    if (reading === 'none') return undefined;
    const { compiled } = reading;
    if (compiled === undefined) return this.#plainReaderOf(template);
    reading.lastUse = ++this.#uses;
    return compiled;
  }

  /**
   * Counts records of the template, whose layout is compiled after enough of them.
   * @param source whose budget pays for it
   */
  credit(template: Template, records: number, source: string): void {
    const reading = this.#lookUp(template);
    if (reading === 'none' || reading.compiled !== undefined) return;
    reading.records += records;
    if (reading.records < EARNING_RECORDS || template.fields.length > MAX_COMPILED_FIELDS) return;
    reading.records = 0;
    reading.compiled = this.#budget.spend(source, () => this.#compile(template));
    if (reading.compiled === undefined) this.#note('compilations put off');
    else this.#keep(reading);
  }

  #lookUp(template: Template): LayoutReading | 'none' {
    if (template === this.#latest) return this.#latestReading;
    this.#latest = template;
    this.#latestReading = this.#byTemplate.get(template) ?? this.#meet(template);
    return this.#latestReading;
  }

  #meet(template: Template): LayoutReading | 'none' {
    const reading = tellsFlows(template) ? this.#readingOf(template) : 'none';
    this.#byTemplate.set(template, reading);
    return reading;
  }

  #readingOf({ layout, fields }: Template): LayoutReading {
    const known = this.#byLayout.get(layout);
    if (known !== undefined) return known;
    const reading = { compiled: undefined, records: 0, lastUse: 0 };
    if (fields.length > MAX_COMPILED_FIELDS) return reading;
    if (this.#byLayout.size >= MAX_LAYOUTS) this.#forgetOldest();
    this.#byLayout.set(layout, reading);
    return reading;
  }

  #forgetOldest(): void {
    for (const [layout, { compiled }] of this.#byLayout) {
      if (compiled !== undefined) continue;
      this.#byLayout.delete(layout);
      return;
    }
  }

  #plainReaderOf(template: Template): FlowReader {
    const known = this.#plain.get(template.layout);
    if (known !== undefined) return known;
    const plain = isForeign(template)
      ? readForeign(template, this.#plainForeignBatch, this.#plainBeside, 'plain')
      : readAgent(template, this.#plainBatch, 'plain');
    if (this.#plain.size >= MAX_PLAIN) {
      const [oldest] = this.#plain.keys();
      this.#plain.delete(oldest!);
    }
    this.#plain.set(template.layout, plain);
    return plain;
  }

  #compile(template: Template): FlowReader {
    return isForeign(template) ? this.#compileForeign(template) : this.#compileAgent(template);
  }

  /** Makes room for a compiled reader. */
  #keep(reading: LayoutReading): void {
    if (this.#compiled.size >= MAX_COMPILED) {
      const oldest = [...this.#compiled].reduce((a, b) => (a.lastUse <= b.lastUse ? a : b));
      oldest.compiled = undefined;
      this.#compiled.delete(oldest);
      this.#note('readers evicted');
    }
    reading.lastUse = ++this.#uses;
    this.#compiled.add(reading);
  }

  #compileAgent(template: Template): FlowReader {
    const layout = new BatchLayout(flowFieldsOf(template), this.#rows);
    return readAgent(template, new FlowBatch(layout, new Dictionary()), 'compiled');
  }

  #compileForeign(template: Template): FlowReader {
    const beside = columnsBeside(template, this.#rows);
    const layout = new BatchLayout(new ForeignRecords(template, beside).fields, this.#rows);
    return readForeign(template, foreignBatch(layout), beside, 'compiled');
  }
}

function readAgent(template: Template, batch: FlowBatch, kind: ReaderKind): FlowReader {
  return { columns: new ColumnReader(template, batch.layout, kind), batch, foreign: undefined };
}

/** @param beside what the reader fills beside the batch */
function readForeign(
  template: Template,
  batch: FlowBatch,
  beside: ColumnsBeside,
  kind: ReaderKind,
): FlowReader {
  const foreign = new ForeignRecords(template, beside);
  const columns = new ColumnReader(template, batch.layout, kind, foreign.columnOf, beside);
  return { columns, batch, foreign };
}

function foreignBatch(layout: BatchLayout): FlowBatch {
  const batch = new FlowBatch(layout, new Dictionary());
  batch.isForeign = true;
  return batch;
}
