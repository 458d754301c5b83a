import { useMemo, useRef, useState } from 'preact/hooks';
import {
  type DimensionName,
  dimensions,
  formatCount,
  type MeasureName,
  measures,
} from '../../../flow/index.ts';
import { averageText, changeText, exactText, measureText, shareText } from '../counts/index.ts';
import { type DrawnGroup, groupMark, type Mark, REST_TITLE, ValueColours } from '../groups/index.ts';
import { Name } from '../names/index.ts';
import { type ChooseMark, litGroups, useLitMarks } from '../pictures/index.ts';

export interface GroupTableParts {
  readonly groups: readonly DrawnGroup[];
  readonly by: readonly DimensionName[];
  readonly measure: MeasureName;
  readonly total: bigint;
  readonly previousTotal: bigint | undefined;
  /** The time that averages are of. */
  readonly coveredMs: number;
  /** Groups that the rest sums up. */
  readonly unnamedCount: number;
  /** Whether a colour belongs to a whole group, as over time, or to each value. */
  readonly isColouredByGroup: boolean;
  /** Whether the picture has the numbers of groups, since colours alone do not tell them apart. */
  readonly isNumbered: boolean;
  readonly onChoose: ChooseMark;
}

/** More rows are drawn when they are wanted: they would delay the picture. */
const FIRST_ROWS = 200;

type Order = 'count' | 'change' | 'flows' | 'denied' | number;

/** The numbers of the picture, its legend, and its text for those who do not see it. */
export function GroupTable(parts: GroupTableParts) {
  const { groups, by, measure, total, previousTotal, coveredMs, isColouredByGroup } = parts;
  const [order, setOrder] = useState<Order>('count');
  const [isWhole, setWhole] = useState(false);
  const place = useRef<HTMLTableSectionElement>(null);
  const marks = useMemo(() => groups.map((_, number) => groupMark(groups, number, by)), [groups, by]);
  const colours = useMemo(
    () => (isColouredByGroup ? ValueColours.ofGroups(groups) : ValueColours.ofValues(groups, by)),
    [groups, by, isColouredByGroup],
  );
  useLitMarks(place, marks);
  const isCompared = previousTotal !== undefined;
  const hasAverage = averageText(measure, total, coveredMs) !== '';
  const headOf = (title: string, one: Order) => (
    <th
      scope="col"
      class={typeof one === 'number' ? 'value' : undefined}
      aria-sort={order === one ? (typeof one === 'number' ? 'ascending' : 'descending') : undefined}
    >
      <button type="button" onClick={() => setOrder(one)}>
        {title}
        {order === one && <span aria-hidden="true"> {typeof one === 'number' ? '▴' : '▾'}</span>}
      </button>
    </th>
  );
  const ordered = orderedNumbers(groups, order);
  const shown = isWhole ? ordered : ordered.filter((number, at) => at < FIRST_ROWS || groups[number]!.isRest);
  return (
    <div class="table-scroll">
      <table class="groups">
        <caption class="unseen">
          {`${measures[measure].description}, by ${by.map((name) => dimensions[name].title).join(', ') || 'nothing'}`}
        </caption>
        <thead>
          <tr>
            {by.map((name, column) => headOf(dimensions[name].title, column))}
            {by.length === 0 && <th scope="col">flows</th>}
            {headOf(measure, 'count')}
            <th scope="col">share</th>
            {hasAverage && <th scope="col">average</th>}
            {isCompared && <th scope="col">before</th>}
            {isCompared && headOf('change', 'change')}
            {measure !== 'flows' && headOf('flows', 'flows')}
            {measure !== 'deniedFlows' && headOf('denied', 'denied')}
          </tr>
        </thead>
        <tbody ref={place}>
          {shown.map((number) => (
            <GroupRow
              key={number}
              {...parts}
              number={number}
              mark={marks[number]!}
              colours={colours}
              hasAverage={hasAverage}
              isCompared={isCompared}
            />
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colSpan={Math.max(1, by.length)}>
              Total
            </th>
            <td title={exactText(measure, total)} data-count={String(total)}>
              {measureText(measure, total)}
            </td>
            <td>{shareText(total, total)}</td>
            {hasAverage && <td>{averageText(measure, total, coveredMs)}</td>}
            {isCompared && <td>{measureText(measure, previousTotal)}</td>}
            {isCompared && <td>{changeText(total, previousTotal)}</td>}
            {measure !== 'flows' && <td>{formatCount(sumOf(groups, 'flows'))}</td>}
            {measure !== 'deniedFlows' && <td>{formatCount(sumOf(groups, 'deniedFlows'))}</td>}
          </tr>
        </tfoot>
      </table>
      {shown.length < ordered.length && (
        <button type="button" class="button" onClick={() => setWhole(true)}>
          Show {formatCount(ordered.length - shown.length)} more rows
        </button>
      )}
    </div>
  );
}

interface GroupRowParts extends GroupTableParts {
  readonly number: number;
  readonly mark: Mark;
  readonly colours: ValueColours;
  readonly hasAverage: boolean;
  readonly isCompared: boolean;
}

function GroupRow(parts: GroupRowParts) {
  const { groups, by, measure, total, coveredMs, number, mark, colours, hasAverage, isCompared } = parts;
  const group = groups[number]!;
  const { count, previous } = group;
  return (
    <tr
      data-mark={number}
      class={`${group.denial}-denied`}
      onPointerEnter={() => {
        litGroups.value = [number];
      }}
      onPointerLeave={() => {
        litGroups.value = undefined;
      }}
    >
      {group.isRest ? (
        <RestCell {...parts} />
      ) : (
        by.map((name, column) => (
          <ValueCell
            key={name}
            value={group.key[column] ?? null}
            colour={
              parts.isColouredByGroup
                ? column === 0
                  ? colours.ofGroup(group)
                  : undefined
                : colours.ofValue(name, group.key[column] ?? null)
            }
            number={parts.isNumbered && column === 0 ? number + 1 : undefined}
            mark={{ ...mark, title: '', tests: [{ dimension: name, value: group.key[column] ?? null }] }}
            onChoose={parts.onChoose}
          />
        ))
      )}
      {by.length === 0 && <td>all</td>}
      <td title={exactText(measure, count)} data-count={String(count)}>
        {measureText(measure, count)}
      </td>
      <td>{shareText(count, total)}</td>
      {hasAverage && <td>{averageText(measure, count, coveredMs)}</td>}
      {isCompared && <td>{previous === undefined ? '' : measureText(measure, previous)}</td>}
      {isCompared && <td>{previous === undefined ? '' : changeText(count, previous)}</td>}
      {measure !== 'flows' && <td>{formatCount(group.flows)}</td>}
      {measure !== 'deniedFlows' && <td>{group.deniedFlows === 0n ? '' : formatCount(group.deniedFlows)}</td>}
    </tr>
  );
}

function RestCell({ by, mark, unnamedCount, onChoose }: GroupRowParts) {
  return (
    <th scope="row" class="rest" colSpan={Math.max(1, by.length)}>
      <span class="swatch" />
      {REST_TITLE}: {formatCount(unnamedCount)} more{' '}
      <button type="button" class="small-button" onClick={() => onChoose(mark, false)}>
        name more of them
      </button>
    </th>
  );
}

interface ValueCellParts {
  readonly value: string | null;
  readonly colour: string | undefined;
  readonly number: number | undefined;
  readonly mark: Mark;
  readonly onChoose: ChooseMark;
}

function ValueCell({ value, colour, number, mark, onChoose }: ValueCellParts) {
  return (
    <td class={`value ${colour ?? ''}`}>
      {colour !== undefined && <span class="swatch" />}
      {number !== undefined && <span class="group-number soft">{number}</span>}
      <button
        type="button"
        class="value-button"
        title="only these flows; with Alt, all others"
        onClick={(event) => onChoose(mark, event.altKey)}
      >
        <Name value={value} />
      </button>
      <button
        type="button"
        class="leave-out"
        aria-label="leave these flows out"
        title="leave these flows out"
        onClick={() => onChoose(mark, true)}
      >
        ≠
      </button>
    </td>
  );
}

const sumOf = (groups: readonly DrawnGroup[], name: 'flows' | 'deniedFlows'): bigint =>
  groups.reduce((sum, group) => sum + group[name], 0n);

/** The rest is always last. */
function orderedNumbers(groups: readonly DrawnGroup[], order: Order): number[] {
  const numbers = groups.map((_, number) => number);
  const weightOf = ({ count, previous, flows, deniedFlows }: DrawnGroup): bigint =>
    order === 'flows'
      ? flows
      : order === 'denied'
        ? deniedFlows
        : order === 'change'
          ? count - (previous ?? 0n)
          : count;
  const orderOf = (a: DrawnGroup, b: DrawnGroup): number => {
    if (typeof order === 'number')
      return (a.key[order] ?? '').localeCompare(b.key[order] ?? '', 'en', { numeric: true });
    const [left, right] = [weightOf(a), weightOf(b)];
    return left === right ? 0 : left > right ? -1 : 1;
  };
  return numbers.sort(
    (a, b) =>
      Number(groups[a]!.isRest) - Number(groups[b]!.isRest) || orderOf(groups[a]!, groups[b]!) || a - b,
  );
}
