import { signal, useSignalEffect } from '@preact/signals';
import type { RefObject } from 'preact';
import type { Mark } from '../groups/index.ts';

/** The groups that somebody points at: they are lit in the picture and in its table. */
export const litGroups = signal<readonly number[] | undefined>(undefined);

const MOST_DIMMED = 100;

/** Lights elements with `data-mark`, without drawing the picture again. */
export function useLitMarks(place: RefObject<Element | null>, marks: readonly Pick<Mark, 'groups'>[]): void {
  useSignalEffect(() => {
    const lit = litGroups.value === undefined ? undefined : new Set(litGroups.value);
    // To dim the others takes too long where there are very many.
    place.current?.classList.toggle('has-lit', lit !== undefined && marks.length <= MOST_DIMMED);
    for (const element of place.current?.querySelectorAll('[data-mark]') ?? []) {
      const mark = marks[Number(element.getAttribute('data-mark'))];
      element.classList.toggle('lit', lit !== undefined && mark?.groups.some((one) => lit.has(one)) === true);
    }
  });
}
