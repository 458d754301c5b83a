import { dimensionColumn } from '../dimension-columns.ts';
import type { NamedColumn } from './temporary-table.ts';
import { spansOf, type TotalsWanted } from './wanted.ts';

/* The columns of statements about groups. No field has these names. */

export const keyName = (i: number): string => `key${i}`;
export const countName = (i: number): string => `count${i}`;

/** A column for each dimension. */
export const groupKeys = ({ by }: TotalsWanted): NamedColumn[] =>
  by.map((name, i) => ({ name: keyName(i), type: dimensionColumn(name, new Set()).type }));

/** A column for each measure in the asked time, then for each in the compared one. */
export const groupCounts = (wanted: TotalsWanted): NamedColumn[] =>
  spansOf(wanted)
    .flatMap(() => wanted.measures)
    .map((_, i) => ({ name: countName(i), type: 'HUGEINT' }));

export const columnNames = (columns: readonly NamedColumn[]): string[] => columns.map(({ name }) => name);
