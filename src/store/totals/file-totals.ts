import type { DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { type DimensionColumn, dimensionColumn } from '../dimension-columns.ts';
import type { Engine } from '../engine.ts';
import { firstLineOf } from '../history-error.ts';
import { measureColumn, type RowForm } from '../measure-columns.ts';
import { sqlText } from '../parquet-writer.ts';
import { rowCondition } from '../row-condition.ts';
import { COLLECTION_TIME, fieldsAmong, quotedName, storedField } from '../stored-columns.ts';
import { type GroupKey, type GroupTable, MOST_GROUPS } from './group-table.ts';
import type { OpenFile } from './snapshot.ts';
import type { SumTable } from './sum-table.ts';
import { spansOf, type TimeSpan, type TotalsWanted } from './wanted.ts';

/** A file whose octets are no file of the history, or are damaged. */
export class UnreadableFile extends Error {
  readonly file: OpenFile;

  constructor(file: OpenFile, cause: unknown) {
    super(firstLineOf(cause), { cause });
    this.file = file;
  }
}

/** Names of the columns of a statement, which no field has. */
const keyName = (i: number): string => `key${i}`;
const BUCKET = 'bucket';
const GROUP = 'number';

/**
 * Totals of Parquet files by SQL: all files in one statement, as long as their groups fit into memory and all
 * can be read.
 */
export class FileTotals {
  readonly #engine: Engine;
  readonly #wanted: TotalsWanted;
  readonly #form: RowForm;
  readonly #signal: AbortSignal;

  constructor(engine: Engine, wanted: TotalsWanted, form: RowForm, signal: AbortSignal) {
    this.#engine = engine;
    this.#wanted = wanted;
    this.#form = form;
    this.#signal = signal;
  }

  /**
   * Adds the groups, with the measure that ranks them.
   * @throws {UnreadableFile}
   */
  async addGroups(files: readonly OpenFile[], table: GroupTable): Promise<void> {
    const { measures } = this.#wanted;
    await this.#forAll(files, async (relation) => {
      const keys = relation.keys.map(({ sql }, i) => `${sql} AS ${keyName(i)}`);
      const [now, before] = relation.spans.map((span) => relation.measure(measures[0]!, span));
      const rows = await this.#rows(
        `SELECT ${[...keys, `${now} AS now`, `${before ?? '0::HUGEINT'} AS before`].join()} ${relation.from}
         GROUP BY ${keys.map((_, i) => i + 1).join()}
         ORDER BY greatest(now, before) DESC LIMIT ${MOST_GROUPS + 1}`,
        relation.values,
      );
      for (const row of rows.slice(0, MOST_GROUPS)) {
        const [before, now] = [row.pop() as bigint, row.pop() as bigint];
        table.add(row as GroupKey, now, before);
      }
      if (rows.length > MOST_GROUPS) table.isCut = true;
    });
  }

  /**
   * Adds all measures of the named groups, and those of the rest.
   * @throws {UnreadableFile}
   */
  async addSums(files: readonly OpenFile[], named: readonly GroupKey[], sums: SumTable): Promise<void> {
    const { by, measures } = this.#wanted;
    await this.#forAll(files, async (relation) => {
      await this.#setNamed(relation.keys, named);
      const keys = relation.keys.map(({ sql }, i) => `${sql} AS ${keyName(i)}`);
      const isSame = relation.keys.map(
        (_, i) => `rows.${keyName(i)} IS NOT DISTINCT FROM named.${keyName(i)}`,
      );
      const counts = relation.spans.flatMap((span) =>
        measures.map((measure) => relation.measure(measure, span)),
      );
      const rows = await this.#rows(
        `SELECT named.${GROUP}, ${relation.bucket} AS ${BUCKET}, ${counts.join()}
         FROM (SELECT ${['*', ...keys].join()} ${relation.from}) AS rows
         LEFT JOIN named ON ${by.length === 0 ? 'true' : isSame.join(' AND ')}
         GROUP BY 1, 2`,
        relation.values,
      );
      for (const [group, bucket, ...values] of rows as [number | null, bigint | null, ...bigint[]][]) {
        const of = sums.of(group ?? undefined);
        for (let i = 0; i < measures.length; i++) {
          of.now[i]!.addLarge(values[i]!);
          of.before[i]!.addLarge(values[measures.length + i] ?? 0n);
          if (bucket !== null) of.series[i]![Number(bucket)]!.addLarge(values[i]!);
        }
      }
    });
  }

  /** Does work on all files, or on halves of them: groups that do not fit into memory, or a damaged file. */
  async #forAll(files: readonly OpenFile[], work: (relation: Relation) => Promise<void>): Promise<void> {
    if (files.length === 0) return;
    try {
      const relation = await this.#relationOf(files);
      this.#signal.throwIfAborted();
      return await work(relation);
    } catch (error) {
      this.#signal.throwIfAborted();
      if (files.length === 1) {
        if (isOutOfMemory(error)) throw error;
        throw new UnreadableFile(files[0]!, error);
      }
    }
    const half = Math.ceil(files.length / 2);
    await this.#forAll(files.slice(0, half), work);
    await this.#forAll(files.slice(half), work);
  }

  async #relationOf(files: readonly OpenFile[]): Promise<Relation> {
    const paths = `[${files.map(({ path }) => sqlText(path)).join()}]`;
    const schema = await this.#rows(
      `SELECT name, count(*)::INTEGER FROM parquet_schema(${paths}) GROUP BY name`,
      [],
    );
    const counts = new Map(schema as [string, number][]);
    const columns = new Set(counts.keys());
    // A file without the column has NULL in it, but these have another value for none.
    const replaced = fieldsAmong(columns)
      .filter((name) => counts.get(name)! < files.length && storedField(name).missing !== 'NULL')
      .map((name) => `coalesce(${quotedName(name)}, ${storedField(name).missing}) AS ${quotedName(name)}`);
    const replace = replaced.length === 0 ? '' : ` REPLACE (${replaced.join()})`;
    return new Relation(
      this.#wanted,
      columns,
      this.#form,
      `(SELECT *${replace} FROM read_parquet(${paths}, union_by_name = true))`,
      this.#engine,
    );
  }

  async #setNamed(keys: readonly DimensionColumn[], named: readonly GroupKey[]): Promise<void> {
    const { connection, duckdb } = this.#engine;
    const types: DuckDBType[] = keys.map(({ type }) => duckdb.LIST(duckdb[type]));
    const lists: DuckDBValue[] = keys.map((_, i) => duckdb.listValue(named.map((key) => key[i]!)));
    const columns = keys.map((_, i) => `unnest($${i + 1}) AS ${keyName(i)}`);
    const numbers = `unnest(range(${named.length}))::INTEGER AS ${GROUP}`;
    await connection.run(
      `CREATE OR REPLACE TEMP TABLE named AS SELECT ${[...columns, numbers].join()}`,
      lists,
      types,
    );
  }

  async #rows(sql: string, values: readonly DuckDBValue[]): Promise<DuckDBValue[][]> {
    return (await this.#engine.connection.runAndReadAll(sql, [...values])).getRows();
  }
}

const isOutOfMemory = (error: unknown): boolean => /out of memory/i.test(String(error));

/** Files as one table, and the expressions over it. */
class Relation {
  readonly keys: readonly DimensionColumn[];
  readonly spans: readonly TimeSpan[];
  /** The rows of either time that pass the filter. */
  readonly from: string;
  /** The bucket of a row in the asked time; NULL without buckets, and for rows of the compared time only. */
  readonly bucket: string;
  readonly values: readonly DuckDBValue[];
  readonly #columns: ReadonlySet<string>;
  readonly #form: RowForm;

  constructor(
    wanted: TotalsWanted,
    columns: ReadonlySet<string>,
    form: RowForm,
    table: string,
    { duckdb }: Engine,
  ) {
    this.#columns = columns;
    this.#form = form;
    this.keys = wanted.by.map((name) => dimensionColumn(name, columns));
    this.spans = spansOf(wanted);
    const condition = rowCondition(wanted.words, columns, duckdb);
    this.values = condition.values;
    const inTime = this.spans.map(isWithin).join(' OR ');
    this.from = `FROM ${table} WHERE (${inTime}) AND (${condition.sql})`;
    this.bucket =
      wanted.stepMs === undefined
        ? 'NULL::BIGINT'
        : `CASE WHEN ${isWithin(wanted)} THEN (epoch_us(${TIME}) - ${microseconds(wanted.fromMs)}) // ${microseconds(wanted.stepMs)} END`;
  }

  measure(name: TotalsWanted['measures'][number], span: TimeSpan): string {
    return measureColumn(name, this.#columns, this.#form, isWithin(span));
  }
}

const TIME = quotedName(COLLECTION_TIME);

const microseconds = (ms: number): string => String(Math.round(ms * 1000));

const isWithin = ({ fromMs, toMs }: TimeSpan): string =>
  `(${TIME} >= make_timestamp(${microseconds(fromMs)}) AND ${TIME} < make_timestamp(${microseconds(toMs)}))`;
