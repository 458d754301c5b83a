import {
  type DimensionName,
  type DimensionReading,
  dimensionReadings,
  type FieldName,
  hasPorts,
  type ReadingOf,
  RuleAction,
  V4_PREFIX_DIGITS,
  V6_PREFIX_DIGITS,
  workloadEndings,
} from '../flow/index.ts';
import { storedColumn } from './stored-columns.ts';

/*
 * The value of each dimension as SQL, over files of records and over sums of them. It is the key that
 * `dimensionKeys` finds in a batch.
 */

/** An expression, and the type of what it returns. */
export interface DimensionColumn {
  readonly sql: string;
  readonly type: 'VARCHAR' | 'USMALLINT' | 'UTINYINT';
}

/** @param columns of the file. What it lacks has no value. */
export function dimensionColumn(name: DimensionName, columns: ReadonlySet<string>): DimensionColumn {
  const reading = dimensionReadings[name];
  const sqlOf = expressions[reading.kind] as Expression<DimensionReading>;
  const type = types[reading.kind] ?? 'VARCHAR';
  const sql = sqlOf(
    reading,
    (field) => storedColumn(field, columns),
    (field) => columns.has(field),
  );
  return { sql: `CAST(${sql} AS ${type})`, type };
}

type ColumnSql = (field: FieldName) => string;

type Expression<Reading> = (
  reading: Reading,
  column: ColumnSql,
  has: (field: FieldName) => boolean,
) => string;

const types: Partial<Record<DimensionReading['kind'], DimensionColumn['type']>> = {
  port: 'USMALLINT',
  number: 'UTINYINT',
  verdict: 'UTINYINT',
};

const protocolsWithPorts = [...hasPorts.keys()].filter((protocol) => hasPorts[protocol] === 1).join();

/** The first 96 bits of an IPv4 address. */
const V4_MAPPED = '00000000000000000000FFFF';

const expressions: {
  [K in DimensionReading['kind']]: Expression<ReadingOf<K>>;
} = {
  text: ({ field }, column) => column(field),
  pod: ({ namespace, name }, column) => qualifiedName(column(namespace), column(name)),
  policy: ({ namespace, name }, column) => `coalesce(${column(namespace)} || '/', '') || ${column(name)}`,
  workload: ({ namespace, name, pod, node, range }, column, has) => {
    // DuckDB takes milliseconds to find out that a cut name of no Pod is none.
    const workload = has(pod) ? `coalesce(${column(name)}, ${workloadOfPod(column(pod))})` : column(name);
    return `coalesce(${qualifiedName(column(namespace), workload)}, ${column(node)}, ${column(range)})`;
  },
  end: ({ namespace, name, address }, column) =>
    `coalesce(${qualifiedName(column(namespace), column(name))}, hex(${column(address)}))`,
  address: ({ field }, column) => `hex(${column(field)})`,
  prefix: ({ field }, column) => {
    const digits = `hex(${column(field)})`;
    return `left(${digits}, CASE WHEN starts_with(${digits}, '${V4_MAPPED}') THEN ${V4_PREFIX_DIGITS} ELSE ${V6_PREFIX_DIGITS} END)`;
  },
  port: ({ field, protocol }, column) =>
    `CASE WHEN ${column(field)} <> 0 OR ${column(protocol)} IN (${protocolsWithPorts}) THEN ${column(field)} END`,
  number: ({ field }, column) => `nullif(${column(field)}, 0)`,
  verdict: ({ first, second }, column) =>
    `nullif(least(greatest(${column(first)}, ${column(second)}), ${RuleAction.reject}), 0)`,
};

const qualifiedName = (namespace: string, name: string): string =>
  `coalesce(${namespace}, '') || '/' || ${name}`;

/** As `workloadLength` cuts a name: at the first ending that leaves something. */
export function workloadOfPod(pod: string): string {
  const cut = workloadEndings.map(
    ({ source }) => `nullif(nullif(regexp_replace(${pod}, '${source}', ''), ${pod}), '')`,
  );
  return `coalesce(${[...cut, pod].join()})`;
}
