import { fieldNames, type Reduction, type RowRule } from '../../flow/index.ts';
import { type ConditionValues, ruleSql } from '../row-condition.ts';
import { quotedName, storedField } from '../stored-columns.ts';

/**
 * A table as somebody may read it: only the rows that he may read, and in them no value that he must not
 * know. All that counts, groups and filters reads this table in place of the other.
 */
export function reducedRows(
  table: string,
  columns: ReadonlySet<string>,
  { mayRead, hides }: Reduction,
  values: ConditionValues,
): string {
  // The rules ask again and again about the same namespaces, which may be thousands. Each time, DuckDB would
  // hold a table of them.
  const among = new Map<string, string>();
  const madeOnce = (expression: string) => {
    const name = among.get(expression) ?? quotedName(`among${among.size}`);
    among.set(expression, name);
    return name;
  };
  const sqlOfRule = (rule: RowRule) => ruleSql(rule, columns, values, madeOnce);
  const isReadable = sqlOfRule(mayRead);
  const isHidden = (i: number) => quotedName(`hidden${i}`);
  const tests = hides.map(({ where }, i) => `, ${sqlOfRule(where)} AS ${isHidden(i)}`);
  const reduced = fieldNames.flatMap((name) => {
    const hidden = hides.flatMap(({ fields }, i) => (fields.includes(name) ? [isHidden(i)] : []));
    if (hidden.length === 0 || !columns.has(name)) return [];
    const column = quotedName(name);
    const { missing } = storedField(name);
    return `CASE WHEN ${hidden.join(' OR ')} THEN ${missing} ELSE ${column} END AS ${column}`;
  });
  const replace = reduced.length === 0 ? '' : ` REPLACE (${reduced.join()})`;
  const made = [...among].map(([expression, name]) => `, ${expression} AS ${name}`);
  const added = [...among.values(), ...hides.map((_, i) => isHidden(i))];
  const exclude = added.length === 0 ? '' : ` EXCLUDE (${added.join()})`;
  return `(SELECT *${exclude}${replace} FROM (
    SELECT *${tests.join('')} FROM (SELECT *${made.join('')} FROM ${table}) WHERE ${isReadable}))`;
}
