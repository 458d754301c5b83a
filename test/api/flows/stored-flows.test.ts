import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  everyFlow,
  type FlowScope,
  flowsRoute,
  NamespaceScope,
  RecentFlows,
} from '../../../src/api/index.ts';
import { batchOf, type FlowRecord } from '../../../src/flow/index.ts';
import { HttpServer } from '../../../src/http/index.ts';
import { QueryDesk } from '../../../src/query/index.ts';
import { Ledger, systemClock } from '../../../src/runtime/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { HistoryPlace } from '../../support/kept-history.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 0, 31, 10);

const flow = (port: number, sourcePodNamespace: string): FlowRecord => ({
  sourceIP: '10.0.0.1',
  destinationIP: '10.0.0.2',
  destinationTransportPort: port,
  protocolIdentifier: 6,
  sourcePodNamespace,
  sourcePodName: 'web-0',
});

describe('/flows of a process that keeps a history', () => {
  let clock: FakeClock;
  let ledger: Ledger;
  let flows: RecentFlows;
  let place: HistoryPlace;
  let server: HttpServer;
  let directory: string | undefined;
  let scope: FlowScope;
  let troubles: string[];
  const queries = new QueryDesk(systemClock);

  afterAll(() => queries.stop());

  beforeEach(async () => {
    clock = new FakeClock(START_MS);
    ledger = new Ledger();
    flows = new RecentFlows(clock, ledger, { windowMs: 600_000, maxOctets: 1_000_000 });
    place = new HistoryPlace();
    directory = place.directory;
    scope = everyFlow;
    troubles = [];
    await using history = await place.open({}, clock);
    for (let hour = 0; hour < 4; hour++) {
      const batch = batchOf([flow(1_000 + hour, 'shop'), flow(2_000 + hour, 'bank')]);
      flows.write(batch);
      await history.append(batch);
      if (hour < 3) await history.flush();
      if (hour < 3) clock.advance(HOUR_MS);
    }
    const route = flowsRoute(flows, clock, ledger, {
      stored: { history: () => directory, queries, onTrouble: (text) => troubles.push(text) },
      scopeOf: async () => scope,
    });
    server = new HttpServer({ host: '127.0.0.1', port: 0 }, { '/flows': route });
    await server.start();
  });

  afterEach(async () => {
    await server.stop();
    place[Symbol.dispose]();
    expect(ledger.accounts.filter(({ difference }) => difference !== 0)).toEqual([]);
  });

  async function ask(query: string): Promise<{ ports: number[]; reach: string | null; text: string }> {
    const response = await fetch(`${server.url}/flows?${query}`);
    const text = await response.text();
    const lines = text.split('\n').filter(Boolean);
    return {
      ports: lines.map((line) => JSON.parse(line).destinationTransportPort),
      reach: response.headers.get('weir-reaches-back-to'),
      text,
    };
  }

  it('come from there when they are asked from before the window', async () => {
    const since = `since=${new Date(START_MS + HOUR_MS - 1).toISOString()}`;
    const reach = new Date(START_MS).toISOString();
    expect(await ask(since)).toMatchObject({ ports: [1001, 2001, 1002, 2002, 1003, 2003], reach });
    expect(await ask('since=3d&namespace=bank')).toMatchObject({ ports: [2000, 2001, 2002, 2003], reach });
    expect((await ask('since=3d&namespace=bank&last=2')).ports).toEqual([2002, 2003]);
    expect((await ask('since=3d&last=0')).ports).toEqual([]);
    expect(ledger.accounts.find(({ name }) => name === 'http')).toMatchObject({ received: 12, sent: 12 });
    expect(troubles).toEqual([]);
  });

  it('come from the window when it reaches back so far, and when they are followed', async () => {
    clock.advance(60_000);
    expect(await ask('since=10s')).toMatchObject({ ports: [], reach: null });
    expect(await ask('last=1')).toMatchObject({ ports: [2003], reach: null });
    expect(await ask('')).toMatchObject({ ports: [1003, 2003], reach: null });
  });

  it('show of a history no more than the client may read, also by a filter', async () => {
    const mayRead = async (namespace: string | undefined) => namespace === 'shop';
    scope = new NamespaceScope({ mayRead, mayIdentify: async () => false }, 'somebody');
    const all = await ask('since=3d');
    expect(all.ports).toEqual([1000, 1001, 1002, 1003]);
    expect(all.text).not.toContain('bank');
    expect((await ask('since=3d&namespace=bank')).ports).toEqual([]);
    expect((await ask('since=3d&last=3')).ports).toEqual([1001, 1002, 1003]);
    expect((await ask('since=3d&port=1002')).ports).toEqual([1002]);
    expect((await ask('since=3d&where=namespace=bank%20or%20port=2002')).ports).toEqual([]);
    expect((await ask('since=3d&where=namespace!=bank&last=1')).ports).toEqual([1003]);
  });

  it('come from the window when the history cannot be read, and the log says why', async () => {
    directory = `${place.directory}/nowhere`;
    expect(await ask('since=3d')).toMatchObject({ ports: [1003, 2003], reach: null });
    expect(troubles).toEqual([expect.stringContaining('cannot read the history')]);
    directory = place.directory;
    writeFileSync(`${place.directory}/000000000001.parquet`, 'no file of Parquet');
    expect((await ask('since=3d')).ports).toEqual([1001, 2001, 1002, 2002, 1003, 2003, undefined]);
    expect(troubles[1]).toContain('left out 000000000001.parquet');
  });
});
