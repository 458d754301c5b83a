import { useMemo, useState } from 'preact/hooks';
import { formatCount, formatOctets } from '../../../flow/index.ts';
import { address, changeAddress, shownFilter, shownTime } from '../address/index.ts';
import { askQuery, useAnswer } from '../answer/index.ts';
import { useMoves } from '../keyboard/index.ts';
import type { Page } from '../page.ts';
import { useLack } from '../process/index.ts';
import { ColumnPicker } from './column-picker.tsx';
import { columnsOf, type FlowOrder, orderedLines } from './flow-columns.ts';
import { FlowPanel } from './flow-panel.tsx';
import type { FlowSearch } from './flow-search.ts';
import { csvText, downloadText, jsonText } from './record-export.ts';
import type { RecordLine } from './record-line.ts';
import { RecordTable } from './record-table.tsx';
import { SameSearch } from './same-search.tsx';
import { storeColumns, storedColumns } from './stored-columns.ts';
import { type FoundFlows, useFlows } from './use-flows.ts';

function FlowsView() {
  const search: FlowSearch = { ...shownTime.value, where: shownFilter.value };
  const lack = useLack('live');
  const isFollowing = address.value.get('live') === 'yes' && lack === undefined;
  const [turn, setTurn] = useState(0);
  const [columns, setColumns] = useState(storedColumns);
  const [order, setOrder] = useState<FlowOrder>({ column: 'time', isAscending: false });
  const [chosen, setChosen] = useState<RecordLine>();
  const found = useFlows(search, isFollowing, turn);
  const lines = useMemo(() => orderedLines(found.lines, order), [found.lines, order]);
  const followOrStop = () => {
    if (lack !== undefined) return;
    setTurn(0);
    changeAddress({ live: isFollowing ? undefined : 'yes' });
  };
  useMoves([{ key: 'l', does: 'follow flows live, or stop', run: followOrStop }]);
  const showColumns = (names: readonly string[]) => {
    setColumns(names);
    storeColumns(names);
  };
  return (
    <div class="flows-page">
      <h1 class="unseen">Flows</h1>
      <div class="bar flow-tools">
        <button
          type="button"
          class="button"
          aria-pressed={isFollowing}
          disabled={lack !== undefined}
          title={lack}
          onClick={followOrStop}
        >
          {isFollowing ? 'Stop following' : 'Follow live'}
        </button>
        <ColumnPicker shown={columns} onShow={showColumns} />
        <button
          type="button"
          class="button"
          disabled={lines.length === 0}
          onClick={() => downloadText('flows.csv', 'text/csv', csvText(lines))}
        >
          CSV
        </button>
        <button
          type="button"
          class="button"
          disabled={lines.length === 0}
          onClick={() => downloadText('flows.ndjson', 'application/x-ndjson', jsonText(lines))}
        >
          JSON
        </button>
      </div>
      {lack !== undefined && <p class="soft">{lack} Refresh reads what was stored meanwhile.</p>}
      {found.fault !== undefined && (
        <p class="fault" role="alert">
          {found.fault}
        </p>
      )}
      {found.isElsewhere && (
        <p class="fault" role="alert">
          Another tab of this browser follows other flows, and a browser follows by one stream.{' '}
          <button type="button" class="button" onClick={() => setTurn((before) => before + 1)}>
            Follow these here instead
          </button>
        </p>
      )}
      <FoundLine search={search} found={found} isFollowing={isFollowing} />
      <div class={chosen === undefined ? 'flow-view' : 'flow-view flow-view-open'}>
        {lines.length > 0 && (
          <RecordTable
            lines={lines}
            columns={columnsOf(columns)}
            order={order}
            chosen={chosen}
            onOrder={setOrder}
            onChoose={setChosen}
          />
        )}
        {chosen !== undefined && (
          <FlowPanel line={chosen} lines={found.lines} onClose={() => setChosen(undefined)} />
        )}
      </div>
      <SameSearch search={search} isFollowing={isFollowing} />
    </div>
  );
}

interface FoundLineParts {
  readonly search: FlowSearch;
  readonly found: FoundFlows;
  readonly isFollowing: boolean;
}

/** How many records are here, and how many there are. */
function FoundLine({ search, found, isFollowing }: FoundLineParts) {
  const { lines, leftOut, missed, isReading } = found;
  const query = { ...search, by: [], measures: ['records', 'octets'] } as const;
  const stored = useAnswer(isFollowing ? undefined : JSON.stringify(query), (signal) =>
    askQuery(query, signal),
  ).answer;
  const [records = 0, octets = 0] = stored?.totals.map(Number) ?? [];
  const shown = `${formatCount(lines.length)} records`;
  if (isFollowing) {
    return (
      <p class="soft found-line" role="status">
        {shown}, as they come.{leftOut > 0 && ` ${formatCount(leftOut)} older ones are not kept.`}
        <MissedWords missed={missed} />
      </p>
    );
  }
  const ofAll =
    stored === undefined
      ? ''
      : // More may have been stored between the two questions.
        ` of ${formatCount(Math.max(records, lines.length))} stored, which have ${formatOctets(octets)} together`;
  return (
    <p class="soft found-line" role="status">
      {isReading ? `Reading: ${shown}.` : `${shown}${ofAll}.`}
      {!isReading && lines.length < records && ' Older ones are left out: shorten the time, or filter.'}
      {leftOut > 0 && ` ${formatCount(leftOut)} older ones were read and are not kept.`}
      {!isReading && lines.length === 0 && ' No record of this time passes the filter.'}
      <MissedWords missed={missed} />
    </p>
  );
}

const MissedWords = ({ missed }: { missed: string | undefined }) =>
  missed === undefined ? null : <strong class="warning"> Not here: {missed}.</strong>;

export const flowsPage: Page = {
  name: 'flows',
  title: 'Flows',
  hasTime: true,
  hasFilter: true,
  View: FlowsView,
};
