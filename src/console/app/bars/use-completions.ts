import { useEffect, useState } from 'preact/hooks';
import type { DimensionName } from '../../../flow/index.ts';
import { askQuery } from '../answer/index.ts';
import { completionPlace, completionsOf, dimensionsOfPlace, type OfferedText } from '../filter/index.ts';

/** Values that were asked for lately: while somebody writes, they do not change. */
const known = new Map<DimensionName, { values: readonly string[]; atMs: number }>();
const KNOWN_FOR_MS = 30_000;
const MOST_VALUES = 500;

/** What may complete the text, up to where somebody writes. */
export function useCompletions(text: string, caret: number, isWanted: boolean): readonly OfferedText[] {
  const [completions, setCompletions] = useState<readonly OfferedText[]>([]);
  useEffect(() => {
    const place = isWanted ? completionPlace(text.slice(0, caret)) : undefined;
    if (place === undefined) {
      setCompletions([]);
      return;
    }
    const controller = new AbortController();
    Promise.all(dimensionsOfPlace(place).map((name) => valuesOf(name, controller.signal))).then(
      (lists) => setCompletions(completionsOf(place, [...new Set(lists.flat())])),
      () => setCompletions([]), // a filter can be written without help
    );
    return () => controller.abort();
  }, [text, caret, isWanted]);
  return completions;
}

/** The values of the last hour, those with most traffic first. */
async function valuesOf(name: DimensionName, signal: AbortSignal): Promise<readonly string[]> {
  const found = known.get(name);
  if (found !== undefined && Date.now() - found.atMs < KNOWN_FOR_MS) return found.values;
  const { groups } = await askQuery({ from: '1h', by: [name], top: MOST_VALUES }, signal);
  const values = groups.flatMap(({ key, isRest }) => (isRest || !key[0] ? [] : [key[0]]));
  known.set(name, { values, atMs: Date.now() });
  return values;
}
