import { useEffect } from 'preact/hooks';
import type { Gap } from '../../../query/contract/index.ts';
import { address, changeAddress, shownFilter } from '../address/index.ts';
import { gapLine, refreshAnswers } from '../answer/index.ts';
import type { Page } from '../page.ts';
import { askLedger, usePolled } from '../process/index.ts';
import { localText } from '../time/index.ts';
import { EventsTile } from './events-tile.tsx';
import { DeniedTile, EndedPairsTile, NewPairsTile, PairsTile, TotalsTile } from './flow-tiles.tsx';
import { DEFAULT_SPAN, nowSpans } from './now-questions.ts';
import { LinksTile, LostTile, QuietTile, STATE_EVERY_MS } from './state-tiles.tsx';
import { useNow } from './use-now.ts';

const EVERY_MS = 15_000;

function NowView() {
  const span = nowSpans.find((one) => one === address.value.get('last')) ?? DEFAULT_SPAN;
  const where = shownFilter.value;
  const feed = useNow(span, where);
  const ledger = usePolled(askLedger, STATE_EVERY_MS);
  useEffect(() => {
    if (feed.isAsking) return;
    const timer = setInterval(() => document.visibilityState === 'visible' && refreshAnswers(), EVERY_MS);
    return () => clearInterval(timer);
  }, [feed.isAsking]);
  const { answer } = feed;
  return (
    <>
      <h1 class="unseen">Now</h1>
      <div class="now-head">
        <span class="presets">
          {nowSpans.map((one) => (
            <button
              type="button"
              key={one}
              class="button"
              aria-pressed={one === span}
              onClick={() => changeAddress({ last: one === DEFAULT_SPAN ? undefined : one })}
            >
              last {one}
            </button>
          ))}
        </span>
        <span class="soft">
          {answer === undefined
            ? 'Asking …'
            : `until ${localText(answer.totals.toMs)}, beside the ${answer.span} before`}
        </span>
      </div>
      {feed.fault !== undefined && (
        <p class="fault" role="alert">
          {feed.fault}
        </p>
      )}
      {answer !== undefined && <GapLine gaps={answer.totals.coverage.gaps} />}
      <div class="tiles">
        {answer !== undefined && (
          <>
            <TotalsTile now={answer} />
            <DeniedTile now={answer} ledger={ledger.latest} />
          </>
        )}
        <LostTile ledger={ledger} />
        <EventsTile span={span} />
        {answer !== undefined && (
          <>
            <PairsTile now={answer} />
            <NewPairsTile now={answer} />
            <EndedPairsTile now={answer} />
          </>
        )}
        <QuietTile key={where} where={where} isReady={answer !== undefined} />
        <LinksTile />
      </div>
    </>
  );
}

/** Why the numbers may be too low. */
function GapLine({ gaps }: { gaps: readonly Gap[] }) {
  const last = gaps.at(-1);
  if (last === undefined) return null;
  return (
    <p class={last.why === 'before the history' ? 'soft' : 'warning'}>
      {gapLine(last)}
      {gaps.length > 1 && ` There are ${gaps.length - 1} gaps before it.`}
    </p>
  );
}

export const nowPage: Page = {
  name: 'now',
  title: 'Now',
  hasTime: false,
  hasFilter: true,
  View: NowView,
};
