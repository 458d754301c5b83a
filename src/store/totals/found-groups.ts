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
/** The names of the table, by turns. */
const TABLES = ['found0', 'found1'] as const;
/** Rows whose groups are joined at once. With names of 253 characters they take some 20 MB. */
const JOINED_ROWS = 32_768;

/** One of so many shares of all groups, by the hash of their keys. */
export interface ShareOfGroups {
  readonly share: number;
  readonly of: number;
}

/**
 * Gathers groups out of the parts of a history, in a table of DuckDB: JavaScript gets the largest ones only.
 * Beyond the bound the table forgets the lightest ones.
 */
export class FoundGroups {
  readonly #engine: Engine;
  readonly #wanted: TotalsWanted;
  /** A condition of SQL for the groups that are gathered. */
  readonly #isInShare: string;
  readonly #columns: readonly NamedColumn[];
  readonly #keys: readonly string[];
  readonly #counts: readonly string[];
  /** The weight by which groups are ranked, as `compareGroups` does. */
  readonly #weight: string;
  #table: (typeof TABLES)[number] = TABLES[0];
  /** Rows of the table. A group has one for each statement that found it. */
  #length = 0;
  /** Whether several statements have added rows since each group had one. */
  #isRepeated = false;
  /** Whether a group was forgotten. */
  #isCut = false;

  private constructor(engine: Engine, wanted: TotalsWanted, { share, of }: ShareOfGroups) {
    this.#engine = engine;
    this.#wanted = wanted;
    this.#columns = [...groupKeys(wanted), ...groupCounts(wanted)];
    this.#keys = columnNames(groupKeys(wanted));
    this.#counts = columnNames(groupCounts(wanted));
    // Not the lowest bits, which divide the groups that are joined.
    this.#isInShare = of === 1 ? 'true' : `(hash(${this.#keys.join()}) >> 40) % ${of} = ${share}`;
    const [now, before] = [this.#counts[0], this.#counts[wanted.measures.length]];
    this.#weight = before === undefined ? now! : `greatest(${now}, ${before})`;
  }

  static async begin(engine: Engine, wanted: TotalsWanted, gathered: ShareOfGroups): Promise<FoundGroups> {
    const found = new FoundGroups(engine, wanted, gathered);
    for (const table of TABLES) await found.#rows(`DROP TABLE IF EXISTS ${table}`);
    await makeTable(engine, found.#table, found.#columns, []);
    return found;
  }

  /** Adds those of the log. */
  async addLog(log: LogGroups): Promise<void> {
    if (this.#length >= MOST_UNJOINED) await this.#join();
    const all = await appendRows(this.#engine, this.#table, this.#columns, rowsOf(log));
    this.#addLength(
      all - (await this.#change(`DELETE FROM ${this.#table} WHERE NOT (${this.#isInShare})`, [])),
    );
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
    const largest = `${this.#groupsOf(`(SELECT * FROM (${rows}) WHERE ${this.#isInShare})`)} ORDER BY ${this.#weight} DESC LIMIT ${GROUPS_IN_MEMORY + 1}`;
    const count = await this.#change(`INSERT INTO ${this.#table} ${largest}`, values);
    if (count > GROUPS_IN_MEMORY) this.#isCut = true;
    this.#addLength(count);
  }

  /** The largest ones. Of groups with the same weight those with the lower keys are named. */
  async largest(top: number): Promise<LargestGroups> {
    await this.#join();
    const sums = this.#counts.map((name) => `coalesce(sum(${name}), 0)::HUGEINT`);
    const [all] = await this.#rows(`SELECT ${sums.join()} FROM ${this.#table}`);
    const least = `SELECT ${this.#weight} AS weight FROM ${this.#table} ORDER BY weight DESC LIMIT 1 OFFSET ${top - 1}`;
    const rows = await this.#rows(
      `SELECT * FROM ${this.#table} WHERE ${this.#weight} >= coalesce((${least}), 0)`,
    );
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

  #addLength(count: number): void {
    if (count > 0 && this.#length > 0) this.#isRepeated = true;
    this.#length += count;
  }

  /** Makes one row of those of a group. All groups at once may not fit into memory, so each part has some. */
  async #join(): Promise<void> {
    if (this.#isRepeated) await this.#joinRepeated();
    if (this.#length > GROUPS_IN_MEMORY) await this.#forgetLightest();
  }

  async #joinRepeated(): Promise<void> {
    const [found, joined] = [this.#table, this.#table === TABLES[0] ? TABLES[1] : TABLES[0]];
    const parts = this.#keys.length === 0 ? 1 : Math.ceil(this.#length / JOINED_ROWS);
    this.#length = 0;
    for (let part = 0; part < parts; part++) {
      const isInPart = parts === 1 ? 'true' : `hash(${this.#keys.join()}) % ${parts} = ${part}`;
      const groups = this.#groupsOf(`(SELECT * FROM ${found} WHERE ${isInPart})`);
      const into = part === 0 ? `CREATE OR REPLACE TEMP TABLE ${joined} AS` : `INSERT INTO ${joined}`;
      this.#length += await this.#change(`${into} ${groups}`, []);
    }
    await this.#rows(`DROP TABLE ${found}`);
    this.#table = joined;
    this.#isRepeated = false;
  }

  async #forgetLightest(): Promise<void> {
    const kept = `SELECT rowid FROM ${this.#table} ORDER BY ${this.#weight} DESC LIMIT ${GROUPS_IN_MEMORY}`;
    await this.#rows(`DELETE FROM ${this.#table} WHERE rowid NOT IN (${kept})`);
    this.#length = GROUPS_IN_MEMORY;
    this.#isCut = true;
  }

  /** A query for the groups of rows. */
  #groupsOf(rows: string): string {
    const sums = this.#counts.map((name) => `coalesce(sum(${name}), 0)::HUGEINT AS ${name}`);
    return `SELECT * FROM (SELECT ${[...this.#keys, ...sums].join()} FROM ${rows} GROUP BY ALL)`;
  }

  /** @returns how many rows the statement has added */
  async #change(sql: string, values: readonly DuckDBValue[]): Promise<number> {
    const [[count] = []] = await this.#rows(sql, values);
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

/** The largest ones of all shares. */
export function largestAmong(shares: readonly LargestGroups[], top: number): LargestGroups {
  const sumsOf = (which: 'now' | 'before') =>
    shares.map(({ all }) => all[which]).reduce((sums, more) => sums.map((sum, i) => sum + more[i]!));
  return {
    groups: shares
      .flatMap(({ groups }) => groups)
      .sort(compareGroups)
      .slice(0, top),
    all: { now: sumsOf('now'), before: sumsOf('before') },
    count: shares.reduce((sum, { count }) => sum + count, 0),
    isCut: shares.some(({ isCut }) => isCut),
  };
}

function* rowsOf(log: LogGroups): Generator<DuckDBValue[]> {
  for (const { key, now, before } of log.all()) yield [...key, ...now, ...before];
}
