import type { AccountStatement } from '../../../runtime/account-statement.ts';
import { askJson, askResponse } from '../answer/index.ts';
import { type Hop, hopsOf } from './hops.ts';
import { expectAnswered } from './lacks.ts';
import { readSamples, type Sample } from './samples.ts';

/** As GET ../readyz answers. */
export interface ReadinessText {
  readonly status: 'starting' | 'blind' | 'ready';
  readonly problems?: readonly string[];
  readonly remarks?: readonly string[];
}

export async function askLedger(signal: AbortSignal): Promise<readonly Hop[]> {
  await expectAnswered('ledger');
  return hopsOf(await askJson<AccountStatement[]>('../ledger', { signal }));
}

/** A process that is not ready says why with status 503. */
export async function askReadiness(signal: AbortSignal): Promise<ReadinessText> {
  await expectAnswered('readyz');
  return (await (await askResponse('../readyz', { signal }, [503])).json()) as ReadinessText;
}

export async function askSamples(names: readonly string[], signal: AbortSignal): Promise<readonly Sample[]> {
  await expectAnswered('metrics');
  const request = { signal, headers: { accept: 'text/plain;version=0.0.4' } };
  return readSamples(await (await askResponse('../metrics', request)).text(), names);
}

/** When the process started, if its metrics are readable. Before that it saw no flow. */
export async function askStart(signal: AbortSignal): Promise<number | undefined> {
  const name = 'process_start_time_seconds';
  const samples = await askSamples([name], signal).catch(() => []);
  return samples[0] === undefined ? undefined : samples[0].value * 1_000;
}
