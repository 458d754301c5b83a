import type { DuckDBValue } from '@duckdb/node-api';
import type { Engine } from '../engine.ts';
import { type LeftOutReason, leftOutReason } from '../left-out.ts';
import { ConditionValues } from '../row-condition.ts';
import { columnsOfFiles } from './file-columns.ts';
import type { FoundGroups } from './found-groups.ts';
import { columnNames, groupCounts, groupKeys } from './group-columns.ts';
import type { GroupKey } from './key-numbers.ts';
import type { MetTable } from './met-table.ts';
import { BUCKET, PartRows } from './part-rows.ts';
import { filesOfSource, halvesOf, type ReadSource } from './read-source.ts';
import type { TypedReduction } from './reduced-rows.ts';
import type { OpenPart } from './snapshot.ts';
import type { SumTable } from './sum-table.ts';
import { makeTable } from './temporary-table.ts';
import type { TotalsWanted } from './wanted.ts';

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

/** The column of the number of a group. No field has this name. */
const GROUP = 'number';

/** Octets of rows of sums that lack what a question reads. */
export interface LackingOctets {
  /** They may fit the condition or not, and are not counted. */
  readonly untested: bigint;
  /** They are counted, but without a value in a dimension. */
  readonly valueless: bigint;
}

/**
 * Totals of Parquet files by SQL. One statement reads all files, as long as their groups fit into memory and
 * none is damaged. Else each reads fewer files, or fewer rows of one.
 */
export class FileTotals {
  readonly #engine: Engine;
  readonly #wanted: TotalsWanted;
  readonly #signal: AbortSignal;
  readonly #reduction: TypedReduction | undefined;
  readonly #whole: ReadSource;
  /** The halves of those that could not be read at once. */
  readonly #divided = new WeakMap<ReadSource, readonly ReadSource[]>();
  /** Whether any counter of a row may be 2^63 or more. */
  #hasHugeCounts = false;

  /** @param reduction what of the flows counts; undefined: all */
  constructor(
    engine: Engine,
    wanted: TotalsWanted,
    parts: readonly OpenPart[],
    signal: AbortSignal,
    reduction?: TypedReduction,
  ) {
    this.#engine = engine;
    this.#wanted = wanted;
    this.#whole = { parts };
    this.#signal = signal;
    this.#reduction = reduction;
  }

  /**
   * Adds the namespaces that meet in the asked time.
   * @throws {UnreadableFile}
   */
  async addNamespaces(table: MetTable): Promise<void> {
    await this.#forAll(this.#whole, async ({ rows }) => {
      const met = rows.map((each) => each.metNamespaces()).join(' UNION ALL ');
      for await (const [source, destination, service] of this.#rows(met, []))
        table.add({ source: textOf(source), destination: textOf(destination), service: textOf(service) });
    });
  }

  /**
   * Adds the groups.
   * @throws {UnreadableFile}
   */
  async addGroups(found: FoundGroups): Promise<void> {
    await this.#forAll(this.#whole, ({ rows, values }) => found.add(sumsOf(rows), values));
  }

  /**
   * Adds the named groups, and the rest.
   * @throws {UnreadableFile}
   */
  async addSums(named: readonly GroupKey[], sums: SumTable): Promise<void> {
    const { measures, stepMs } = this.#wanted;
    const keys = groupKeys(this.#wanted);
    const numbered = named.map((key, number) => [...key, number]);
    await makeTable(this.#engine, 'named', [...keys, { name: GROUP, type: 'INTEGER' }], numbered);
    const isSame = columnNames(keys).map((name) => `rows.${name} IS NOT DISTINCT FROM named.${name}`);
    const bucket = stepMs === undefined ? 'NULL::BIGINT' : `rows.${BUCKET}`;
    const counts = columnNames(groupCounts(this.#wanted)).map(
      (name) => `coalesce(sum(rows.${name}), 0)::HUGEINT`,
    );
    await this.#forAll(this.#whole, async ({ rows, values }) => {
      const counted = this.#rows(
        `SELECT named.${GROUP}, ${bucket}, ${counts.join()} FROM (${sumsOf(rows)}) AS rows
         LEFT JOIN named ON ${isSame.join(' AND ') || 'true'} GROUP BY 1, 2`,
        values,
      );
      for await (const row of counted) {
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
   * What the files of a part lack in the asked time.
   * @throws {UnreadableFile}
   */
  async lackingOctets(part: OpenPart): Promise<LackingOctets> {
    let [untested, valueless] = [0n, 0n];
    await this.#forAll({ parts: [part] }, async ({ rows: [own], values }) => {
      for await (const row of this.#rows(own!.lackingOctets(), values)) {
        untested += row[0] as bigint;
        valueless += row[1] as bigint;
      }
    });
    return { untested, valueless };
  }

  /** Does work on all of a source, or on halves: groups that do not fit into memory, or a damaged file. */
  async #forAll(source: ReadSource, work: (relation: Relation) => Promise<void>): Promise<void> {
    const files = filesOfSource(source);
    if (files.length === 0) return;
    if (this.#divided.has(source)) return await this.#forHalves(source, work);
    try {
      const relation = await this.#relationOf(source);
      this.#signal.throwIfAborted();
      return await work(relation);
    } catch (error) {
      this.#signal.throwIfAborted();
      if (!this.#hasHugeCounts && isOutOfRange(error)) {
        this.#hasHugeCounts = true;
        return await this.#forAll(source, work);
      }
      if (files.length === 1 && !isOutOfMemory(error)) throw new UnreadableFile(files[0]!.stored.name, error);
      const halves = halvesOf(source);
      if (halves === undefined) throw error;
      this.#divided.set(source, halves);
      return await this.#forHalves(source, work);
    }
  }

  async #forHalves(source: ReadSource, work: (relation: Relation) => Promise<void>): Promise<void> {
    for (const half of this.#divided.get(source)!) await this.#forAll(half, work);
  }

  async #relationOf(source: ReadSource): Promise<Relation> {
    const columnsOf = await columnsOfFiles(this.#engine, filesOfSource(source));
    const values = new ConditionValues(this.#engine.duckdb, this.#reduction?.types);
    const asked = {
      wanted: this.#wanted,
      reduction: this.#reduction,
      values,
      isBelow63: !this.#hasHugeCounts,
    };
    const rows = source.parts.map(
      (part) => new PartRows(asked, part, source.rows, part.files.map(columnsOf)),
    );
    return { rows, values: values.all };
  }

  /** JavaScript gets a part of them at a time. */
  async *#rows(sql: string, values: readonly DuckDBValue[]): AsyncGenerator<DuckDBValue[]> {
    const result = await this.#engine.connection.run(sql, [...values]);
    for await (const rows of result.yieldRows()) yield* rows;
  }
}

/** What a statement reads, and its parameters. */
interface Relation {
  readonly rows: readonly PartRows[];
  readonly values: readonly DuckDBValue[];
}

const sumsOf = (rows: readonly PartRows[]): string =>
  rows.map((each) => each.sumsOfFields()).join(' UNION ALL ');

const textOf = (value: DuckDBValue | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** Whether DuckDB says that its memory is too small. */
export const isOutOfMemory = (error: unknown): boolean => /out of memory/i.test(String(error));

/** Whether DuckDB may say that a count is above what it was told. It has words of its own for each type. */
const isOutOfRange = (error: unknown): boolean => /out of range|conversion error/i.test(String(error));
