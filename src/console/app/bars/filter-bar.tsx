import { useEffect, useRef, useState } from 'preact/hooks';
import { showFilter, shownFilter } from '../address/index.ts';
import { cancelAsking, isAsking, refreshAnswers } from '../answer/index.ts';
import { filterParts, filterWithoutPart, readFilter } from '../filter/index.ts';
import { useMoves } from '../keyboard/index.ts';
import { shownName } from '../names/index.ts';
import { FilterField } from './filter-field.tsx';

/** The filter as text, and its parts. Its button applies it, asks again if it is applied, or cancels. */
export function FilterBar() {
  const where = shownFilter.value;
  const [text, setText] = useState(where);
  useEffect(() => setText(where), [where]);
  const field = useRef<HTMLInputElement>(null);
  useMoves([
    { key: '/', does: 'write a filter', run: () => field.current?.focus() },
    { key: 'r', does: 'ask again', run: refreshAnswers },
  ]);
  const { fault } = readFilter(text);
  const applyText = (event: Event) => {
    event.preventDefault();
    if (fault !== undefined) field.current?.focus();
    else if (text.trim() === where) refreshAnswers();
    else showFilter(text);
  };
  const isChanged = text.trim() !== where;
  return (
    <form class="bar filter-bar" onSubmit={applyText}>
      <FilterField field={field} text={text} onText={setText} fault={fault} />
      {isAsking.value && !isChanged ? (
        <button key="cancel" type="button" class="button main-button" onClick={cancelAsking}>
          Cancel
        </button>
      ) : (
        <button key="apply" type="submit" class="button main-button" disabled={fault !== undefined}>
          {isChanged ? 'Apply' : 'Refresh'}
        </button>
      )}
      <FilterChips where={where} />
    </form>
  );
}

/** The parts of the applied filter, each of which can go. */
function FilterChips({ where }: { where: string }) {
  const { condition } = readFilter(where);
  const parts = condition === undefined ? [] : filterParts(condition);
  if (condition === undefined || parts.length < 2) return null;
  return (
    <ul class="chips" aria-label="parts of the filter">
      {parts.map((part, place) => (
        <li key={part} class="chip">
          <bdi>{shownName(part)}</bdi>
          <button
            type="button"
            class="chip-remove"
            aria-label={`remove ${shownName(part)}`}
            onClick={() => showFilter(filterWithoutPart(condition, place))}
          >
            ×
          </button>
        </li>
      ))}
    </ul>
  );
}
