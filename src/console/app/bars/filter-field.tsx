import type { RefObject } from 'preact';
import type { FilterFault } from '../filter/index.ts';
import { shownName } from '../names/index.ts';

interface FilterFieldParts {
  readonly field: RefObject<HTMLInputElement | null>;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly fault: FilterFault | undefined;
}

/** The text of the filter, and below it what is wrong and where. */
export function FilterField({ field, text, onText, fault }: FilterFieldParts) {
  return (
    <div class="filter-place">
      <input
        ref={field}
        class="field filter-field"
        aria-label="filter"
        aria-invalid={fault !== undefined}
        aria-describedby={fault === undefined ? undefined : 'filter-fault'}
        placeholder="all flows; for example: namespace=shop and not port=53"
        value={text}
        onInput={(event) => onText(event.currentTarget.value)}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
      />
      {fault !== undefined && (
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
