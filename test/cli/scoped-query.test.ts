import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flowsRoute, NamespaceScope, RecentFlows } from '../../src/api/index.ts';
import { queryRoutes } from '../../src/api/query/index.ts';
import type { DimensionName } from '../../src/flow/index.ts';
import { HttpServer } from '../../src/http/index.ts';
import { type QueryAnswer, QueryDesk, readQuery } from '../../src/query/index.ts';
import { Ledger, systemClock } from '../../src/runtime/index.ts';
import { AssistantSession } from '../support/assistant-session.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { groupAsTexts, naiveGroup, naiveGroups, recordOfLine } from '../support/naive-answer.ts';
import { keepShop, SHOP_MS, shopEndMs } from '../support/told-flows.ts';
import { weir } from './weir.ts';

const times = { from: new Date(SHOP_MS).toISOString(), to: new Date(shopEndMs).toISOString() };
const groupings: readonly (readonly DimensionName[])[] = [
  [],
  ['sourceWorkload'],
  ['source', 'destinationWorkload', 'ingressPolicy'],
];

/** Rights: whose flows somebody may read, and of whom he may know who they are. */
const readers: Readonly<
  Record<string, { readonly readable: readonly string[]; readonly identified: readonly string[] }>
> = {
  'of the bank, who may know the shop': { readable: ['bank'], identified: ['shop'] },
  'of a namespace without flows': { readable: ['dev'], identified: [] },
};

describe.each(Object.entries(readers))('a reader %s', (name, { readable, identified }) => {
  const place = new HistoryPlace();
  const queries = new QueryDesk(systemClock);
  const scope = new NamespaceScope(
    {
      mayRead: async (namespace = '*') => readable.includes(namespace),
      mayIdentify: async (namespace = '*') => identified.includes(namespace),
    },
    name,
  );
  let server: HttpServer;

  beforeAll(async () => {
    await keepShop(place);
    const ledger = new Ledger();
    const recent = new RecentFlows(systemClock, ledger, { windowMs: 1, maxOctets: 1_000_000 });
    const [history, scopeOf] = [() => place.directory, async () => scope];
    const stored = { history, queries, onTrouble: () => {} };
    const routes = {
      '/flows': flowsRoute(recent, systemClock, ledger, { scopeOf, stored }),
      ...queryRoutes({ clock: systemClock, history, queries, scopeOf }),
    };
    server = new HttpServer({ host: '127.0.0.1', port: 0 }, routes);
    await server.start();
  });
  afterAll(async () => {
    await server.stop();
    await queries.stop();
    place[Symbol.dispose]();
  });

  /** What `weir flows` shows to him. */
  async function shown() {
    const { stdout, stderr } = await weir(
      'flows',
      '--server',
      server.url,
      '--since',
      times.from,
      '-o',
      'json',
    );
    expect(stderr).not.toMatch(/missing/);
    const records = stdout.split('\n').filter(Boolean).map(recordOfLine);
    return records.map((record) => ({ record, timeMs: SHOP_MS + 1 }));
  }

  it('is answered by weir query as weir flows shows', async () => {
    const flows = await shown();
    if (readable.includes('bank')) expect(flows.length).toBeGreaterThan(0);
    expect(flows.length).toBeLessThan(43);
    for (const by of groupings) {
      const question = { ...times, by, measures: ['octets', 'records', 'flows'], top: 100 };
      const query = readQuery(question, shopEndMs);
      const { stdout } = await weir(
        ...['query', '--server', server.url, '--since', times.from, '--until', times.to, '--top', '100'],
        ...[
          '--measure',
          'octets,records,flows',
          '-o',
          'json',
          ...(by.length === 0 ? [] : ['--by', by.join()]),
        ],
      );
      const { groups, totals, coverage } = JSON.parse(stdout) as QueryAnswer;
      expect(totals.map(String)).toEqual(naiveGroup(flows, query).totals);
      const expected = naiveGroups(flows, query);
      expect(groups.map(({ key }) => JSON.stringify(key)).toSorted()).toEqual(
        [...expected.keys()].toSorted(),
      );
      for (const group of groups)
        expect(groupAsTexts(group)).toEqual(naiveGroup(expected.get(JSON.stringify(group.key))!, query));
      expect(coverage).not.toHaveProperty('rows');
    }
  });

  it('is answered by weir mcp as weir flows shows', async () => {
    const flows = await shown();
    await using session = await AssistantSession.start('--server', server.url);
    const query = readQuery({ ...times, by: ['sourceWorkload'], measures: ['octets'] }, shopEndMs);
    const top = await session.ask('top', { by: ['sourceWorkload'], ...times });
    expect(top.isError, top.text).toBe(false);
    const expected = naiveGroups(flows, query);
    expect(top.answer.rows).toHaveLength(expected.size);
    for (const row of top.answer.rows) {
      const key = JSON.stringify([row.sourceWorkload ?? null]);
      expect([String(row.octets)], key).toEqual(naiveGroup(expected.get(key) ?? [], query).totals);
    }
    const found = await session.ask('flows', { since: times.from, limit: 100 });
    expect(found.isError, found.text).toBe(false);
    expect(found.answer.rows).toHaveLength(flows.length);
  });
});
