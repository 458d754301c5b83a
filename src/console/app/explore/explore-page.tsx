import { useMemo, useRef } from 'preact/hooks';
import type { KeptEvent } from '../../../flow/index.ts';
import { address, changeAddress, showFilter, shownFilter, shownTime } from '../address/index.ts';
import { askQuery, useAfterPaint, useAnswer } from '../answer/index.ts';
import { exactOf } from '../counts/index.ts';
import { EventPanel, searchedEvents, useEvents } from '../events/index.ts';
import { changedFilter, readFilter } from '../filter/index.ts';
import { drawnGroups, endPair, hasWorkloads, isPreviousUnknown, type Mark } from '../groups/index.ts';
import { useMoves } from '../keyboard/index.ts';
import type { Page } from '../page.ts';
import { coveredSpan, timeBuckets } from '../pictures/index.ts';
import { BucketTable } from './bucket-table.tsx';
import { CoverageLine } from './coverage-line.tsx';
import { ExploreControls } from './explore-controls.tsx';
import { ExplorePicture } from './explore-picture.tsx';
import { type ExploreView, exploreParameters, openedTop, queryOf, readExploreView } from './explore-view.ts';
import { GroupTable } from './group-table.tsx';
import { NoFlows } from './no-flows.tsx';
import { pictureKinds, pictureNames } from './picture-kinds.ts';
import { useCompared } from './use-compared.ts';

function ExplorePage() {
  const wanted = readExploreView(address.value);
  const where = shownFilter.value;
  const time = shownTime.value;
  const { fault: filterFault } = readFilter(where);
  const query = queryOf(wanted, time, where);
  // Another picture of the same question asks nothing.
  const question = filterFault === undefined ? JSON.stringify([query, wanted.isByChosen]) : undefined;
  const feed = useAnswer(question, async (signal) => {
    const answer = await askQuery(query, signal);
    if (wanted.isByChosen || answer.groupCount === 0 || hasWorkloads(answer))
      return { answer, view: wanted, where };
    const view = { ...wanted, by: endPair };
    return { answer: await askQuery(queryOf(view, time, where), signal), view, where };
  });
  const view = wanted.isByChosen ? wanted : { ...wanted, by: feed.answer?.answer.by ?? wanted.by };
  useMoves(
    pictureNames.map((name) => ({
      key: pictureKinds[name].key,
      does: `show the picture: ${pictureKinds[name].title}`,
      run: () => changeAddress(exploreParameters({ picture: name })),
    })),
  );
  return (
    <>
      <h1 class="unseen">Explore</h1>
      <ExploreControls view={view} />
      {view.faults.map((fault) => (
        <p key={fault} class="fault" role="alert">
          The address is not understood. {fault}
        </p>
      ))}
      {filterFault !== undefined && (
        <p class="fault" role="alert">
          Nothing is asked, because the filter is not understood: {filterFault.message}
        </p>
      )}
      {feed.fault !== undefined && (
        <p class="fault" role="alert">
          {feed.fault}
        </p>
      )}
      {feed.answer && (
        <div class={feed.isAsking ? 'answered asking' : 'answered'} aria-busy={feed.isAsking}>
          <Answered {...feed.answer} answeredMs={feed.answeredMs} picture={view.picture} />
        </div>
      )}
    </>
  );
}

/** Always the same, so that nothing is drawn again. */
const noEvents: readonly KeptEvent[] = [];

interface AnsweredParts {
  readonly answer: Awaited<ReturnType<typeof askQuery>>;
  /** What was asked, which the bars may not show any more. */
  readonly view: ExploreView;
  readonly where: string;
  readonly answeredMs: number;
  readonly picture: ExploreView['picture'];
}

function Answered({ answer, view, where, answeredMs, picture: wanted }: AnsweredParts) {
  const groups = useMemo(() => drawnGroups(answer), [answer]);
  const buckets = useMemo(() => timeBuckets(answer, answeredMs), [answer, answeredMs]);
  const before = useCompared(view, answer, where);
  const happened = useEvents({
    since: new Date(answer.fromMs).toISOString(),
    until: new Date(answer.toMs).toISOString(),
    search: searchedEvents(),
  });
  const total = exactOf(answer.totals[0]);
  const drawn = useRef(view.picture);
  // Without its buckets, a picture waits for its answer, and the one before stays.
  if (pictureKinds[wanted].hasTime === (buckets !== undefined)) drawn.current = wanted;
  const picture = drawn.current;
  const parts = useMemo(() => {
    const chooseMark = (mark: Mark, isLeftOut: boolean) => {
      if (mark.tests.length > 0) showFilter(changedFilter(where, mark, isLeftOut));
      else if (mark.isRest && answer.groupCount > groups.length)
        changeAddress(exploreParameters({ top: openedTop(view.top) }));
    };
    return { groups, by: answer.by, measure: view.measure, onChoose: chooseMark };
  }, [answer, groups, view, where]);
  // Only pictures over time have them: no other is drawn again when they arrive.
  const events = (buckets && happened.answer?.events) ?? noEvents;
  const drawnPicture = useMemo(
    () => <ExplorePicture {...parts} picture={picture} buckets={buckets} before={before} events={events} />,
    [parts, picture, buckets, before, events],
  );
  const isColouredByGroup = buckets !== undefined;
  const isNumbered = picture === 'stacked' || picture === 'lines';
  // Another picture of the same answer draws no row again.
  const drawnTable = useMemo(
    () => (
      <GroupTable
        {...parts}
        total={total}
        previousTotal={
          isPreviousUnknown(answer) ? undefined : answer.previousTotals && exactOf(answer.previousTotals[0])
        }
        coveredMs={coveredSpan(answer)}
        unnamedCount={answer.groupCount - groups.filter(({ isRest }) => !isRest).length}
        isColouredByGroup={isColouredByGroup}
        isNumbered={isNumbered}
      />
    ),
    [parts, isColouredByGroup, isNumbered],
  );
  // The picture first, then the table: each in a task of its own.
  const shownPicture = useAfterPaint(drawnPicture);
  const shownTable = useAfterPaint(useAfterPaint(drawnTable));
  if (total === 0n && groups.every(({ flows }) => flows === 0n)) {
    return (
      <>
        <section class="card">
          <NoFlows answer={answer} where={where} />
          <CoverageLine answer={answer} />
        </section>
        <EventPanel feed={happened} />
      </>
    );
  }
  return (
    <>
      <section class="card picture-card" aria-label="picture" aria-busy={shownPicture !== drawnPicture}>
        {shownPicture}
        {buckets !== undefined && <BucketTable groups={groups} buckets={buckets} measure={view.measure} />}
      </section>
      <section class="card" aria-label="table" aria-busy={shownTable !== drawnTable}>
        {shownTable}
        <CoverageLine answer={answer} />
        <p class="command">
          <span>The same numbers:</span> <code>{answer.command}</code>
        </p>
      </section>
      <EventPanel feed={happened} />
    </>
  );
}

export const explorePage: Page = {
  name: 'explore',
  title: 'Explore',
  hasTime: true,
  hasFilter: true,
  View: ExplorePage,
};
