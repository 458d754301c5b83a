import { startLoki } from '../test/support/loki.ts';
import type { Need } from '../test/support/needs.ts';
import { until } from '../test/support/until.ts';
import { minuteOfFlows, storedRow } from './logs/minute-of-flows.ts';
import type { BenchRow } from './measure.ts';

export const title = 'flows into a real Loki on the same machine, for a minute';
export const needs: readonly Need[] = ['loki'];

/** The limits of a Loki for this load: docs/how-to/loki.md. */
const limits = {
  ingestion_rate_mb: 100,
  ingestion_burst_size_mb: 200,
  per_stream_rate_limit: '50MB',
  per_stream_rate_limit_burst: '100MB',
};

export async function run(): Promise<BenchRow[]> {
  await using loki = await startLoki({ limits });
  const minute = await minuteOfFlows({ url: loki.url });
  const isThere = async () => (await countStored(loki)) === minute.lines;
  await until(`${minute.lines} lines in Loki`, isThere, { timeoutMs: 60_000 });
  return [storedRow(minute)];
}

async function countStored(loki: Awaited<ReturnType<typeof startLoki>>): Promise<number> {
  const [count] = await loki.query('sum(count_over_time({service_name="weir-flows"}[15m]))');
  return count?.value ?? 0;
}
