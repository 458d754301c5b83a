import type { QueryAnswer } from '../../../query/contract/index.ts';
import { showFilter, shownTime, showTime } from '../address/index.ts';
import { localText, widenRange } from '../time/index.ts';

/** Why an answer has no flows, and what to do. */
export function NoFlows({ answer, where }: { answer: QueryAnswer; where: string }) {
  const { coveredFromMs, gaps } = answer.coverage;
  return (
    <div class="no-flows">
      <h2>No flows</h2>
      <p>{reasonOf(answer, where)}</p>
      <p>
        {where !== '' && (
          <button type="button" class="button" onClick={() => showFilter('')}>
            Remove the filter
          </button>
        )}{' '}
        <button
          type="button"
          class="button"
          onClick={() => showTime(widenRange(shownTime.peek(), Date.now()))}
        >
          Show twice the time
        </button>
      </p>
      {coveredFromMs === undefined && gaps.length === 0 && (
        <p class="soft">
          Records come when a connection ends, and each minute while it lasts. A new installation has its
          first ones within a minute.
        </p>
      )}
    </div>
  );
}

function reasonOf({ fromMs, toMs, coverage }: QueryAnswer, where: string): string {
  const missing = coverage.gaps.find((gap) => gap.fromMs <= fromMs && gap.toMs >= toMs);
  if (missing !== undefined) return `Nothing is known of this time: ${missing.why}.`;
  if (coverage.coveredFromMs === undefined) {
    return `No record of this time is stored: ${localText(fromMs)} – ${localText(toMs)}.`;
  }
  return where === ''
    ? 'Records of this time have none of what is counted.'
    : 'Records of this time are stored, but none passes the filter.';
}
