import type { RefObject } from 'preact';
import { useState } from 'preact/hooks';
import type { Completion } from '../../../flow/index.ts';
import type { FilterFault } from '../filter/index.ts';
import { shownName } from '../names/index.ts';
import { useCompletions } from './use-completions.ts';

interface FilterFieldParts {
  readonly field: RefObject<HTMLInputElement | null>;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly fault: FilterFault | undefined;
}

/** The text of the filter, what may come next, and what is wrong and where. */
export function FilterField({ field, text, onText, fault }: FilterFieldParts) {
  const [caret, setCaret] = useState(text.length);
  const [isWriting, setWriting] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const known = useCompletions(text, caret, isWriting);
  const { from = 0, to = 0, items: completions = [] } = known.completions ?? {};
  const isOpen = completions.length > 0;
  const completeText = ({ text: added }: Completion) => {
    onText(`${text.slice(0, from)}${added}${text.slice(to)}`);
    setCaret(from + added.length);
    setChosen(-1);
    field.current?.focus();
    requestAnimationFrame(() => field.current?.setSelectionRange(from + added.length, from + added.length));
  };
  const followKeys = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      if (isOpen) setWriting(false);
      else field.current?.blur();
      event.stopPropagation();
      return;
    }
    const direction = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (direction !== undefined && !isOpen) setWriting(true);
    else if (direction !== undefined) {
      setChosen((chosen + direction + completions.length + 1) % (completions.length + 1));
      event.preventDefault();
    } else if ((event.key === 'Enter' || event.key === 'Tab') && completions[chosen] !== undefined) {
      completeText(completions[chosen]);
      event.preventDefault();
    } else if (event.key === 'Enter') setWriting(false);
  };
  return (
    <div class="filter-place">
      <input
        ref={field}
        class="field filter-field"
        role="combobox"
        aria-label="filter"
        aria-expanded={isOpen}
        aria-controls="filter-completions"
        aria-activedescendant={completions[chosen] && `completion-${chosen}`}
        aria-invalid={fault !== undefined}
        aria-describedby={fault === undefined ? undefined : 'filter-fault'}
        placeholder="all flows; for example: namespace=shop and not port=53"
        value={text}
        onInput={(event) => {
          onText(event.currentTarget.value);
          setCaret(event.currentTarget.selectionStart ?? event.currentTarget.value.length);
          setWriting(true);
          setChosen(-1);
        }}
        onKeyDown={followKeys}
        onBlur={() => setWriting(false)}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
      />
      {isOpen && (
        <div id="filter-completions" class="completions" role="listbox" aria-label="what may come next">
          {completions.map((completion, place) => (
            <div
              key={completion.text}
              id={`completion-${place}`}
              class="completion"
              role="option"
              tabIndex={-1}
              aria-selected={place === chosen}
              onPointerDown={(event) => {
                event.preventDefault(); // the field keeps the focus
                completeText(completion);
              }}
            >
              <bdi>{shownName(completion.text)}</bdi> <span class="soft">{completion.description}</span>
            </div>
          ))}
        </div>
      )}
      {fault !== undefined && !isOpen && !known.isAsking && (
        <p id="filter-fault" class="filter-fault" role="status">
          <code>
            {shownName(text.slice(0, fault.at))}
            <mark>{shownName(text.slice(fault.at)) || ' '}</mark>
          </code>
          {fault.message}
        </p>
      )}
    </div>
  );
}
