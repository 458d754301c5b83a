import { useState } from 'preact/hooks';
import { shownTime, showTime } from '../address/index.ts';
import { useMoves } from '../keyboard/index.ts';
import { presetRanges, rangeText, readTimeRange, shiftRange, widenRange, zoneText } from '../time/index.ts';

const shiftTime = (direction: -1 | 1) => showTime(shiftRange(shownTime.peek(), direction, Date.now()));
const widenTime = () => showTime(widenRange(shownTime.peek(), Date.now()));

/** Presets, free text, a range's length to and fro, and twice the time. */
export function TimeBar() {
  const range = shownTime.value;
  useMoves([
    { key: '[', does: 'go back in time by the length of the range', run: () => shiftTime(-1) },
    { key: ']', does: 'go forward in time by the length of the range', run: () => shiftTime(1) },
    { key: '-', does: 'show twice the time', run: widenTime },
  ]);
  return (
    <fieldset class="bar time-bar">
      <legend class="unseen">Time</legend>
      <button
        type="button"
        class="button"
        title="earlier ( [ )"
        aria-label="earlier"
        onClick={() => shiftTime(-1)}
      >
        ‹
      </button>
      <span class="presets">
        {presetRanges.map((preset) => (
          <button
            type="button"
            key={preset}
            class="button"
            aria-pressed={range.from === preset && range.to === 'now'}
            onClick={() => showTime({ from: preset, to: 'now' })}
          >
            {preset}
          </button>
        ))}
      </span>
      <TimeField key={`${range.from} ${range.to}`} />
      <button
        type="button"
        class="button"
        title="later ( ] )"
        aria-label="later"
        disabled={range.to === 'now'}
        onClick={() => shiftTime(1)}
      >
        ›
      </button>
      <button
        type="button"
        class="button"
        title="twice the time ( - )"
        aria-label="twice the time"
        onClick={widenTime}
      >
        −
      </button>
    </fieldset>
  );
}

/** The range as text, which may be replaced by another text. */
function TimeField() {
  const [isWrong, setWrong] = useState(false);
  const applyText = (event: Event) => {
    event.preventDefault();
    const field = (event.target as HTMLFormElement).elements.namedItem('range') as HTMLInputElement;
    const range = readTimeRange(field.value, Date.now());
    setWrong(range === undefined);
    if (range !== undefined) showTime(range);
  };
  const nowMs = Date.now();
  return (
    <form class="time-field" onSubmit={applyText}>
      <input
        name="range"
        class="field"
        aria-label="time range"
        aria-invalid={isWrong}
        aria-describedby={isWrong ? 'time-fault' : undefined}
        title={`${zoneText(nowMs)}; also: 90m, today, yesterday, 10:00 - 11:30, 2026-01-31 10:00 - 12:00`}
        defaultValue={rangeText(shownTime.value, nowMs)}
        onFocus={(event) => event.currentTarget.select()}
        autocomplete="off"
        spellcheck={false}
      />
      {isWrong && (
        <span id="time-fault" class="fault-hint" role="alert">
          No time in the past is meant by this. Try 90m, today, 10:00 - 11:30 or 2026-01-31 10:00 - 12:00.
        </span>
      )}
    </form>
  );
}
