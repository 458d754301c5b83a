import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { shownName } from '../names/index.ts';
import type { FlowColumn, FlowOrder } from './flow-columns.ts';
import { verdictText } from './flow-columns.ts';
import type { RecordLine } from './record-line.ts';
import { ROW_HEIGHT, visibleRows } from './visible-rows.ts';

export interface RecordTableParts {
  readonly lines: readonly RecordLine[];
  readonly columns: readonly FlowColumn[];
  readonly order: FlowOrder;
  readonly chosen: RecordLine | undefined;
  readonly onOrder: (order: FlowOrder) => void;
  readonly onChoose: (line: RecordLine) => void;
}

/** A table of any length: only the rows that are seen are there. The arrows go from row to row. */
export function RecordTable({ lines, columns, order, chosen, onOrder, onChoose }: RecordTableParts) {
  const place = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const [current, setCurrent] = useState(0);
  useLayoutEffect(() => {
    const box = place.current!;
    const measureBox = () => setView({ top: box.scrollTop, height: box.clientHeight });
    const observer = new ResizeObserver(measureBox);
    observer.observe(box);
    return () => observer.disconnect();
  }, []);
  const { first, end, spaceAbove, spaceBelow } = visibleRows(view.top, view.height, lines.length);
  const moveTo = (row: number) => {
    const next = Math.max(0, Math.min(lines.length - 1, row));
    const box = place.current!;
    const top = next * ROW_HEIGHT;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + 2 * ROW_HEIGHT > box.scrollTop + box.clientHeight)
      box.scrollTop = top + 2 * ROW_HEIGHT - box.clientHeight;
    setView({ top: box.scrollTop, height: box.clientHeight });
    setCurrent(next);
    requestAnimationFrame(() => box.querySelector<HTMLElement>(`tr[data-row="${next}"]`)?.focus());
  };
  const pageRows = Math.max(1, Math.floor(view.height / ROW_HEIGHT) - 2);
  const moves: Readonly<Record<string, (row: number) => number>> = {
    ArrowDown: (row) => row + 1,
    ArrowUp: (row) => row - 1,
    PageDown: (row) => row + pageRows,
    PageUp: (row) => row - pageRows,
    Home: () => 0,
    End: () => lines.length - 1,
  };
  const pressKey = (event: KeyboardEvent, row: number) => {
    const move = moves[event.key];
    if (move !== undefined) moveTo(move(row));
    else if (event.key === 'Enter' || event.key === ' ') onChoose(lines[row]!);
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={place}
      class="flow-scroll"
      onScroll={(event) =>
        setView({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })
      }
    >
      <table class="flow-table" aria-rowcount={lines.length + 1}>
        <caption class="unseen">records of flows; the arrows go from row to row, Enter opens one</caption>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <ColumnHead key={column.name} column={column} order={order} onOrder={onOrder} />
            ))}
          </tr>
        </thead>
        <tbody>
          {spaceAbove > 0 && <Space height={spaceAbove} columns={columns.length} />}
          {lines.slice(first, end).map((line, index) => {
            const row = first + index;
            const verdict = verdictText(line);
            return (
              <tr
                key={row}
                data-row={row}
                aria-rowindex={row + 2}
                aria-selected={line === chosen}
                tabIndex={row === Math.min(Math.max(current, first), end - 1) ? 0 : -1}
                class={verdict === 'Drop' || verdict === 'Reject' ? 'denied-row' : undefined}
                onClick={() => {
                  setCurrent(row);
                  onChoose(line);
                }}
                onKeyDown={(event) => pressKey(event, row)}
              >
                {columns.map((column) => (
                  <Cell key={column.name} column={column} line={line} />
                ))}
              </tr>
            );
          })}
          {spaceBelow > 0 && <Space height={spaceBelow} columns={columns.length} />}
        </tbody>
      </table>
    </div>
  );
}

interface ColumnHeadParts {
  readonly column: FlowColumn;
  readonly order: FlowOrder;
  readonly onOrder: (order: FlowOrder) => void;
}

function ColumnHead({ column, order, onOrder }: ColumnHeadParts) {
  const isOrdered = order.column === column.name;
  const direction = order.isAscending ? 'ascending' : 'descending';
  return (
    <th
      scope="col"
      class={column.isNumber ? 'number' : undefined}
      title={column.description}
      aria-sort={isOrdered ? direction : undefined}
    >
      <button
        type="button"
        onClick={() => onOrder({ column: column.name, isAscending: isOrdered && !order.isAscending })}
      >
        {column.title}
        {isOrdered && <span aria-hidden="true"> {order.isAscending ? '▴' : '▾'}</span>}
      </button>
    </th>
  );
}

function Cell({ column, line }: { column: FlowColumn; line: RecordLine }) {
  const text = column.text(line);
  const shown = text === undefined ? '' : shownName(text);
  return (
    <td class={column.isNumber ? 'number' : undefined} title={shown}>
      <bdi>{shown}</bdi>
    </td>
  );
}

/** Stands for rows that are not drawn. */
function Space({ height, columns }: { height: number; columns: number }) {
  return (
    <tr style={{ height: `${height}px` }}>
      <td role="presentation" colSpan={columns} class="flow-space" />
    </tr>
  );
}
