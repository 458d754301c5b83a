import { askJson, askResponse } from '../answer/index.ts';
import { type Hop, hopsOf, type LedgerAccount } from './hops.ts';
import { readSamples, type Sample } from './samples.ts';

/** As GET ../readyz answers. */
export interface ReadinessText {
  readonly status: 'starting' | 'blind' | 'ready';
  readonly problems?: readonly string[];
  readonly remarks?: readonly string[];
}

export const askLedger = async (signal: AbortSignal): Promise<readonly Hop[]> =>
  hopsOf(await askJson<LedgerAccount[]>('../ledger', { signal }));

/** A process that is not ready says why with status 503. */
export const askReadiness = async (signal: AbortSignal): Promise<ReadinessText> =>
  (await (await askResponse('../readyz', { signal }, [503])).json()) as ReadinessText;

export async function askSamples(names: readonly string[], signal: AbortSignal): Promise<readonly Sample[]> {
  const request = { signal, headers: { accept: 'text/plain;version=0.0.4' } };
  return readSamples(await (await askResponse('../metrics', request)).text(), names);
}
