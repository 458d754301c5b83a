import { formatCount } from '../../../flow/index.ts';
import type { QueryAnswer } from '../../../query/contract/index.ts';
import { askQuery, gapLine, useAnswer } from '../answer/index.ts';
import { unreadableText } from '../counts/index.ts';
import { Hatches } from '../pictures/index.ts';
import { localText } from '../time/index.ts';

const query = { from: '30d', measures: ['records'], step: 'auto', by: [] } as const;
const [WIDTH, HEIGHT] = [1_000, 40];

/** How far back the history reaches, and which times it lacks. */
export function HistoryReach() {
  const feed = useAnswer('history', (signal) => askQuery(query, signal));
  return (
    <section class="card" aria-label="history">
      <h2>History</h2>
      {feed.answer === undefined ? (
        <p class="soft">{feed.fault ?? 'Asking …'}</p>
      ) : (
        <Reach answer={feed.answer} />
      )}
    </section>
  );
}

function Reach({ answer }: { answer: QueryAnswer }) {
  const { fromMs, toMs, coverage } = answer;
  const { coveredFromMs, coveredToMs, gaps, unreadableRecords, notices } = coverage;
  const later = gaps.filter((gap) => coveredFromMs !== undefined && gap.toMs > coveredFromMs);
  const xOf = (ms: number) => ((ms - fromMs) / (toMs - fromMs)) * WIDTH;
  const counts = (answer.groups[0]?.series?.[0] ?? []).map(Number);
  const most = Math.max(1, ...counts);
  const stepWidth = WIDTH / Math.max(1, counts.length);
  return (
    <>
      <p>
        {coveredFromMs === undefined
          ? 'No record of the last 30 days is stored.'
          : `It reaches from ${localText(coveredFromMs)} to ${localText(coveredToMs!)} and has ${formatCount(Number(answer.totals[0]))} records.`}
      </p>
      <svg
        class="reach"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label="records of the last 30 days; the list below has the gaps"
      >
        <Hatches />
        {gaps.map((gap) => (
          <rect
            key={`${gap.fromMs} ${gap.why}`}
            class="reach-gap"
            x={xOf(gap.fromMs)}
            width={Math.max(2, xOf(gap.toMs) - xOf(gap.fromMs))}
            height={HEIGHT}
          >
            <title>{`no records: ${gap.why}`}</title>
          </rect>
        ))}
        {counts.map((count, bucket) => {
          // A bar of few records is seen, too.
          const height = count === 0 ? 0 : 3 + (count / most) * (HEIGHT - 3);
          return (
            <rect
              key={String(bucket)}
              class="reach-bar"
              x={bucket * stepWidth}
              y={HEIGHT - height}
              width={Math.max(1, stepWidth - 0.5)}
              height={height}
            />
          );
        })}
      </svg>
      <p class="reach-ends soft">
        <span>{localText(fromMs)}</span>
        <span>{localText(toMs)}</span>
      </p>
      {unreadableRecords !== 0 && (
        <p class="warning">{unreadableText(unreadableRecords)} records cannot be read.</p>
      )}
      {coveredFromMs !== undefined && later.length === 0 && <p>It has no gap.</p>}
      <p class="soft">A time without bars is quiet. Where it is hatched, records are missing.</p>
      <ul class="health-words">
        {later.map((gap) => (
          <li key={`${gap.fromMs} ${gap.why}`}>{gapLine(gap)}</li>
        ))}
        {notices.map((notice) => (
          <li key={notice}>{notice}</li>
        ))}
      </ul>
    </>
  );
}
