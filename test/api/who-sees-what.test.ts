import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batchOf, type FlowRecord, FlowType } from '../../src/flow/index.ts';
import type { QueryAnswer } from '../../src/query/index.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { until } from '../support/until.ts';
import { GuardedServer } from './guarded-server.ts';

let server: GuardedServer;

const pods = {
  'shop/cart': { ip: '10.0.0.1', node: 'node-a' },
  'bank/ledger': { ip: '10.0.1.2', node: 'node-b' },
  'dev/tool': { ip: '10.0.2.3', node: 'node-a' },
} as const;
type Pod = keyof typeof pods;

function flowBetween(from: Pod, to: Pod, port: number): FlowRecord {
  const [sourcePodNamespace, sourcePodName] = from.split('/') as [string, string];
  const [destinationPodNamespace, destinationPodName] = to.split('/') as [string, string];
  return {
    ...{ sourcePodNamespace, sourcePodName, destinationPodNamespace, destinationPodName },
    ...{ sourceIP: pods[from].ip, destinationIP: pods[to].ip },
    ...{ sourceNodeName: pods[from].node, destinationNodeName: pods[to].node },
    ...{ destinationTransportPort: port, protocolIdentifier: 6, flowType: FlowType.interNode },
  };
}

const minute = [
  flowBetween('shop/cart', 'bank/ledger', 1),
  flowBetween('shop/cart', 'shop/cart', 2),
  flowBetween('dev/tool', 'bank/ledger', 3),
  flowBetween('dev/tool', 'dev/tool', 4),
];

/** A flow in short: "shop/cart 10.0.0.1 node-a -> ? :1". */
function inShort(line: string): string {
  const flow = JSON.parse(line);
  const end = (name: 'source' | 'destination') => {
    const told = [flow[`${name}PodName`], flow[`${name}IP`], flow[`${name}NodeName`]].filter(Boolean);
    const namespace = flow[`${name}PodNamespace`];
    return told.length === 0 && namespace === undefined ? '?' : `${namespace}/${told.join(' ')}`;
  };
  return `${end('source')} -> ${end('destination')} :${flow.destinationTransportPort}`;
}

const cart = 'shop/cart 10.0.0.1 node-a';
const ledger = 'bank/ledger 10.0.1.2 node-b';
const tool = 'dev/tool 10.0.2.3 node-a';
const expected: Record<string, string[]> = {
  'shop-owner': [`${cart} -> ? :1`, `${cart} -> ${cart} :2`],
  'bank-owner': [`? -> ${ledger} :1`, `${tool} -> ${ledger} :3`],
  'dev-owner': [`${tool} -> ? :3`, `${tool} -> ${tool} :4`],
  admin: [
    `${cart} -> ${ledger} :1`,
    `${cart} -> ${cart} :2`,
    `${tool} -> ${ledger} :3`,
    `${tool} -> ${tool} :4`,
  ],
  nobody: [],
};

beforeEach(async () => {
  server = await new GuardedServer().start();
  const both = (what: string) => [`list ${what}`, `watch ${what}`];
  server.know('shop-owner', ...both('flows shop'));
  server.know('bank-owner', ...both('flows bank'), ...both('flows/identity dev'));
  server.know('dev-owner', ...both('flows dev'));
  server.know('admin', ...both('flows *'));
  server.know('nobody');
});

afterEach(() => server[Symbol.asyncDispose]());

const lines = (text: string) => text.split('\n').filter(Boolean);

describe.each(Object.keys(expected))('%s', (user) => {
  it('sees exactly what is theirs of a minute of flows, from the window', async () => {
    server.recent.write(batchOf(minute));
    const answer = await server.ask('/flows', user);
    expect(answer.status).toBe(200);
    expect(lines(await answer.text()).map(inShort)).toEqual(expected[user]);
    expect(lines(await (await server.ask('/flows?last=1', user)).text()).map(inShort)).toEqual(
      expected[user]!.slice(-1),
    );
  });

  it('sees exactly that also live', async () => {
    const answer = await server.ask('/flows?follow=true', user);
    const reader = answer.body!.getReader();
    let text = '';
    const reading = (async () => {
      for (let part = await reader.read(); !part.done; part = await reader.read())
        text += Buffer.from(part.value).toString();
    })().catch(() => {});
    server.recent.write(batchOf(minute));
    await until('all flows', () => lines(text).length === expected[user]!.length && server.hasSettled(2));
    if (user !== 'admin') await until('reviews of all namespaces', () => server.hasSettled(5));
    server.know(user, 'watch flows *');
    server.clock.advance(60_001);
    server.recent.write(batchOf([flowBetween('dev/tool', 'shop/cart', 5)]));
    await until(
      'a later flow, with rights that have come since',
      () => lines(text).map(inShort).at(-1) === `${tool} -> ${cart} :5`,
    );
    expect(lines(text).map(inShort).slice(0, -1)).toEqual(expected[user]);
    await reader.cancel();
    await reading;
  });

  it('sees exactly that also in the table', async () => {
    server.table = minute;
    const found = (await server.json('/flowrecords', user)) as Record<string, unknown>[];
    const asJson = found.map((flow) =>
      JSON.stringify(
        Object.fromEntries(
          Object.entries(flow)
            .filter(([, value]) => value !== '')
            .map(([key, value]) => [key.replace(/IPv4Address$/, 'IP'), value]),
        ),
      ),
    );
    expect(asJson.map(inShort)).toEqual(expected[user]);
  });
});

describe('questions about the past', () => {
  let place: HistoryPlace;

  beforeEach(async () => {
    place = new HistoryPlace();
    await using history = await place.open({}, server.clock);
    await history.append(batchOf(minute.slice(0, 2)));
    await history.flush();
    await history.append(batchOf(minute.slice(2)));
    server.directory = place.directory;
    server.clock.advance(1);
  });
  afterEach(() => place[Symbol.dispose]());

  /** Groups in short, as flows: "shop/cart 10.0.0.1 node-a -> ? :1". */
  async function groupsOf(user: string, where = ''): Promise<string[]> {
    const ends = (['source', 'destination'] as const).map((end) => [
      `${end}Pod`,
      `${end}Address`,
      `${end}Node`,
    ]);
    const found = await Promise.all(
      ends.map(async (by) => {
        const parameters = new URLSearchParams({ from: '1h', by: ['destinationPort', ...by].join(), where });
        return (await server.json(`/query?${parameters}`, user)) as QueryAnswer;
      }),
    );
    const texts = found.map(
      ({ groups }) =>
        new Map(groups.map(({ key: [port, ...end] }) => [port!, end.filter(Boolean).join(' ') || '?'])),
    );
    return [...texts[0]!.keys()]
      .toSorted()
      .map((port) => `${texts[0]!.get(port)} -> ${texts[1]!.get(port)} :${port}`);
  }

  it.each(Object.keys(expected))(
    'count exactly the flows of %s, with what they show of the ends',
    async (user) => {
      expect(await groupsOf(user)).toEqual(expected[user]);
      const all = (await server.json('/query?from=1h&measures=records', user)) as QueryAnswer;
      expect(all.totals).toEqual([expected[user]!.length]);
    },
  );

  it('are no way to find out by a condition what is hidden', async () => {
    for (const where of ['destinationPod=bank/ledger', 'dst=10.0.1.2', 'node=node-b', 'namespace=bank'])
      expect(await groupsOf('shop-owner', where), where).toEqual([]);
    expect(await groupsOf('shop-owner', 'not destinationPod exists')).toEqual([`${cart} -> ? :1`]);
    expect(await groupsOf('bank-owner', 'sourcePod=dev/tool')).toEqual([`${tool} -> ${ledger} :3`]);
  });

  it('complete the names that somebody may know, each for oneself', async () => {
    const names = async (user: string, dimension: string) =>
      ((await server.json(`/query/values?dimension=${dimension}`, user)) as { values: string[] }).values;
    expect((await names('admin', 'sourcePod')).toSorted()).toEqual(['dev/tool', 'shop/cart']);
    expect(await names('shop-owner', 'sourcePod')).toEqual(['shop/cart']);
    expect(await names('shop-owner', 'destinationAddress')).toEqual(['10.0.0.1']);
    expect(await names('bank-owner', 'sourcePod')).toEqual(['dev/tool']);
    expect(await names('nobody', 'sourcePod')).toEqual([]);
    server.know('shop-owner');
    server.clock.advance(60_001);
    expect(await names('shop-owner', 'sourcePod')).toEqual([]);
  });

  it('have no answer while the API server cannot say who may read what', async () => {
    server.know('late', 'list flows shop');
    expect(await groupsOf('late')).toHaveLength(2);
    server.reviews.fault = new Error('away');
    server.clock.advance(60_001);
    expect((await server.ask('/query?from=1h', 'late')).status).toBe(503);
  });
});

describe('a right', () => {
  it('to list flows is none to follow them', async () => {
    server.know('reader', 'list flows shop');
    server.recent.write(batchOf(minute));
    expect(lines(await (await server.ask('/flows', 'reader')).text())).toHaveLength(2);
    const refused = await server.ask('/flows?follow=true&namespace=shop', 'reader');
    expect(refused.status).toBe(403);
    expect(await refused.json()).toEqual({
      error:
        'reader may not watch flows of namespace shop; a role must allow it for the resource flows.weir.dev there',
    });
  });

  it('that was taken away ends what is seen live, within a minute', async () => {
    const answer = await server.ask('/flows?follow=true', 'shop-owner');
    const reader = answer.body!.getReader();
    server.recent.write(batchOf(minute));
    const first = Buffer.from((await reader.read()).value!).toString();
    expect(lines(first)).toHaveLength(2);
    server.know('shop-owner');
    server.clock.advance(60_001);
    const asked = server.reviews.reviews;
    server.recent.write(batchOf(minute));
    await until('a review', () => server.reviews.reviews > asked + 1);
    server.know('shop-owner', 'watch flows *');
    server.clock.advance(10_001);
    server.recent.write(batchOf([flowBetween('dev/tool', 'dev/tool', 9)]));
    const next = Buffer.from((await reader.read()).value!).toString();
    expect(lines(next).map(inShort)).toEqual([`${tool} -> ${tool} :9`]);
    await reader.cancel();
  });

  it('that cannot be checked ends a live answer, and is no denial', async () => {
    const answer = await server.ask('/flows?follow=true', 'shop-owner');
    const reader = answer.body!.getReader();
    server.recent.write(batchOf(minute));
    await reader.read();
    server.clock.advance(60_001);
    server.reviews.fault = new Error('connect ECONNREFUSED');
    server.recent.write(batchOf(minute));
    await expect(reader.read()).rejects.toThrow();
    expect((await server.ask('/flows', 'shop-owner')).status).toBe(503);
    server.reviews.fault = undefined;
    const again = await server.ask('/flows', 'shop-owner');
    expect(lines(await again.text()).map(inShort)).toEqual([...expected['shop-owner']!]);
  });
});

describe('a query for a namespace', () => {
  it('is refused when neither its flows nor its ends may be known', async () => {
    server.recent.write(batchOf(minute));
    expect((await server.ask('/flows?namespace=bank', 'shop-owner')).status).toBe(403);
    expect((await server.ask('/flows?namespace=bank', 'nobody')).status).toBe(403);
    expect((await server.ask('/flows?namespace=!bank', 'shop-owner')).status).toBe(200);
    const known = await server.ask('/flows?namespace=dev', 'bank-owner');
    expect(lines(await known.text()).map(inShort)).toEqual([`${tool} -> ${ledger} :3`]);
  });
});
