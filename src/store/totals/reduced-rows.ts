import { fieldNames, type Reduction } from '../../flow/index.ts';
import { type ConditionValues, ruleSql, type TextTypes } from '../row-condition.ts';
import { quotedName, storedField } from '../stored-columns.ts';

/** What somebody may read, and the types of the lists of namespaces in its rules. */
export interface TypedReduction extends Reduction {
  readonly types: TextTypes;
}

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
  const isHidden = (i: number) => quotedName(`hidden${i}`);
  const tests = hides.map(({ where }, i) => `, ${ruleSql(where, columns, values)} AS ${isHidden(i)}`);
  const reduced = fieldNames.flatMap((name) => {
    const hidden = hides.flatMap(({ fields }, i) => (fields.includes(name) ? [isHidden(i)] : []));
    if (hidden.length === 0 || !columns.has(name)) return [];
    const column = quotedName(name);
    const { missing } = storedField(name);
    return `CASE WHEN ${hidden.join(' OR ')} THEN ${missing} ELSE ${column} END AS ${column}`;
  });
  const replace = reduced.length === 0 ? '' : ` REPLACE (${reduced.join()})`;
  const exclude = hides.length === 0 ? '' : ` EXCLUDE (${hides.map((_, i) => isHidden(i)).join()})`;
  return `(SELECT *${exclude}${replace} FROM (
    SELECT *${tests.join('')} FROM ${table} WHERE ${ruleSql(mayRead, columns, values)}))`;
}
