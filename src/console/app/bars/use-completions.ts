import { useEffect, useMemo, useState } from 'preact/hooks';
import { type Completions, completeCondition, type DimensionName } from '../../../flow/index.ts';
import { askQuery } from '../answer/index.ts';

/** Values that were asked for lately: while somebody writes, they do not change. */
const askedValues = new Map<DimensionName, { values: readonly string[]; atMs: number }>();
const KNOWN_FOR_MS = 30_000;
const MOST_VALUES = 500;

/** What may stand where somebody writes. */
export interface KnownCompletions {
  /** Undefined while nobody writes. */
  readonly completions: Completions | undefined;
  /** Whether values are still asked for. Then it is too early to say that a text is wrong. */
  readonly isAsking: boolean;
}

/**
 * What is known is there at once, also while values are asked for: no key shows anything else between two
 * lists.
 */
export function useCompletions(text: string, caret: number, isWanted: boolean): KnownCompletions {
  const [asked, setAsked] = useState(0);
  const completions = useMemo(() => {
    if (!isWanted) return undefined;
    const withoutValues = completeCondition(text, caret);
    const known = withoutValues.valuesOf.map((name) => [name, askedValues.get(name)?.values ?? []] as const);
    return known.length === 0 ? withoutValues : completeCondition(text, caret, Object.fromEntries(known));
  }, [text, caret, isWanted, asked]);
  const names = completions?.valuesOf ?? [];
  const unknown = names.filter((name) => !isFresh(name)).join();
  useEffect(() => {
    if (unknown === '') return;
    const controller = new AbortController();
    const asking = (unknown.split(',') as DimensionName[]).map((name) => askValues(name, controller.signal));
    Promise.all(asking).then(() => setAsked((before) => before + 1));
    return () => controller.abort();
  }, [unknown]);
  return { completions, isAsking: unknown !== '' };
}

const isFresh = (name: DimensionName): boolean =>
  Date.now() - (askedValues.get(name)?.atMs ?? Number.NEGATIVE_INFINITY) < KNOWN_FOR_MS;

/** Asks for the values of the last hour, those with most traffic first. A filter can be written without. */
async function askValues(name: DimensionName, signal: AbortSignal): Promise<void> {
  const answer = await askQuery({ from: '1h', by: [name], top: MOST_VALUES }, signal).catch(() => undefined);
  if (signal.aborted) return;
  const values = answer?.groups.flatMap(({ key, isRest }) => (isRest || !key[0] ? [] : [key[0]]));
  askedValues.set(name, { values: values ?? askedValues.get(name)?.values ?? [], atMs: Date.now() });
}
