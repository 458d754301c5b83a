import { dimensions, formatOctets, measures } from '../flow/index.ts';
import type { ExactCount, Group, QueryAnswer } from '../query/index.ts';
import { csvCell } from '../sinks/index.ts';
import { Table, type TableColumn, type TerminalWidth } from './text/index.ts';

export const queryFormats = ['table', 'json', 'csv'] as const;
export type QueryFormat = (typeof queryFormats)[number];

/** A line of the answer: a group, in one bucket or in the whole time. */
interface AnswerRow {
  readonly time: string | undefined;
  readonly group: Group;
  readonly counts: readonly ExactCount[];
}

/** An answer as lines for people, programs and spreadsheets. */
export function queryLines(answer: QueryAnswer, format: QueryFormat, terminal: TerminalWidth): string[] {
  if (format === 'json') return [JSON.stringify(answer)];
  const rows = rowsOf(answer);
  return format === 'csv' ? csvLines(answer, rows) : tableLines(answer, rows, terminal);
}

function rowsOf({ groups, stepMs, firstBucketMs = 0 }: QueryAnswer): AnswerRow[] {
  if (stepMs === undefined)
    return groups.map((group) => ({
      time: undefined,
      group,
      counts: [...group.totals, ...(group.previous ?? [])],
    }));
  return groups.flatMap((group) =>
    (group.series?.[0] ?? []).map((_, bucket) => ({
      time: new Date(firstBucketMs + bucket * stepMs).toISOString(),
      group,
      counts: group.series!.map((counts) => counts[bucket]!),
    })),
  );
}

/** The names of the counts of a row. */
function countNames({ measures: asked, previousTotals, stepMs }: QueryAnswer): string[] {
  const hasPrevious = previousTotals !== undefined && stepMs === undefined;
  return [...asked, ...(hasPrevious ? asked.map((name) => `${name} before`) : [])];
}

function csvLines(answer: QueryAnswer, rows: readonly AnswerRow[]): string[] {
  const { by, stepMs } = answer;
  const head = [...(stepMs === undefined ? [] : ['time']), ...by, 'isRest', ...countNames(answer)];
  const lines = rows.map(({ time, group, counts }) => [
    ...(time === undefined ? [] : [time]),
    ...by.map((_, i) => group.key[i] ?? ''),
    group.isRest,
    ...counts,
  ]);
  return [head, ...lines].map((cells) => cells.map(csvCell).join());
}

function tableLines(answer: QueryAnswer, rows: readonly AnswerRow[], terminal: TerminalWidth): string[] {
  const { by, stepMs } = answer;
  const columns: TableColumn<AnswerRow>[] = [
    ...(stepMs === undefined
      ? []
      : [{ title: 'TIME', least: 24, text: ({ time }: AnswerRow) => time ?? '' }]),
    ...by.map((name, i) => ({
      title: dimensions[name].title.toUpperCase(),
      least: 12,
      text: ({ group }: AnswerRow) => valueText(answer, group, i),
    })),
    ...countNames(answer).map((name, i) => ({
      title: name.toUpperCase(),
      least: 10,
      alignRight: true as const,
      text: ({ counts }: AnswerRow) => countText(answer, i, counts[i]!),
    })),
  ];
  const table = new Table(columns, terminal);
  for (const row of rows) table.line(row); // the columns become as wide as their values
  return [table.header, ...rows.map((row) => table.line(row))];
}

function valueText({ groupCount, groups }: QueryAnswer, { isRest, key }: Group, i: number): string {
  if (!isRest) return key[i] ?? '-';
  return i === 0 ? `(${groupCount - (groups.length - 1)} others)` : '';
}

function countText({ measures: asked }: QueryAnswer, i: number, count: ExactCount): string {
  return measures[asked[i % asked.length]!].unit === 'octets' ? formatOctets(Number(count)) : String(count);
}
