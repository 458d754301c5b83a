import type { DuckDBValue } from '@duckdb/node-api';
import { type DimensionName, dimensionReadings, fieldsOfDimension } from '../../flow/index.ts';
import { type DimensionColumn, dimensionColumn } from '../dimension-columns.ts';
import type { Engine } from '../engine.ts';
import { fieldRows } from '../guessed-columns.ts';
import { type LeftOutReason, leftOutReason } from '../left-out.ts';
import { measureColumn, type RowForm } from '../measure-columns.ts';
import { ConditionValues, namespaceSql, rowCondition } from '../row-condition.ts';
import { fieldsAmong, quotedName, storedColumn, storedField } from '../stored-columns.ts';
import { REST_OF, workloadOfNode } from '../sum-columns.ts';
import type { TimeSpan } from '../time-span.ts';
import type { FoundGroups } from './found-groups.ts';
import { columnNames, countName, groupKeys, keyName } from './group-columns.ts';
import type { GroupKey } from './key-numbers.ts';
import { type MetTable, MOST_MET } from './met-table.ts';
import { halvesOf, pathsSql, type ReadSource, sourceSql } from './read-source.ts';
import { reducedRows, type TypedReduction } from './reduced-rows.ts';
import type { OpenPart } from './snapshot.ts';
import type { SumTable } from './sum-table.ts';
import { lacksOfSums, NOTHING_LACKS } from './sums-lack.ts';
import { makeTable } from './temporary-table.ts';
import { bucketSql, ofTimeKind, withinSpan } from './time-condition.ts';
import { spansOf, type TotalsWanted } from './wanted.ts';

/** A file or segment that the system does not read, or whose octets are no file of the history. */
export class UnreadableFile extends Error {
  readonly fileName: string;
  readonly reason: LeftOutReason;

  constructor(fileName: string, cause: unknown) {
    const reason = leftOutReason(cause);
    super(`${fileName}: ${reason.why}`, { cause });
    this.fileName = fileName;
    this.reason = reason;
  }
}

/** Columns of a statement, whose names no field has. */
const BUCKET = 'bucket';
const GROUP = 'number';

/** Octets of rows of sums that lack what a question reads. */
export interface LackingOctets {
  /** They may fit the condition or not, and are not counted. */
  readonly untested: bigint;
  /** They are counted, but without a value in a dimension. */
  readonly valueless: bigint;
}

/**
 * Totals of Parquet files of one tier by SQL. One statement reads all files, as long as their groups fit into
 * memory and none is damaged. Else each reads fewer files, or fewer rows of one.
 */
export class FileTotals {
  readonly #engine: Engine;
  readonly #wanted: TotalsWanted;
  readonly #part: OpenPart;
  readonly #signal: AbortSignal;
  readonly #reduction: TypedReduction | undefined;
  readonly #whole: ReadSource;
  /** Of the sources that all readings have. */
  readonly #relations = new WeakMap<ReadSource, Relation>();
  /** Whether any counter of a row may be 2^63 or more. */
  #hasHugeCounts = false;

  /** @param reduction what of the flows counts; undefined: all */
  constructor(
    engine: Engine,
    wanted: TotalsWanted,
    part: OpenPart,
    signal: AbortSignal,
    reduction?: TypedReduction,
  ) {
    this.#engine = engine;
    this.#wanted = wanted;
    this.#part = part;
    this.#whole = { files: part.files };
    this.#signal = signal;
    this.#reduction = reduction;
  }

  /**
   * Adds the namespaces that meet in the asked time.
   * @throws {UnreadableFile}
   */
  async addNamespaces(table: MetTable): Promise<void> {
    await this.#forFiles(async ({ metSql }) => {
      for await (const [source, destination, service] of this.#rows(metSql, []))
        table.add({ source: textOf(source), destination: textOf(destination), service: textOf(service) });
    });
  }

  /**
   * Adds the groups.
   * @throws {UnreadableFile}
   */
  async addGroups(found: FoundGroups): Promise<void> {
    await this.#forFiles(({ rowsOf, values }) => found.add(rowsOf([]), values));
  }

  /**
   * Adds the named groups, and the rest.
   * @throws {UnreadableFile}
   */
  async addSums(named: readonly GroupKey[], sums: SumTable): Promise<void> {
    const { measures } = this.#wanted;
    const keys = groupKeys(this.#wanted);
    const numbered = named.map((key, number) => [...key, number]);
    await makeTable(this.#engine, 'named', [...keys, { name: GROUP, type: 'INTEGER' }], numbered);
    const isSame = columnNames(keys).map((name) => `rows.${name} IS NOT DISTINCT FROM named.${name}`);
    await this.#forFiles(async ({ counts, rowsOf, values, bucket }) => {
      const rows = this.#rows(
        `SELECT named.${GROUP}, rows.${BUCKET}, ${counts.join()}
         FROM (${rowsOf([`${bucket} AS ${BUCKET}`])}) AS rows
         LEFT JOIN named ON ${isSame.join(' AND ') || 'true'}
         GROUP BY 1, 2`,
        values,
      );
      for await (const row of rows) {
        const [group, inBucket, ...counted] = row as [number | null, bigint | null, ...bigint[]];
        const of = sums.of(group ?? undefined);
        for (let i = 0; i < measures.length; i++) {
          of.now[i]!.addLarge(counted[i]!);
          of.before[i]?.addLarge(counted[measures.length + i]!);
          if (inBucket !== null) of.series[i]![Number(inBucket)]!.addLarge(counted[i]!);
        }
      }
    });
  }

  /**
   * What the files lack in the asked time.
   * @throws {UnreadableFile}
   */
  async lackingOctets(): Promise<LackingOctets> {
    let [untested, valueless] = [0n, 0n];
    await this.#forFiles(async ({ lackingSql, values }) => {
      for await (const row of this.#rows(lackingSql, values)) {
        untested += row[0] as bigint;
        valueless += row[1] as bigint;
      }
    });
    return { untested, valueless };
  }

  async #forFiles(work: (relation: Relation) => Promise<void>): Promise<void> {
    if (this.#whole.files.length > 0) await this.#forAll(this.#whole, work);
  }

  /** Does work on all of a source, or on halves: groups that do not fit into memory, or a damaged file. */
  async #forAll(source: ReadSource, work: (relation: Relation) => Promise<void>): Promise<void> {
    try {
      const relation = this.#relations.get(source) ?? (await this.#relationOf(source));
      this.#relations.set(source, relation);
      this.#signal.throwIfAborted();
      return await work(relation);
    } catch (error) {
      this.#signal.throwIfAborted();
      if (!this.#hasHugeCounts && isOutOfRange(error)) {
        this.#hasHugeCounts = true;
        this.#relations.delete(source);
        return await this.#forAll(source, work);
      }
      const { files } = source;
      if (files.length === 1 && !isOutOfMemory(error)) throw new UnreadableFile(files[0]!.stored.name, error);
      const halves = halvesOf(source);
      if (halves === undefined) throw error;
      for (const half of halves) await this.#forAll(half, work);
    }
  }

  async #relationOf(source: ReadSource): Promise<Relation> {
    const { files } = source;
    const schema = this.#rows(
      `SELECT name, count(*)::INTEGER FROM parquet_schema(${pathsSql(files)}) WHERE type IS NOT NULL GROUP BY name`,
      [],
    );
    const counts = new Map<string, number>();
    for await (const [name, count] of schema) counts.set(name as string, count as number);
    const rows = fieldRows(new Set(counts.keys()));
    const { columns } = rows;
    // A file without the column has NULL in it, but these have another value for none.
    const replaced = fieldsAmong(columns)
      .filter((name) => counts.get(name)! < files.length && storedField(name).missing !== 'NULL')
      .map((name) => `coalesce(${quotedName(name)}, ${storedField(name).missing}) AS ${quotedName(name)}`);
    const replace = replaced.length === 0 ? '' : ` REPLACE (${replaced.join()})`;
    return new Relation(
      this.#wanted,
      columns,
      this.#part,
      `(SELECT *${replace} FROM ${rows.of(sourceSql(source))})`,
      this.#engine,
      this.#reduction,
      !this.#hasHugeCounts,
    );
  }

  /** JavaScript gets a part of them at a time. */
  async *#rows(sql: string, values: readonly DuckDBValue[]): AsyncGenerator<DuckDBValue[]> {
    const result = await this.#engine.connection.run(sql, [...values]);
    for await (const rows of result.yieldRows()) yield* rows;
  }
}

const textOf = (value: DuckDBValue | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** Whether DuckDB says that its memory is too small. */
export const isOutOfMemory = (error: unknown): boolean => /out of memory/i.test(String(error));

/** Whether DuckDB may say that a count is above what it was told. It has words of its own for each type. */
const isOutOfRange = (error: unknown): boolean => /out of range|conversion error/i.test(String(error));

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

/** Files as one table, and the expressions over it. */
class Relation {
  readonly #keys: readonly DimensionColumn[];
  /** The sum of each measure in the asked time, then in the compared one, over what `rowsOf` returns. */
  readonly counts: readonly string[];
  /** The bucket of a row in the asked time; NULL without buckets, and for rows of the compared time only. */
  readonly bucket: string;
  /** Parameters of the statement. */
  readonly values: readonly DuckDBValue[];
  /** A statement for the namespaces that meet. It has no parameters. */
  readonly metSql: string;
  /** A statement for the octets that are not tested, and those that have no value. */
  readonly lackingSql: string;
  readonly #inner: (columns: readonly string[]) => string;

  constructor(
    wanted: TotalsWanted,
    columns: ReadonlySet<string>,
    { tier, kind, span, edges }: OpenPart,
    whole: string,
    { duckdb }: Engine,
    reduction: TypedReduction | undefined,
    isBelow63: boolean,
  ) {
    const form: RowForm = tier === 'records' ? 'records' : 'sums';
    const lack = tier === 'records' ? NOTHING_LACKS : lacksOfSums(wanted)[tier];
    const spans = spansOf(wanted);
    const values = new ConditionValues(duckdb, reduction?.types);
    const table = reduction === undefined ? whole : reducedRows(whole, columns, reduction, values);
    const condition = rowCondition(wanted.condition, columns, values);
    this.values = values.all;
    this.#keys = wanted.by.map((name): DimensionColumn => {
      const { sql, type } = dimensionColumn(name, columns);
      return lack.dimensions.includes(name) ? { sql: `NULL::${type}`, type } : { sql, type };
    });
    // Rows of other times than the only one are not read.
    const ofSpan = (each: TimeSpan) => (spans.length === 1 ? 'true' : withinSpan(each));
    const measured = spans.flatMap((each) =>
      wanted.measures.map((name) => measureColumn(name, columns, form, ofSpan(each), isBelow63)),
    );
    this.counts = measured.map((_, i) => `coalesce(sum(rows.${countName(i)}), 0)::HUGEINT`);
    this.bucket = bucketSql(wanted);
    const grouped = groupedColumns(wanted.by, columns);
    const counts = measured.map((sql, i) => `${sql} AS ${countName(i)}`);
    const isRest = (rests: number) => (rests !== 0 ? `((${REST_OF} & ${rests}) <> 0)` : 'false');
    const inTime = `${withinSpan(span)} AND ${ofTimeKind(kind, edges)}`;
    const isCounted = `(${condition}) AND NOT ${isRest(lack.untested)}`;
    const isAsked = `(${spans.map(withinSpan).join(' OR ')}) AND ${inTime}`;
    this.metSql = `SELECT DISTINCT ${namespaceColumns(columns).join()} FROM ${whole} WHERE ${isAsked}
      LIMIT ${MOST_MET + 1}`;
    this.#inner = (more) =>
      `SELECT ${[...grouped, ...more, ...counts].join()} FROM ${table}
       WHERE ${isAsked} AND ${isCounted}
       GROUP BY ALL HAVING count(*) > 0`;
    const isValueless = lack.dimensions.length > 0 ? 'true' : isRest(lack.valueless);
    this.lackingSql = `SELECT ${measureColumn('octets', columns, form, isRest(lack.untested))},
        ${measureColumn('octets', columns, form, `${isCounted} AND ${isValueless}`)}
      FROM ${table} WHERE ${withinSpan(wanted)} AND ${inTime}`;
  }

  /**
   * Sums of rows with the same fields, with the keys of groups. To find a key takes longer than to compare
   * the fields that it consists of.
   * @param more columns by which rows are distinguished
   */
  readonly rowsOf = (more: readonly string[]): string => {
    const keys = this.#keys.map(({ sql }, i) => `${sql} AS ${keyName(i)}`);
    return `SELECT ${['*', ...keys].join()} FROM (${this.#inner(more)})`;
  };
}
