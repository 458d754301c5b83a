import {
  type DimensionName,
  dimensionReadings,
  fieldsOfDimension,
  fieldsOfMeasure,
  metNamespaceFields,
} from '../../flow/index.ts';
import { dimensionColumn } from '../dimension-columns.ts';
import { fieldRows } from '../guessed-columns.ts';
import { countedMeasures, measureColumn, type RowForm } from '../measure-columns.ts';
import { type ConditionValues, namespaceSql, rowCondition } from '../row-condition.ts';
import { COLLECTION_TIME, fieldsAmong, quotedName, storedColumn, storedField } from '../stored-columns.ts';
import { REST_OF, summedDeltas, workloadOfNode } from '../sum-columns.ts';
import type { TimeSpan } from '../time-span.ts';
import { columnNames, countName, groupCounts, keyName } from './group-columns.ts';
import { MOST_MET } from './met-table.ts';
import { type ReadSource, sourceSql } from './read-source.ts';
import { reducedRows, type TypedReduction } from './reduced-rows.ts';
import type { OpenPart } from './snapshot.ts';
import { lacksOfSums, NOTHING_LACKS, type SumsLack } from './sums-lack.ts';
import { bucketSql, ofTimeKind, withinSpan } from './time-condition.ts';
import { fieldsOfTotals, spansOf, type TotalsWanted } from './wanted.ts';

/** The column of the bucket of a row. No field has this name. */
export const BUCKET = 'bucket';

/** A question, whose rows count, and the parameters of the statement. */
export interface AskedOfRows {
  readonly wanted: TotalsWanted;
  /** What of the flows counts; undefined: all. */
  readonly reduction: TypedReduction | undefined;
  readonly values: ConditionValues;
  /** Whether all counters are below 2^63. */
  readonly isBelow63: boolean;
}

/** Rows of files of one part in SQL, and what a question reads of them. */
export class PartRows {
  readonly #asked: AskedOfRows;
  readonly #columns: ReadonlySet<string>;
  readonly #form: RowForm;
  readonly #lack: SumsLack;
  /** All rows, and those that somebody may read. */
  readonly #whole: string;
  readonly #table: string;
  /** The times of which this part has rows. */
  readonly #inTime: string;
  readonly #isAsked: string;
  /** Whether a row passes the condition, as far as it can be tested. */
  readonly #isCounted: string;

  /** @param columns of each file of the part */
  constructor(
    asked: AskedOfRows,
    part: OpenPart,
    rows: ReadSource['rows'],
    columns: readonly ReadonlySet<string>[],
  ) {
    const { wanted, reduction, values } = asked;
    const { tier, kind, span, edges, files } = part;
    this.#asked = asked;
    const told = fieldRows(new Set(columns.flatMap((each) => [...each])), columnsOfTotals(wanted, reduction));
    this.#columns = told.columns;
    this.#form = tier === 'records' ? 'records' : 'sums';
    this.#lack = tier === 'records' ? NOTHING_LACKS : lacksOfSums(wanted)[tier];
    // A file without a column of another one has NULL in it, but these have another value for none.
    const replaced = fieldsAmong(told.columns)
      .filter((name) => storedField(name).missing !== 'NULL' && columns.some((each) => !each.has(name)))
      .map((name) => `coalesce(${quotedName(name)}, ${storedField(name).missing}) AS ${quotedName(name)}`);
    const replace = replaced.length === 0 ? '' : ` REPLACE (${replaced.join()})`;
    this.#whole = `(SELECT *${replace} FROM ${told.of(sourceSql(files, rows))})`;
    this.#table =
      reduction === undefined ? this.#whole : reducedRows(this.#whole, this.#columns, reduction, values);
    this.#inTime = `${withinSpan(span)} AND ${ofTimeKind(kind, edges)}`;
    this.#isAsked = `(${spansOf(wanted).map(withinSpan).join(' OR ')}) AND ${this.#inTime}`;
    const condition = rowCondition(wanted.condition, this.#columns, values);
    this.#isCounted = `(${condition}) AND NOT ${isRest(this.#lack.untested)}`;
  }

  /**
   * A query for sums of the measures with the keys of groups, and with the bucket if there are buckets. Rows
   * with the same fields are summed up first: to find a key takes longer than to compare them. So a group
   * may have several rows.
   */
  sumsOfFields(): string {
    const { wanted, isBelow63 } = this.#asked;
    const spans = spansOf(wanted);
    // Rows of other times than the only one are not read.
    const ofSpan = (each: TimeSpan) => (spans.length === 1 ? 'true' : withinSpan(each));
    const measured = spans.flatMap((each) =>
      wanted.measures.map((name) => measureColumn(name, this.#columns, this.#form, ofSpan(each), isBelow63)),
    );
    const buckets = wanted.stepMs === undefined ? [] : [`${bucketSql(wanted)} AS ${BUCKET}`];
    const summed = [
      ...groupedColumns(wanted.by, this.#columns),
      ...buckets,
      ...measured.map((sql, i) => `${sql} AS ${countName(i)}`),
    ];
    const keys = wanted.by.map((name, i) => `${this.#keyOf(name)} AS ${keyName(i)}`);
    const selected = [...keys, ...buckets.map(() => BUCKET), ...columnNames(groupCounts(wanted))];
    return `SELECT ${selected.join()} FROM (
      SELECT ${summed.join()} FROM ${this.#table} WHERE ${this.#isAsked} AND ${this.#isCounted}
      GROUP BY ALL HAVING count(*) > 0)`;
  }

  /** A query for the namespaces that meet. It has no parameters. */
  metNamespaces(): string {
    return `(SELECT DISTINCT ${namespaceColumns(this.#columns).join()} FROM ${this.#whole}
      WHERE ${this.#isAsked} LIMIT ${MOST_MET + 1})`;
  }

  /** A query for the octets that are not tested, and for those that have no value. */
  lackingOctets(): string {
    const { wanted } = this.#asked;
    const { dimensions, valueless, untested } = this.#lack;
    const octetsOf = (condition: string) => measureColumn('octets', this.#columns, this.#form, condition);
    const isValueless = dimensions.length > 0 ? 'true' : isRest(valueless);
    return `SELECT ${octetsOf(isRest(untested))}, ${octetsOf(`${this.#isCounted} AND ${isValueless}`)}
      FROM ${this.#table} WHERE ${withinSpan(wanted)} AND ${this.#inTime}`;
  }

  #keyOf(name: DimensionName): string {
    const { sql, type } = dimensionColumn(name, this.#columns);
    return this.#lack.dimensions.includes(name) ? `NULL::${type}` : sql;
  }
}

/** The columns that the rows of a question need: those of fields, and those that only sums have. */
function columnsOfTotals(wanted: TotalsWanted, reduction: TypedReduction | undefined): ReadonlySet<string> {
  return new Set<string>([
    COLLECTION_TIME,
    ...fieldsOfTotals(wanted, reduction),
    ...fieldsOfMeasure('octets'),
    ...(wanted.reader === undefined ? [] : metNamespaceFields),
    REST_OF,
    ...summedDeltas,
    ...countedMeasures,
  ]);
}

const isRest = (rests: number): string => (rests !== 0 ? `((${REST_OF} & ${rests}) <> 0)` : 'false');

/** The namespaces of source, destination and Service. */
const namespaceColumns = (columns: ReadonlySet<string>): string[] => [
  storedColumn('sourcePodNamespace', columns),
  storedColumn('destinationPodNamespace', columns),
  namespaceSql(storedColumn('destinationServicePortName', columns)),
];

/** The fields of dimensions. A workload needs no node: without it rows of one workload are alike. */
function groupedColumns(by: readonly DimensionName[], columns: ReadonlySet<string>): string[] {
  const others = by.filter((name) => dimensionReadings[name].kind !== 'workload').flatMap(fieldsOfDimension);
  const fields = [...new Set(by.flatMap(fieldsOfDimension))].filter((name) => columns.has(name));
  return fields.map((name) => {
    const [column, workload] = [quotedName(name), workloadOfNode[name]];
    if (workload === undefined || others.includes(name)) return column;
    return `CASE WHEN ${storedColumn(workload, columns)} IS NULL THEN ${column} END AS ${column}`;
  });
}
