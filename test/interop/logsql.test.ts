import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchOf, type FieldName, type FlowBatch, type FlowRecord } from '../../src/flow/index.ts';
import { coreFields, type FlowLogOptions, LineReader } from '../../src/logs/index.ts';
import { HttpApi } from '../support/http-api.ts';
import { logFlows } from '../support/loki-flows.ts';
import type { Labels } from '../support/prometheus.ts';
import { requires } from '../support/requires.ts';
import { answers, ids, inRange, keyOf } from '../support/search-answers.ts';
import { readSearchPage } from '../support/search-page.ts';
import {
  flow,
  NOW_MS,
  outside,
  rowsOf,
  searchedFlows,
  searchedLayout,
  times,
  web,
} from '../support/searched-flows.ts';
import { startVictoriaLogs, type VictoriaLogs } from '../support/victoria-logs.ts';

const { text: page, queries } = readSearchPage('logsql.md', 'logsql');
const allLines = '{service_name="weir-flows"}';

/** An octet count that is absent, which VictoriaLogs reads as 0, and addresses that no range of IPv4 has. */
const further: FlowRecord[] = [
  without(flow(10, { ...web, ...outside, octetDeltaCount: 20_000_000 }), 'reverseOctetDeltaCount'),
  flow(10, { ...outside, sourceIP: '2001:db8::7', destinationIP: '2001:db8:1::9' }),
];

describe('docs/logsql.md', () => {
  it('contains the tested questions', () => {
    expect([...queries.keys()]).toEqual(Object.keys(answers));
  });
});

requires('victoria-logs')('a query of docs/logsql.md', () => {
  let server: VictoriaLogs;
  let rows: FlowRecord[];

  beforeAll(async () => {
    server = await startVictoriaLogs();
    const flows = [...searchedFlows(), { loggedMs: NOW_MS, batches: [batchOf(further)] }];
    rows = rowsOf(flows);
    for (const { batches, loggedMs } of flows) await log(server, batches, searchedLayout, loggedMs);
    const others = { ...searchedLayout, staticLabels: { service_name: 'other-flows' } };
    await log(server, flows.at(-2)!.batches, others, NOW_MS); // which no query may find
  });

  afterAll(() => server?.[Symbol.asyncDispose]());

  it.each([...queries])('answers: %s', async (question, query) => {
    const answer = answers[question]!(rows);
    if (Array.isArray(answer)) {
      expect(answer.length).toBeGreaterThan(0);
      expect(answer.length).toBeLessThan(rows.length / 2);
      expect(await idsFound(server, query)).toEqual(answer);
      return;
    }
    const { name, sums } = await statistics(server, query);
    expectSums(answer, sums);
    const found = await server.query(query);
    expectSums(
      answer,
      found.map(({ [name]: sum, ...fields }) => [fields, Number(sum)]),
    );
  });

  it('finds addresses of either family', async () => {
    const answer = rows.filter(
      ({ destinationIP: to }) => inRange(to, '198.51.100.0/24') || inRange(to, '2001:db8:1::/48'),
    );
    expect(new Set(answer.map(({ destinationIP }) => destinationIP))).toContain('2001:db8:1::9');
    expect(await idsFound(server, blockWith('ipv6_range("2001:db8:1::/48")'))).toEqual(ids(answer));
  });
});

requires('victoria-logs')('the statements of docs/logsql.md about default lines', () => {
  it("hold for the positions of a line's eleven values", async () => {
    await using server = await startVictoriaLogs();
    await log(server, [batchOf([flow(1, {}), flow(1, { octetTotalCount: 9_000 }), ...further])]);
    const pipes = Array.from(page.matchAll(/^```\n(\| extract[\s\S]*?)^```$/gm), ([, pipe]) => pipe!);
    expect(pipes).toHaveLength(2);
    const found = await server.query([allLines, ...pipes].join('\n'));
    expect(found).toHaveLength(4);
    for (const row of found) {
      expect(coreFields.map((name) => row[name])).toEqual(row._msg!.split(' ').slice(0, 11));
    }
    expect(found.filter(({ _msg }) => _msg!.split(' ').length === 11)).not.toEqual([]);
    const byPattern = '| extract "<_> <_> <_> <_> <_> <_> <_> <_> <_> <_> <eleventh> <_>"';
    expect(await server.count(`${allLines} ${byPattern} | filter eleventh:""`)).toBeGreaterThan(0);
  });

  it('hold for the weights of sampled flows', async () => {
    await using server = await startVictoriaLogs();
    const flows = [
      ...times(40, () => flow(1, { ingressNetworkPolicyRuleAction: 1 })),
      ...times(3, () => flow(1, { ingressNetworkPolicyRuleAction: 2 })),
    ];
    await log(server, [batchOf(flows)], { sampleOneOf: 10 });
    expect(await server.count(allLines)).toBe(7);
    const found = await server.query(blockWith('sum(weight)'));
    expect(Object.fromEntries(found.map((row) => [row.verdict, row.flows]))).toEqual({
      Allow: '40',
      Drop: '3',
    });
  });

  it('hold for hosts without Kubernetes', async () => {
    await using server = await startVictoriaLogs();
    const [here, there] = ['192.0.2.10', '192.0.2.20'];
    const out = { sourceNodeName: 'gate', sourceIP: here, destinationIP: there, flowType: 0 };
    const back = { destinationNodeName: 'gate', sourceIP: there, destinationIP: here, flowType: 0 };
    await log(server, [batchOf([flow(1, out), flow(2, out), flow(3, back)])]);
    expect(await server.query(blockWith('stats by (sourceNodeName, sourceIP'))).toEqual([
      { sourceNodeName: 'gate', sourceIP: here, destinationIP: there, octets: '2000' },
      { destinationNodeName: 'gate', sourceIP: there, destinationIP: here, octets: '1000' },
    ]);
    expect(await server.streams(allLines)).toEqual(['{service_name="weir-flows"}']);
  });

  it('hold for absent values', async () => {
    await using server = await startVictoriaLogs();
    await log(server, [
      batchOf([flow(1, { octetDeltaCount: 300 }), without(flow(1, {}), 'octetDeltaCount')]),
    ]);
    const octets = `${allLines} | extract "<_> <_> <_> <_> <_> <_> <_> <octetDeltaCount> <_>"`;
    const [all] = await server.query(
      `${octets} | math octetDeltaCount + 1 as more
        | stats avg(octetDeltaCount) as mean, min(octetDeltaCount) as least, sum(octetDeltaCount) as sum, min(more) as leastMore`,
    );
    expect(all).toEqual({ mean: '150', least: '-', sum: '300', leastMore: '1' });
    expect(await server.count(`${octets} | filter octetDeltaCount:<100`)).toBe(1);
    expect(await server.count(`${octets} | filter octetDeltaCount:!="-" octetDeltaCount:<100`)).toBe(0);
    expect(await server.count(`${octets} | filter octetDeltaCount:>0`)).toBe(1);
    const [present] = await server.query(
      `${octets} | filter octetDeltaCount:!="-" | stats avg(octetDeltaCount) as mean, min(octetDeltaCount) as least`,
    );
    expect(present).toEqual({ mean: '300', least: '300' });
    for (const filter of ['verdict:=""', '{verdict=""}', '{verdict!="Allow"}']) {
      expect(await server.count(`${allLines} ${filter}`), filter).toBe(2);
    }
  });

  it('hold for words, values, and the words of an address', async () => {
    await using server = await startVictoriaLogs();
    const names = ['web-0', 'my-web-0', 'web-0-canary', 'web-01'];
    await log(server, [batchOf(names.map((sourcePodName) => flow(1, { sourcePodName })))]);
    const found = async (filter: string) =>
      (await server.query(`${allLines} ${filter} | fields sourcePodName`))
        .map((row) => row.sourcePodName)
        .sort();
    expect(await found('sourcePodName:web-0')).toEqual(['my-web-0', 'web-0', 'web-0-canary']);
    expect(await found('sourcePodName:="web-0"')).toEqual(['web-0']);
    expect(await found('sourcePodName:~"web"')).toHaveLength(4);
    expect(await found('sourcePodName:~"^web-0$"')).toEqual(['web-0']);
    expect(await found('"10.244.1.7"')).toHaveLength(4);
    expect(await found('"10.244.1"')).toHaveLength(4);
    expect(await found('"10.244.1.70"')).toEqual([]);
  });

  it('hold for the time range of a request', async () => {
    await using server = await startVictoriaLogs();
    for (const minutes of [90, 30]) {
      await log(server, [batchOf([flow(minutes, {})])], {}, NOW_MS - minutes * 60_000);
    }
    const api = new HttpApi(server.url);
    const count = async (query: string, start?: string) => {
      const answer = await api.get('/select/logsql/query', { query: `${query} | stats count() as n`, start });
      return Number(JSON.parse(answer).n);
    };
    expect(await count(allLines)).toBe(2);
    expect(await count(allLines, '1h')).toBe(1);
    expect(await count(`_time:1d ${allLines}`, '1h')).toBe(1);
    expect(await count(`_time:1h ${allLines}`, '24h')).toBe(1);
    const newest = await api.get('/select/logsql/query', { query: allLines, limit: 1 });
    expect(Date.parse(JSON.parse(newest)._time)).toBe(NOW_MS - 30 * 60_000);
  });
});

function without(record: FlowRecord, field: FieldName): FlowRecord {
  const { [field]: _, ...others } = record;
  return others;
}

/** Logs flows, and lets queries see them. */
async function log(
  server: VictoriaLogs,
  batches: readonly FlowBatch[],
  options: Partial<FlowLogOptions> = {},
  nowMs?: number,
): Promise<void> {
  await logFlows({ url: server.url, server: 'victoriaLogs' }, batches, options, nowMs);
  await server.flush();
}

/** The block of the page that has this text. */
function blockWith(text: string): string {
  const blocks = Array.from(page.matchAll(/^```logsql\n([\s\S]*?)^```$/gm), ([, block]) => block!);
  return blocks.find((block) => block.includes(text))!;
}

async function idsFound(server: VictoriaLogs, query: string): Promise<number[]> {
  const reader = new LineReader(searchedLayout);
  return ids((await server.lines(query)).map((line) => reader.read(line)!.record));
}

type Sum = readonly [of: Labels, value: number];

/** The answer for vmalert and Grafana to a query with sums: the sums and their names. */
async function statistics(server: VictoriaLogs, query: string): Promise<{ name: string; sums: Sum[] }> {
  const { data } = await new HttpApi(server.url).getJson<{
    data: { result: { metric: Labels; value: [number, string] }[] };
  }>('/select/logsql/stats_query', { query });
  const [name, ...more] = new Set(data.result.map(({ metric }) => metric.__name__!));
  expect(more).toEqual([]);
  const sums = data.result.map(
    ({ metric: { __name__, ...of }, value }) => [of, Number(value[1])] satisfies Sum,
  );
  return { name: name!, sums };
}

function expectSums(answer: ReadonlyMap<string, number>, sums: readonly Sum[]): void {
  const found = new Map(sums.map(([of, value]) => [keyOf(of), value]));
  expect(answer.size).toBeGreaterThan(0);
  expect([...found.keys()].sort()).toEqual([...answer.keys()].sort());
  for (const [key, value] of answer) expect(found.get(key), key).toBeCloseTo(value, 6);
}
