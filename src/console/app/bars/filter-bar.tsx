import { useRef } from 'preact/hooks';
import { showFilter, shownFilter } from '../address/index.ts';
import { cancelAsking, isAsking, refreshAnswers } from '../answer/index.ts';
import { useMoves } from '../keyboard/index.ts';

/** The filter as text. Its button applies it, asks again if it is applied, and cancels what runs. */
export function FilterBar() {
  const field = useRef<HTMLInputElement>(null);
  useMoves([
    { key: '/', does: 'write a filter', run: () => field.current?.focus() },
    { key: 'r', does: 'ask again', run: refreshAnswers },
  ]);
  const applyText = (event: Event) => {
    event.preventDefault();
    const text = field.current!.value.trim();
    if (text === shownFilter.peek()) refreshAnswers();
    else showFilter(text);
  };
  return (
    <form class="bar filter-bar" onSubmit={applyText}>
      <input
        key={shownFilter.value}
        ref={field}
        class="field filter-field"
        aria-label="filter"
        placeholder="all flows; for example: namespace=shop and not port=53"
        defaultValue={shownFilter.value}
        autocomplete="off"
        spellcheck={false}
      />
      {isAsking.value ? (
        <button type="button" class="button main-button" onClick={cancelAsking}>
          Cancel
        </button>
      ) : (
        <button type="submit" class="button main-button">
          Apply
        </button>
      )}
    </form>
  );
}
