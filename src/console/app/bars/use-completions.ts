import { useEffect, useState } from 'preact/hooks';
import { type Completions, completeCondition, type DimensionName } from '../../../flow/index.ts';
import { askQuery } from '../answer/index.ts';

/** Values that were asked for lately: while somebody writes, they do not change. */
const askedValues = new Map<DimensionName, { values: readonly string[]; atMs: number }>();
const KNOWN_FOR_MS = 30_000;
const MOST_VALUES = 500;

/** What may stand where somebody writes; undefined while nobody does, or until it is known. */
export function useCompletions(text: string, caret: number, isWanted: boolean): Completions | undefined {
  const [known, setKnown] = useState<{ text: string; caret: number; completions: Completions }>();
  useEffect(() => {
    if (!isWanted) return;
    const keepCurrent = (completions: Completions) => setKnown({ text, caret, completions });
    const withoutValues = completeCondition(text, caret);
    const names = withoutValues.valuesOf;
    const controller = new AbortController();
    Promise.all(names.map(async (name) => [name, await valuesOf(name, controller.signal)] as const)).then(
      (values) => keepCurrent(completeCondition(text, caret, Object.fromEntries(values))),
      () => keepCurrent(withoutValues), // a filter can be written without help
    );
    return () => controller.abort();
  }, [text, caret, isWanted]);
  const isCurrent = isWanted && known?.text === text && known.caret === caret;
  return isCurrent ? known.completions : undefined;
}

/** The values of the last hour, those with most traffic first. */
async function valuesOf(name: DimensionName, signal: AbortSignal): Promise<readonly string[]> {
  const found = askedValues.get(name);
  if (found !== undefined && Date.now() - found.atMs < KNOWN_FOR_MS) return found.values;
  const { groups } = await askQuery({ from: '1h', by: [name], top: MOST_VALUES }, signal);
  const values = groups.flatMap(({ key, isRest }) => (isRest || !key[0] ? [] : [key[0]]));
  askedValues.set(name, { values, atMs: Date.now() });
  return values;
}
