import { computed, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** A key, and what it does in words that the list of keys shows. */
export interface Move {
  readonly key: string;
  readonly does: string;
  readonly run: () => void;
}

const groups = signal<readonly (readonly Move[])[]>([]);

/** All moves that work now. */
export const moves = computed(() => groups.value.flat());

/** Gives keys a meaning as long as the component is there. */
export function useMoves(added: readonly Move[]): void {
  // Other keys are other moves.
  useEffect(() => {
    groups.value = [...groups.peek(), added];
    return () => {
      groups.value = groups.peek().filter((group) => group !== added);
    };
  }, [added.map(({ key, does }) => `${key} ${does}`).join('\n')]);
}

/** Runs the move of a key, unless somebody types into a field or gives the browser an order. */
export function runMove(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof Element && event.target.closest('input, textarea, select, dialog')) return;
  const move = moves.peek().find(({ key }) => key === event.key);
  if (move === undefined) return;
  event.preventDefault();
  move.run();
}
