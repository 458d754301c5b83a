import type { DuckDBValue } from '@duckdb/node-api';
import type { Engine } from '../engine.ts';
import { columnNames, groupCounts, groupKeys } from './group-columns.ts';
import type { GroupKey } from './key-numbers.ts';
import { type Candidate, compareGroups, GROUPS_IN_MEMORY, type LogGroups } from './log-groups.ts';
import { appendRows, makeTable, type NamedColumn } from './temporary-table.ts';
import type { TotalsWanted } from './wanted.ts';

/** The largest groups, and what all have together. */
export interface LargestGroups {
  /** The heaviest first. */
  readonly groups: readonly Candidate[];
  readonly all: Omit<Candidate, 'key'>;
  /** Groups that there are; at least so many if a group was forgotten. */
  readonly count: number;
  /** Whether a group was forgotten. */
  readonly isCut: boolean;
}

/** With more rows than that the table has each group once before others are added. */
const MOST_UNJOINED = 1.5 * GROUPS_IN_MEMORY;
const FOUND = 'found';
const JOINED = 'joined';
/** Rows whose groups are joined at once. With names of 253 characters they take some 20 MB. */
const JOINED_ROWS = 32_768;

/**
 * Gathers groups out of the parts of a history, in a table of DuckDB: JavaScript gets the largest ones only.
 * Beyond the bound the table forgets the lightest ones.
 */
export class FoundGroups {
  readonly #engine: Engine;
  readonly #wanted: TotalsWanted;
  readonly #columns: readonly NamedColumn[];
  readonly #keys: readonly string[];
  readonly #counts: readonly string[];
  /** The weight by which groups are ranked, as `compareGroups` does. */
  readonly #weight: string;
  /** Rows of the table. A group has one for each statement that found it. */
  #length = 0;
  /** Whether a group was forgotten. */
  #isCut = false;

  private constructor(engine: Engine, wanted: TotalsWanted) {
    this.#engine = engine;
    this.#wanted = wanted;
    this.#columns = [...groupKeys(wanted), ...groupCounts(wanted)];
    this.#keys = columnNames(groupKeys(wanted));
    this.#counts = columnNames(groupCounts(wanted));
    const [now, before] = [this.#counts[0], this.#counts[wanted.measures.length]];
    this.#weight = before === undefined ? now! : `greatest(${now}, ${before})`;
  }

  static async begin(engine: Engine, wanted: TotalsWanted): Promise<FoundGroups> {
    const found = new FoundGroups(engine, wanted);
    await makeTable(engine, FOUND, found.#columns, []);
    return found;
  }

  /** Adds those of the log. */
  async addLog(log: LogGroups): Promise<void> {
    if (this.#length >= MOST_UNJOINED) await this.#join();
    this.#length += await appendRows(this.#engine, FOUND, this.#columns, rowsOf(log));
    if (log.isCut) this.#isCut = true;
  }

  /**
   * Adds the groups of some rows.
   * @param rows a statement that has their keys and counts
   * @param values its parameters
   */
  async add(rows: string, values: readonly DuckDBValue[]): Promise<void> {
    // First, so that what fails has added nothing.
    if (this.#length >= MOST_UNJOINED) await this.#join();
    this.#length += await this.#change(`INSERT INTO ${FOUND} ${this.#groupsOf(`(${rows})`)}`, values);
  }

  /** The largest ones. Of groups with the same weight those with the lower keys are named. */
  async largest(top: number): Promise<LargestGroups> {
    await this.#join();
    const sums = this.#counts.map((name) => `coalesce(sum(${name}), 0)::HUGEINT`);
    const [all] = await this.#rows(`SELECT ${sums.join()} FROM ${FOUND}`);
    const least = `SELECT ${this.#weight} AS weight FROM ${FOUND} ORDER BY weight DESC LIMIT 1 OFFSET ${top - 1}`;
    const rows = await this.#rows(`SELECT * FROM ${FOUND} WHERE ${this.#weight} >= coalesce((${least}), 0)`);
    const groups = rows.map((row) => ({
      key: row.slice(0, this.#keys.length) as GroupKey,
      ...this.#split(row.slice(this.#keys.length) as bigint[]),
    }));
    return {
      groups: groups.sort(compareGroups).slice(0, top),
      all: this.#split(all as bigint[]),
      count: Math.min(this.#length, GROUPS_IN_MEMORY),
      isCut: this.#isCut,
    };
  }

  /** Makes one row of those of a group. All groups at once may not fit into memory, so each part has some. */
  async #join(): Promise<void> {
    const parts = this.#keys.length === 0 ? 1 : Math.ceil(this.#length / JOINED_ROWS);
    await this.#rows(`CREATE OR REPLACE TEMP TABLE ${JOINED} AS SELECT * FROM ${FOUND} LIMIT 0`);
    this.#length = 0;
    for (let part = 0; part < parts; part++) {
      const isInPart = parts === 1 ? 'true' : `hash(${this.#keys.join()}) % ${parts} = ${part}`;
      const rows = `(SELECT * FROM ${FOUND} WHERE ${isInPart})`;
      this.#length += await this.#change(`INSERT INTO ${JOINED} ${this.#groupsOf(rows)}`, []);
    }
    await this.#rows(`DROP TABLE ${FOUND}`);
    await this.#rows(`ALTER TABLE ${JOINED} RENAME TO ${FOUND}`);
    if (this.#length > GROUPS_IN_MEMORY) await this.#forgetLightest();
  }

  async #forgetLightest(): Promise<void> {
    const kept = `SELECT rowid FROM ${FOUND} ORDER BY ${this.#weight} DESC LIMIT ${GROUPS_IN_MEMORY}`;
    await this.#rows(`DELETE FROM ${FOUND} WHERE rowid NOT IN (${kept})`);
    this.#length = GROUPS_IN_MEMORY;
    this.#isCut = true;
  }

  /** A statement for the groups of rows, and one more than there may be. */
  #groupsOf(rows: string): string {
    const sums = this.#counts.map((name) => `coalesce(sum(${name}), 0)::HUGEINT AS ${name}`);
    return `SELECT * FROM (SELECT ${[...this.#keys, ...sums].join()} FROM ${rows} GROUP BY ALL)
      ORDER BY ${this.#weight} DESC LIMIT ${GROUPS_IN_MEMORY + 1}`;
  }

  /** @returns how many groups the statement has found */
  async #change(sql: string, values: readonly DuckDBValue[]): Promise<number> {
    const [[count] = []] = await this.#rows(sql, values);
    if (Number(count) > GROUPS_IN_MEMORY) this.#isCut = true;
    return Number(count);
  }

  #split(counts: readonly bigint[]) {
    const { measures } = this.#wanted;
    return { now: counts.slice(0, measures.length), before: counts.slice(measures.length) };
  }

  async #rows(sql: string, values: readonly DuckDBValue[] = []): Promise<DuckDBValue[][]> {
    return await (await this.#engine.connection.run(sql, [...values])).getRows();
  }
}

function* rowsOf(log: LogGroups): Generator<DuckDBValue[]> {
  for (const { key, now, before } of log.all()) yield [...key, ...now, ...before];
}
