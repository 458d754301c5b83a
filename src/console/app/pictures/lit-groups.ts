import { signal, useSignalEffect } from '@preact/signals';
import type { RefObject } from 'preact';
import type { Mark } from '../groups/index.ts';

/** The groups that somebody points at: they are lit in the picture and in its table. */
export const litGroups = signal<readonly number[] | undefined>(undefined);

/** Lights elements with `data-mark`, without drawing the picture again. */
export function useLitMarks(place: RefObject<Element | null>, marks: readonly Pick<Mark, 'groups'>[]): void {
  useSignalEffect(() => {
    const lit = litGroups.value === undefined ? undefined : new Set(litGroups.value);
    place.current?.classList.toggle('has-lit', lit !== undefined);
    for (const element of place.current?.querySelectorAll('[data-mark]') ?? []) {
      const mark = marks[Number(element.getAttribute('data-mark'))];
      element.classList.toggle('lit', lit !== undefined && mark?.groups.some((one) => lit.has(one)) === true);
    }
  });
}
