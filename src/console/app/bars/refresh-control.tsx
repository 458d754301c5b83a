import { useEffect } from 'preact/hooks';
import { address, changeAddress, shownTime } from '../address/index.ts';
import { isAsking, refreshAnswers } from '../answer/index.ts';
import { spanOf } from '../time/index.ts';

const intervals = ['5s', '10s', '30s', '1m', '5m'] as const;

/** Asks again by itself while the range ends now. The interval begins when the last answer is there. */
export function RefreshControl() {
  const chosen = address.value.get('refresh') ?? '';
  const intervalMs = shownTime.value.to === 'now' ? spanOf(chosen) : undefined;
  const isWaiting = isAsking.value;
  useEffect(() => {
    if (intervalMs === undefined || isWaiting) return;
    const timer = setTimeout(refreshAnswers, intervalMs);
    return () => clearTimeout(timer);
  }, [intervalMs, isWaiting]);
  return (
    <label class="labelled">
      <span class="unseen">refresh</span>
      <select
        class="field"
        title="ask again by itself"
        disabled={shownTime.value.to !== 'now'}
        value={intervalMs === undefined ? '' : chosen}
        onChange={(event) => changeAddress({ refresh: event.currentTarget.value })}
      >
        <option value="">no refresh</option>
        {intervals.map((interval) => (
          <option key={interval} value={interval}>
            every {interval}
          </option>
        ))}
      </select>
    </label>
  );
}
