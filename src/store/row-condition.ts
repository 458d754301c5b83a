import type { DuckDBValue } from '@duckdb/node-api';
import {
  type AddressRange,
  type FieldCondition,
  type FieldName,
  type FlowCondition,
  fieldConditionOf,
  rangeContains,
} from '../flow/index.ts';
import { workloadOfPod } from './dimension-columns.ts';
import type { DuckDB } from './engine.ts';
import { storedColumn } from './stored-columns.ts';

/** A condition of SQL whose values are parameters: $1 is the first of `values`. */
export interface RowCondition {
  readonly sql: string;
  readonly values: readonly DuckDBValue[];
}

/**
 * The rows of a file that pass a `FlowFilter` of the same condition. No text of a user becomes a part of the
 * SQL.
 * @param columns of the file
 * @throws {TypeError} with the word, the value and what was expected
 */
export function rowCondition(
  condition: FlowCondition,
  columns: ReadonlySet<string>,
  { DuckDBBlobValue }: DuckDB,
): RowCondition {
  const values: DuckDBValue[] = [];
  const addParameter = (value: DuckDBValue): string => `$${values.push(value)}`;
  const sql = sqlOf(fieldConditionOf(condition), {
    column: (name) => storedColumn(name, columns),
    text: addParameter,
    octets: (octets) => addParameter(new DuckDBBlobValue(octets)),
  });
  return { sql, values };
}

/** What stands in SQL for a column, and for a value. */
interface SqlParts {
  readonly column: (name: FieldName) => string;
  readonly text: (value: string) => string;
  readonly octets: (value: Uint8Array) => string;
}

function sqlOf(condition: FieldCondition, parts: SqlParts): string {
  const { column, text, octets } = parts;
  if ('all' in condition) return sqlOfParts(condition.all, ' AND ', 'true', parts);
  if ('any' in condition) return sqlOfParts(condition.any, ' OR ', 'false', parts);
  // A comparison with no value is neither true nor false.
  if ('not' in condition) return `NOT coalesce(${sqlOf(condition.not, parts)}, false)`;
  if ('startsWith' in condition)
    return `starts_with(${column(condition.text)}, ${text(condition.startsWith)})`;
  if ('workloadOf' in condition)
    return `${workloadOfPod(column(condition.workloadOf))} = ${text(condition.is)}`;
  if ('text' in condition)
    return condition.is === ''
      ? `${column(condition.text)} IS NULL`
      : `${column(condition.text)} = ${text(condition.is)}`;
  if ('address' in condition) return isWithin(column(condition.address), condition.within, octets);
  if ('number' in condition)
    return `${column(condition.number)} IN (${condition.isOneOf.map(Math.trunc).join()})`;
  if ('told' in condition) return `${column(condition.told)} IS NOT NULL`;
  const sum = condition.sumOf.map((name) => `coalesce(${column(name)}::DOUBLE, 0)`).join(' + ');
  return `${sum} >= ${text(String(condition.isAtLeast))}::DOUBLE`;
}

function sqlOfParts(
  conditions: readonly FieldCondition[],
  operator: string,
  ofNone: string,
  parts: SqlParts,
): string {
  if (conditions.length === 0) return ofNone;
  return `(${conditions.map((condition) => sqlOf(condition, parts)).join(operator)})`;
}

function isWithin(column: string, range: AddressRange, octets: SqlParts['octets']): string {
  const [first, last] = endsOf(range);
  const between = `${column} BETWEEN ${octets(first)} AND ${octets(last)}`;
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
