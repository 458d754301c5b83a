import { formatCount, formatSpan } from '../../../flow/index.ts';
import type { QueryAnswer } from '../../../query/contract/index.ts';
import { gapLine } from '../answer/index.ts';
import { unreadableText } from '../counts/index.ts';
import { localText, zoneText } from '../time/index.ts';

const tierTexts = {
  records: 'from records',
  minutes: 'from sums by minute',
  hours: 'from sums by hour',
  fourHours: 'from sums by four hours',
  days: 'from sums by day',
} as const;

/** The last gaps are named; pictures over time show all. */
const SHOWN_GAPS = 8;

/** What an answer covers, and what it cost: readers know what a picture is worth. */
export function CoverageLine({ answer }: { answer: QueryAnswer }) {
  const { fromMs, toMs, coverage, groupCount } = answer;
  const { tiers, coveredFromMs, gaps, unreadableRecords, files, rows, durationMs, notices } = coverage;
  const isLate = coveredFromMs !== undefined && coveredFromMs > fromMs + 60_000;
  return (
    <div class="coverage">
      <p>
        {localText(fromMs)} – {localText(toMs)} ({zoneText(toMs)}) ·{' '}
        {tiers.map((tier) => tierTexts[tier]).join(', ') || 'nothing stored'}
        {isLate && ` · first record ${localText(coveredFromMs)}`} · {formatCount(groupCount)} groups ·{' '}
        {rows !== undefined &&
          files !== undefined &&
          `${formatCount(rows)} rows of ${formatCount(files)} files `}
        in {formatSpan(durationMs)}
      </p>
      {unreadableRecords !== 0 && (
        <p class="warning">
          {unreadableText(unreadableRecords)} records could not be read: they are not in these counts.
        </p>
      )}
      {gaps.slice(-SHOWN_GAPS).map((gap) => (
        <p key={`${gap.fromMs} ${gap.why}`} class="warning">
          {gapLine(gap)}
        </p>
      ))}
      {gaps.length > SHOWN_GAPS && (
        <p class="warning">{gaps.length - SHOWN_GAPS} earlier gaps are in the answer, too.</p>
      )}
      {notices.map((notice) => (
        <p key={notice} class="warning">
          {notice}
        </p>
      ))}
    </div>
  );
}
