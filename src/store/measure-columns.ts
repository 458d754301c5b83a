import {
  type CountedMeasure,
  counterPairs,
  EndReason,
  type FieldName,
  isSummed,
  type MeasureName,
  Protocol,
  RuleAction,
  summedCounters,
  TCP_FIN,
  TCP_RST,
} from '../flow/index.ts';
import { quotedName, storedColumn } from './stored-columns.ts';

/*
 * The measures as SQL. A file of records has the counters of each record. A file of sums has their sums under
 * the same names. For each count that only records imply it has a column with the name of the measure.
 */

/** What the rows of a file are. */
export type RowForm = 'records' | 'sums';

/** The measures that files of sums have a column for. */
export const countedMeasures: readonly CountedMeasure[] = [
  'flows',
  'deniedFlows',
  'unansweredFlows',
  'resetFlows',
  'records',
];

/**
 * The measure of all rows of a group for which the condition holds: a HUGEINT, 0 for no rows. It is exact: a
 * sum of 2^63 counters fits.
 * @param isBelow63 whether all counts are below 2^63. DuckDB adds those in half the time, and refuses others.
 */
export function measureColumn(
  name: MeasureName,
  columns: ReadonlySet<string>,
  form: RowForm,
  condition = 'true',
  isBelow63 = false,
): string {
  const sumOf = (column: string) => sumOfRows(isBelow63 ? `${column}::BIGINT` : column, condition);
  if (isSummed(name))
    return summedCounters[name].map((field) => sumOf(storedColumn(field, columns))).join(' + ');
  return sumOf(rowCount(name, columns, form));
}

/** The sum of a column of all rows for which the condition holds: a HUGEINT, 0 for no rows. */
export function sumOfRows(column: string, condition = 'true'): string {
  const filter = condition === 'true' ? '' : ` FILTER (WHERE ${condition})`;
  return `coalesce(sum(${column})${filter}, 0)::HUGEINT`;
}

/** What a row adds to a counter or a counted measure. */
export function rowCount(
  name: FieldName | CountedMeasure,
  columns: ReadonlySet<string>,
  form: RowForm,
): string {
  if (!isCounted(name)) return `coalesce(${storedColumn(name, columns)}, 0)`;
  if (form === 'sums') return quotedName(name);
  const counts = conditions[name]((field) => storedColumn(field, columns));
  return `(CASE WHEN ${counts} THEN 1 ELSE 0 END)`;
}

const isCounted = (name: string): name is CountedMeasure => countedMeasures.includes(name as CountedMeasure);

type ColumnSql = (field: FieldName) => string;

/** The conditions of `measureAdder`. */
const conditions: Readonly<Record<CountedMeasure, (column: ColumnSql) => string>> = {
  records: () => 'true',
  flows: isFirst,
  deniedFlows: (column) => `${isFirst(column)} AND ${isDenied(column)}`,
  unansweredFlows: (column) =>
    `${isLast(column)} AND NOT ${isDenied(column)}
     AND ${column('protocolIdentifier')} IN (${Protocol.tcp}, ${Protocol.udp})
     AND coalesce(${column('reversePacketTotalCount')} = 0, false)`,
  resetFlows: (column) =>
    `${isLast(column)} AND ${column('protocolIdentifier')} = ${Protocol.tcp} AND ${isReset(column)}`,
};

function isFirst(column: ColumnSql): string {
  const all = counterPairs.map(([total, delta]) => `${column(total)} IS NOT DISTINCT FROM ${column(delta)}`);
  const totals = counterPairs.map(([total]) => column(total));
  return `(${all.join(' AND ')} AND coalesce(greatest(${totals.join()}), 0) > 0)`;
}

const isDenied = (column: ColumnSql): string =>
  `(${(['ingressNetworkPolicyRuleAction', 'egressNetworkPolicyRuleAction'] as const)
    .map((name) => `${column(name)} IN (${RuleAction.drop}, ${RuleAction.reject})`)
    .join(' OR ')})`;

const isLast = (column: ColumnSql): string =>
  `${column('flowEndReason')} IN (${EndReason.end}, ${EndReason.idle})`;

function isReset(column: ColumnSql): string {
  const hasFlag = (flag: number) => `(${column('tcpControlBits')} & ${flag}) <> 0`;
  const isClosed = `coalesce(${column('tcpState')} = 'CLOSE', false)`;
  return `(${hasFlag(TCP_RST)} OR (NOT ${hasFlag(TCP_FIN)} AND ${isClosed}))`;
}
