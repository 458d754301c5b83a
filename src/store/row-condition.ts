import type { DuckDBValue } from '@duckdb/node-api';
import {
  type AddressRange,
  type FieldName,
  type FlowCondition,
  fieldConditionOf,
  type RowRule,
  rangeContains,
} from '../flow/index.ts';
import { workloadOfPod } from './dimension-columns.ts';
import type { DuckDB } from './engine.ts';
import { storedColumn } from './stored-columns.ts';

/** Names of types of DuckDB, by the texts that are their values. */
export type TextTypes = ReadonlyMap<readonly string[], string>;

/** The parameters of a statement: $1 is the first. No text of a user becomes a part of the SQL. */
export class ConditionValues {
  readonly all: DuckDBValue[] = [];
  readonly #duckdb: DuckDB;
  readonly #types: TextTypes;

  /** @param types for the lists of texts that rules have */
  constructor(duckdb: DuckDB, types: TextTypes = new Map()) {
    this.#duckdb = duckdb;
    this.#types = types;
  }

  text(value: string): string {
    return `$${this.all.push(value)}`;
  }

  /**
   * The type of a list. All tests by it share one table of the texts. Each IN would have one of its own, of
   * 10 MB with 5,000 texts.
   */
  typeOf(texts: readonly string[]): string {
    const type = this.#types.get(texts);
    if (type === undefined) throw new TypeError(`expected a type for a list of ${texts.length} texts`);
    return type;
  }

  octets(value: Uint8Array): string {
    return `$${this.all.push(new this.#duckdb.DuckDBBlobValue(value))}`;
  }
}

/**
 * The rows of a file that pass a `FlowFilter` of the same condition.
 * @param columns of the file
 * @param values gets what the condition compares with
 * @throws {TypeError} with the word, the value and what was expected
 */
export function rowCondition(
  condition: FlowCondition,
  columns: ReadonlySet<string>,
  values: ConditionValues,
): string {
  return ruleSql(fieldConditionOf(condition), columns, values);
}

/** The rows for which a rule holds. */
export function ruleSql(rule: RowRule, columns: ReadonlySet<string>, values: ConditionValues): string {
  return sqlOf(rule, { column: (name) => storedColumn(name, columns), values });
}

/** What stands in SQL for a column, and for a value. */
interface SqlParts {
  readonly column: (name: FieldName) => string;
  readonly values: ConditionValues;
}

function sqlOf(condition: RowRule, parts: SqlParts): string {
  const { column, values } = parts;
  if ('all' in condition) return sqlOfParts(condition.all, ' AND ', 'true', parts);
  if ('any' in condition) return sqlOfParts(condition.any, ' OR ', 'false', parts);
  // A comparison with no value is neither true nor false.
  if ('not' in condition) return `NOT coalesce(${sqlOf(condition.not, parts)}, false)`;
  if ('isAmong' in condition) {
    const text = 'text' in condition ? column(condition.text) : namespaceSql(column(condition.namespaceIn));
    const { isAmong } = condition;
    return isAmong.length === 0 ? 'false' : `TRY_CAST(${text} AS ${values.typeOf(isAmong)}) IS NOT NULL`;
  }
  if ('startsWith' in condition)
    return `starts_with(${column(condition.text)}, ${values.text(condition.startsWith)})`;
  if ('workloadOf' in condition)
    return `${workloadOfPod(column(condition.workloadOf))} = ${values.text(condition.is)}`;
  if ('text' in condition)
    return condition.is === ''
      ? `${column(condition.text)} IS NULL`
      : `${column(condition.text)} = ${values.text(condition.is)}`;
  if ('address' in condition) return isWithin(column(condition.address), condition.within, values);
  if ('number' in condition)
    return `${column(condition.number)} IN (${condition.isOneOf.map(Math.trunc).join()})`;
  if ('told' in condition) return `${column(condition.told)} IS NOT NULL`;
  const sum = condition.sumOf.map((name) => `coalesce(${column(name)}::DOUBLE, 0)`).join(' + ');
  return `${sum} >= ${values.text(String(condition.isAtLeast))}::DOUBLE`;
}

/** The namespace in namespace/name:port. */
export const namespaceSql = (column: string): string => `split_part(${column}, '/', 1)`;

function sqlOfParts(
  conditions: readonly RowRule[],
  operator: string,
  ofNone: string,
  parts: SqlParts,
): string {
  if (conditions.length === 0) return ofNone;
  return `(${conditions.map((condition) => sqlOf(condition, parts)).join(operator)})`;
}

function isWithin(column: string, range: AddressRange, values: ConditionValues): string {
  const [first, last] = endsOf(range);
  const between = `${column} BETWEEN ${values.octets(first)} AND ${values.octets(last)}`;
  // No address is all zero.
  return rangeContains(range, [0, 0, 0, 0]) ? `(${column} IS NULL OR ${between})` : between;
}

/** The first and the last address of a range, 16 octets each. */
function endsOf({ words, prefixLength }: AddressRange): [first: Uint8Array, last: Uint8Array] {
  const ends = [0, 1].map((rest) => {
    const view = new DataView(new ArrayBuffer(16));
    for (let i = 0; i < 4; i++) {
      const bits = Math.min(32, Math.max(0, prefixLength - 32 * i));
      const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
      view.setUint32(4 * i, ((words[i]! & mask) | (rest === 1 ? ~mask : 0)) >>> 0);
    }
    return new Uint8Array(view.buffer);
  });
  return ends as [Uint8Array, Uint8Array];
}
