import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  batchOf,
  type FlowRecord,
  parseAddress,
  parseAddressRange,
  rangeContains,
  workloadLength,
} from '../../src/flow/index.ts';
import { defaultLogLayout, LineReader, logqlOf } from '../../src/logs/index.ts';
import { FlowCorpus } from '../support/flow-corpus.ts';
import { type Loki, startLoki } from '../support/loki.ts';
import { logFlows, unhurried } from '../support/loki-flows.ts';
import { requires } from '../support/requires.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 180_000 });

const page = readFileSync(new URL('../../docs/logql.md', import.meta.url), 'utf8');
/** The queries of the page by the questions above them. */
const queries = new Map(
  Array.from(
    page.matchAll(/^### (.+)$(?:(?!^#)[\s\S])*?^```logql\n([\s\S]*?)^```$/gm),
    ([, question, query]) => [question!, query!],
  ),
);

const NOW_MS = Date.now();
const MINUTE_MS = 60_000;
const layout = { omit: [], metadata: [...defaultLogLayout.metadata, 'communityId' as const] };

/** Deployment was half an hour ago. */
const minutesAgo = [20 * 60, 5 * 60, 45, 10] as const;

let nextId = 1_000_000_000_000;

/** A flow of 2 s that ended so many minutes ago. */
function flow(minutes: number, more: FlowRecord): FlowRecord {
  const end = NOW_MS - minutes * MINUTE_MS;
  return {
    flowId: nextId++,
    flowStartMilliseconds: end - 2_000,
    flowEndMilliseconds: end,
    flowEndReason: 3,
    sourceIP: '10.244.1.7',
    destinationIP: '10.244.2.9',
    sourceTransportPort: 40_000 + (nextId % 10_000),
    destinationTransportPort: 8080,
    protocolIdentifier: 6,
    octetTotalCount: 1_000,
    octetDeltaCount: 1_000,
    packetTotalCount: 10,
    packetDeltaCount: 10,
    reverseOctetTotalCount: 3_000,
    reverseOctetDeltaCount: 3_000,
    reversePacketTotalCount: 10,
    reversePacketDeltaCount: 10,
    flowType: 2,
    ...more,
  };
}

const cart = { sourcePodNamespace: 'shop', sourcePodName: 'cart-7d9f8b6c5d-x2k4p', sourceNodeName: 'node-1' };
const web = {
  sourceIP: '10.244.3.3',
  sourcePodNamespace: 'front',
  sourcePodName: 'web-0',
  sourceNodeName: 'node-3',
};
const batchJob = {
  sourceIP: '10.244.4.4',
  sourcePodNamespace: 'batch',
  sourcePodName: 'job-x9k2p',
  sourceNodeName: 'node-1',
};
const toCart = {
  destinationIP: '10.244.1.7',
  destinationPodNamespace: 'shop',
  destinationPodName: cart.sourcePodName,
  destinationNodeName: 'node-1',
  destinationServicePortName: 'shop/cart:http',
};
const toDb = {
  destinationTransportPort: 5432,
  destinationPodNamespace: 'shop',
  destinationPodName: 'db-0',
  destinationNodeName: 'node-2',
  destinationServicePortName: 'shop/db:postgres',
};
const outside = { flowType: 3, destinationIP: '198.51.100.7', destinationTransportPort: 443 };
const byBoth = { octetTotalCountFromSourceNode: 1_000, octetTotalCountFromDestinationNode: 1_000 };
const bySource = { octetTotalCountFromSourceNode: 1_000 };
const ingress = (name: string, action: number) => ({
  ingressNetworkPolicyNamespace: 'shop',
  ingressNetworkPolicyName: name,
  ingressNetworkPolicyRuleAction: action,
});
const egress = (name: string, action: number) => ({
  egressNetworkPolicyNamespace: 'shop',
  egressNetworkPolicyName: name,
  egressNetworkPolicyRuleAction: action,
});
const times = <T>(count: number, one: () => T): T[] => Array.from({ length: count }, one);

/** What there is of each question at one of the times; some of it only to be left out. */
function flowsOf(minutes: (typeof minutesAgo)[number]): FlowRecord[] {
  const always = [
    flow(minutes, { ...cart, ...toDb, ...byBoth }),
    flow(minutes, { ...web, ...toCart, ...byBoth }),
  ];
  if (minutes === 45) {
    return [
      ...always,
      ...times(3, () => flow(minutes, { ...web, ...toCart, ...ingress('open', 1), ...bySource })),
      ...times(4, () => flow(minutes, { ...batchJob, ...toCart, ...byBoth })),
      flow(minutes, {
        sourceIP: '128.232.110.120',
        sourceTransportPort: 34_855,
        destinationIP: '66.35.250.204',
        destinationTransportPort: 80,
      }),
    ];
  }
  if (minutes === 10) {
    return [
      ...always,
      ...times(6, () => flow(minutes, { ...web, ...toCart, ...ingress('open', 1), ...byBoth })),
      flow(minutes, { ...batchJob, ...toCart, ...byBoth }),
      flow(minutes, { ...web, ...toDb }), // for the first time
      flow(minutes, { ...cart, ...toDb, ...ingress('db-clients', 2) }),
      flow(minutes, { ...web, ...toDb, ...ingress('db-clients', 3), ...egress('other', 1) }),
      flow(minutes, { ...cart, ...toDb, ...egress('db-clients', 3) }),
      flow(minutes, { ...cart, ...toDb, ...ingress('db-clients', 1), ...egress('other', 2) }),
      flow(minutes, { ...cart, ...toDb, ...ingress('db-clients', 1) }),
      flow(minutes, {
        ...cart,
        sourcePodName: 'cart2-7d9f8b6c5d-x2k4p',
        ...toDb,
        ...ingress('db-clients', 2),
      }),
      flow(minutes, { ...cart, ...outside, octetDeltaCount: 5_000_000 }),
      flow(minutes, { ...cart, ...outside, destinationIP: '198.51.101.7', octetDeltaCount: 9_000_000 }),
      flow(minutes, { ...web, ...outside, octetDeltaCount: 50_000_000, reverseOctetDeltaCount: 1_000 }),
      flow(minutes, { ...web, ...outside, octetDeltaCount: 50_000_000, reverseOctetDeltaCount: 40_000_000 }),
      flow(minutes, { ...web, flowStartMilliseconds: NOW_MS - 3 * 60 * MINUTE_MS }),
      flow(minutes, {
        sourceIP: '66.35.250.204',
        sourceTransportPort: 80,
        destinationIP: '128.232.110.120',
        destinationTransportPort: 34_855,
      }),
      { flowId: nextId++, flowEndMilliseconds: NOW_MS - 10 * MINUTE_MS, protocolIdentifier: 47 }, // nearly all dashes
    ];
  }
  return always;
}

type Row = FlowRecord;
const since = (rows: readonly Row[], minutes: number, until = 0): Row[] =>
  rows.filter(
    ({ flowEndMilliseconds: end }) =>
      end! > NOW_MS - minutes * MINUTE_MS && end! <= NOW_MS - until * MINUTE_MS,
  );
const inRange = (address: string | undefined, range: string): boolean =>
  address !== undefined && rangeContains(parseAddressRange(range)!, parseAddress(address)!);
const denies = (action: number | undefined): boolean => action === 2 || action === 3;
const ids = (rows: readonly Row[]): number[] => rows.map(({ flowId }) => flowId!).toSorted();

/** Sums by some fields, in the form that `Loki.query` gives them, with empty names left out as Loki does. */
function sums(
  rows: readonly Row[],
  by: (row: Row) => Record<string, string | undefined>,
  value: (row: Row) => number = () => 1,
) {
  const found = new Map<string, number>();
  for (const row of rows) {
    const labels = Object.entries(by(row))
      .filter(([, text]) => text !== undefined)
      .sort();
    const key = JSON.stringify(Object.fromEntries(labels));
    found.set(key, (found.get(key) ?? 0) + value(row));
  }
  return found;
}

const observer = (row: Row): string | undefined => {
  const [source, destination] = [row.octetTotalCountFromSourceNode, row.octetTotalCountFromDestinationNode];
  if (source === undefined) return destination === undefined ? undefined : 'destination';
  return destination === undefined ? 'source' : 'both';
};
const verdict = (row: Row): string | undefined =>
  [undefined, 'Allow', 'Drop', 'Reject'][
    Math.max(row.ingressNetworkPolicyRuleAction ?? 0, row.egressNetworkPolicyRuleAction ?? 0)
  ];
const ends = (row: Row) => ({
  sourcePodNamespace: row.sourcePodNamespace,
  sourcePodName: row.sourcePodName,
  destinationPodNamespace: row.destinationPodNamespace,
  destinationPodName: row.destinationPodName,
});
const greatest = (found: Map<string, number>, count: number) =>
  new Map([...found].toSorted(([, one], [, other]) => other - one).slice(0, count));
const inCluster = (rows: readonly Row[]) => rows.filter(({ flowType }) => flowType === 1 || flowType === 2);
const pair = (row: Row) => ({
  sourcePodNamespace: row.sourcePodNamespace,
  destinationPodNamespace: row.destinationPodNamespace,
  destinationServicePortName: row.destinationServicePortName,
});
const ofCart = ({ destinationServicePortName }: Row) => destinationServicePortName === 'shop/cart:http';
const isOneConnection = ({ sourceTransportPort: from, destinationTransportPort: to }: Row) =>
  (from === 34_855 && to === 80) || (from === 80 && to === 34_855);

/** What each question's answer is, worked out from the records: numbers of records, or sums. */
const answers: Record<string, (rows: readonly Row[]) => number[] | Map<string, number>> = {
  'With whom does a Pod talk?': (rows) =>
    sums(
      since(rows, 60).filter((row) =>
        [row.sourcePodName, row.destinationPodName].includes(cart.sourcePodName),
      ),
      ({ sourcePodName, sourceIP, destinationPodName, destinationIP }) => ({
        sourcePodName,
        sourceIP,
        destinationPodName,
        destinationIP,
      }),
    ),
  'What has a policy denied?': (rows) =>
    ids(
      rows.filter(
        (row) =>
          (row.ingressNetworkPolicyName === 'db-clients' && denies(row.ingressNetworkPolicyRuleAction)) ||
          (row.egressNetworkPolicyName === 'db-clients' && denies(row.egressNetworkPolicyRuleAction)),
      ),
    ),
  'Who talks to a range of addresses outside, and how much is sent there?': (rows) =>
    greatest(
      sums(
        since(rows, 60).filter((row) => row.flowType === 3 && inRange(row.destinationIP, '198.51.100.0/24')),
        ({ sourcePodNamespace, sourcePodName }) => ({ sourcePodNamespace, sourcePodName }),
        (row) => row.octetDeltaCount!,
      ),
      10,
    ),
  'Which flows are behind an alert?': (rows) =>
    ids(
      rows.filter(
        (row) =>
          row.sourcePodNamespace === 'shop' &&
          row.sourcePodName!.slice(0, workloadLength(row.sourcePodName!)) === 'cart' &&
          (denies(row.ingressNetworkPolicyRuleAction) || denies(row.egressNetworkPolicyRuleAction)),
      ),
    ),
  'Between which nodes do the flows of a Service run, and who has reported them?': (rows) =>
    sums(since(rows, 60).filter(ofCart), (row) => ({
      sourceNodeName: row.sourceNodeName,
      destinationNodeName: row.destinationNodeName,
      observedBy: observer(row),
    })),
  'Which connections have been there for long?': (rows) =>
    ids(rows.filter((row) => row.flowEndMilliseconds! - row.flowStartMilliseconds! > 2 * 60 * MINUTE_MS)),
  'Which flows carry much one way and little back?': (rows) =>
    ids(
      rows.filter(
        (row) =>
          row.octetDeltaCount! > 10_000_000 && row.reverseOctetDeltaCount! / row.octetDeltaCount! < 0.01,
      ),
    ),
  'What goes from one range of addresses to outside another?': (rows) =>
    ids(
      rows.filter(
        (row) =>
          inRange(row.sourceIP, '10.244.0.0/16') &&
          !inRange(row.destinationIP, '10.0.0.0/8') &&
          !inRange(row.destinationIP, 'fd00::/8'),
      ),
    ),
  'Which pairs of Pods have the most octets?': (rows) =>
    greatest(
      sums(since(rows, 60), ends, (row) => (row.octetDeltaCount ?? 0) + (row.reverseOctetDeltaCount ?? 0)),
      5,
    ),
  'At what rate does each workload send, in bits per second?': (rows) =>
    sums(
      since(rows, 15).filter((row) => row.sourcePodName !== undefined),
      ({ sourcePodNamespace, sourcePodName }) => ({
        sourcePodNamespace,
        workload: sourcePodName!.replace(/(-[a-z0-9]{6,10})?-[a-z0-9]{5}$/, ''),
      }),
      (row) => (8 * row.octetDeltaCount!) / (15 * 60),
    ),
  'Which pairs talk for the first time?': (rows) => {
    const before = sums(inCluster(since(rows, 25 * 60, 60)), pair);
    return new Map([...sums(inCluster(since(rows, 60)), pair)].filter(([key]) => !before.has(key)));
  },
  'What became of one connection, by its two ends?': (rows) => ids(rows.filter(isOneConnection)),
  'What became of one connection, by its community ID?': (rows) => ids(rows.filter(isOneConnection)),
  'What has a deployment changed?': (rows) => {
    const by = (row: Row) => ({ sourcePodNamespace: row.sourcePodNamespace, verdict: verdict(row) });
    const before = sums(since(rows, 60, 30).filter(ofCart), by);
    const after = sums(since(rows, 30).filter(ofCart), by);
    return new Map(
      [...after].filter(([key]) => before.has(key)).map(([key, count]) => [key, count / before.get(key)!]),
    );
  },
};

describe('docs/logql.md', () => {
  it('has the questions whose answers are tried, and the pattern that lines have', () => {
    expect([...queries.keys()]).toEqual(Object.keys(answers));
    const [, printed] = /npx weir logql (.*)\n/.exec(page)!;
    expect(printed).toBe("--dst 198.51.100.0/24 --action '!allow'");
    expect(page).toContain(logqlOf({ dst: ['198.51.100.0/24'], action: ['!allow'] }));
  });
});

requires('loki')('a query of docs/logql.md', () => {
  let loki: Loki;
  const rows: FlowRecord[] = [];

  beforeAll(async () => {
    loki = await startLoki({ limits: unhurried });
    for (const minutes of minutesAgo) {
      const startMs = NOW_MS - minutes * MINUTE_MS;
      const busy = [...new FlowCorpus({ records: 150, startMs }).batches()];
      const batches = [...busy, batchOf(flowsOf(minutes))];
      rows.push(...batches.flatMap((batch) => [...batch]));
      await logFlows(loki, batches, layout, startMs + 1_000);
    }
    await loki.flush(); // what is older than three hours Loki looks for on disk alone
  });

  afterAll(() => loki?.[Symbol.asyncDispose]());

  it.each([...queries])('answers: %s', async (question, query) => {
    const answer = answers[question]!(rows);
    if (Array.isArray(answer)) {
      const day = 24 * 60 * MINUTE_MS;
      const span = { startNs: BigInt(NOW_MS - day) * 1_000_000n, endNs: BigInt(NOW_MS) * 1_000_000n };
      const reader = new LineReader(layout);
      const found = await loki.lines(query, span);
      expect(answer.length).toBeGreaterThan(0);
      expect(answer.length).toBeLessThan(rows.length / 2);
      expect(ids(found.map((line) => reader.read(line)!.record))).toEqual(answer);
      return;
    }
    const found = await loki.query(query, BigInt(NOW_MS) * 1_000_000n);
    const values = new Map(
      found.map(({ labels, value }) => [
        JSON.stringify(Object.fromEntries(Object.entries(labels).sort())),
        value,
      ]),
    );
    expect(answer.size).toBeGreaterThan(0);
    expect([...values.keys()].sort()).toEqual([...answer.keys()].sort());
    for (const [key, value] of answer) expect(values.get(key), key).toBeCloseTo(value, 6);
  });
});
