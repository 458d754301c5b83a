import { expect } from 'vitest';
import { Loki } from './loki.ts';
import { numberOfLine, type SinkUnderTest } from './sink-under-test.ts';
import { until } from './until.ts';
import type { VictoriaLogs } from './victoria-logs.ts';

/** Limits of a Loki that no test reaches. */
export const roomyLimits = {
  ingestion_rate_mb: 1_000,
  ingestion_burst_size_mb: 1_000,
  per_stream_rate_limit: '1GB',
  per_stream_rate_limit_burst: '1GB',
};

/** A Loki that has just started answers its first query after some ten seconds. */
const patience = { timeoutMs: 120_000, everyMs: 250 };

export const allFlows = '{service_name="weir-flows"}';

/** Lines that Loki has of the last hours; duplicates count twice. */
export async function storedLines(loki: Loki, selector = allFlows): Promise<number> {
  const [count] = await loki.query(`sum(count_over_time(${selector}[6h]))`, soon());
  return count?.value ?? 0;
}

/** Nanoseconds since 1970 of a time after all lines. */
const soon = (): bigint => BigInt(Date.now() + 60_000) * 1_000_000n;

/** Lines of a selector in a server, which means the same in both; duplicates count twice. */
export async function linesIn(server: Loki | VictoriaLogs, selector = allFlows): Promise<number> {
  if (server instanceof Loki) return storedLines(server, selector);
  await server.flush();
  return server.count(selector);
}

/**
 * Waits until a server has as many lines as the sinks report, and expects that their accounts cover all
 * others.
 */
export async function expectAccounted(
  server: Loki | VictoriaLogs,
  selector: string,
  ...sinks: SinkUnderTest[]
): Promise<void> {
  const sent = sinks.reduce((sum, { account }) => sum + account.sent, 0);
  const ledgers = sinks.map(({ statement }) => statement).join('\n');
  let stored = 0;
  let refusal = '';
  await until(
    `${sent} lines`,
    async () => {
      stored = await linesIn(server, selector).catch((error: Error) => {
        refusal = error.message; // a busy Loki may abort a query
        return 0;
      });
      return stored >= sent;
    },
    patience,
  ).catch((error: Error) => {
    throw new Error(`${error.message}, which has ${stored}; ${refusal}\n${ledgers}`);
  });
  expect(stored, ledgers).toBe(sent);
  for (const sink of sinks) {
    expect(sink.account.difference, ledgers).toBe(0);
    expect(sink.account.held, ledgers).toBe(0);
    expect(sink.account.sent + sink.account.totalDropped, ledgers).toBe(sink.account.received);
  }
}

/** The numbers of the flows (`numberedFlow`) with lines in Loki, in order; duplicates appear twice. */
export async function storedNumbers(loki: Loki, selector = allFlows): Promise<number[]> {
  const startNs = BigInt(Date.now() - 21_600_000) * 1_000_000n;
  const lines = await loki.lines(selector, { startNs, endNs: soon(), limit: 5_000 });
  return lines.map(({ line }) => numberOfLine(line)).sort((one, other) => one - other);
}
