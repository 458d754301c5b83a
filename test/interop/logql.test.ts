import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FlowRecord, parseCondition } from '../../src/flow/index.ts';
import { LineReader, logqlOf } from '../../src/logs/index.ts';
import { type Loki, startLoki } from '../support/loki.ts';
import { logFlows, unhurried } from '../support/loki-flows.ts';
import { requires } from '../support/requires.ts';
import { answers, ids, keyOf } from '../support/search-answers.ts';
import { readSearchPage } from '../support/search-page.ts';
import { MINUTE_MS, NOW_MS, rowsOf, searchedFlows, searchedLayout } from '../support/searched-flows.ts';
import { provesLogql } from '../support/shipped-logql-renewal.ts';

const { text: page, queries } = readSearchPage('logql.md', 'logql');

describe('docs/logql.md', () => {
  it('contains the tested questions, and the query that `weir logql` prints', () => {
    expect([...queries.keys()]).toEqual(Object.keys(answers));
    const [, printed] = /npx weir logql (.*)\n/.exec(page)!;
    expect(printed).toBe("--dst 198.51.100.0/24 --action '!allow'");
    expect(page).toContain(logqlOf(parseCondition('dst=198.51.100.0/24 and action!=allow')));
  });
});

requires('loki')('a query of docs/logql.md', () => {
  let loki: Loki;
  let rows: FlowRecord[];

  beforeAll(async () => {
    loki = await startLoki({ limits: unhurried });
    const flows = searchedFlows();
    rows = rowsOf(flows);
    for (const { batches, loggedMs } of flows) await logFlows(loki, batches, searchedLayout, loggedMs);
    await loki.flush(); // Loki searches lines older than three hours only on disk
  });

  afterAll(() => loki?.[Symbol.asyncDispose]());
  provesLogql(
    () => loki,
    [...queries.keys()].map((question) => `docs/logql.md: ${question}`),
  );

  it.each([...queries])('answers: %s', async (question, query) => {
    const answer = answers[question]!(rows);
    if (Array.isArray(answer)) {
      const day = 24 * 60 * MINUTE_MS;
      const span = { startNs: BigInt(NOW_MS - day) * 1_000_000n, endNs: BigInt(NOW_MS) * 1_000_000n };
      const reader = new LineReader(searchedLayout);
      const found = await loki.lines(query, span);
      expect(answer.length).toBeGreaterThan(0);
      expect(answer.length).toBeLessThan(rows.length / 2);
      expect(ids(found.map((line) => reader.read(line)!.record))).toEqual(answer);
      return;
    }
    const found = await loki.query(query, BigInt(NOW_MS) * 1_000_000n);
    const values = new Map(found.map(({ labels, value }) => [keyOf(labels), value]));
    expect(answer.size).toBeGreaterThan(0);
    expect([...values.keys()].sort()).toEqual([...answer.keys()].sort());
    for (const [key, value] of answer) expect(values.get(key), key).toBeCloseTo(value, 6);
  });
});
