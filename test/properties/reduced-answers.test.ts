import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type FlowScope, flowsRoute, NamespaceScope, RecentFlows } from '../../src/api/index.ts';
import { queryRoutes, type UsedValuesAnswer } from '../../src/api/query/index.ts';
import { batchOf, dimensionNames, type FlowRecord, measureNames } from '../../src/flow/index.ts';
import { HttpServer } from '../../src/http/index.ts';
import { type QueryAnswer, QueryDesk } from '../../src/query/index.ts';
import { Ledger, systemClock } from '../../src/runtime/index.ts';
import { expectCounted } from '../support/expected-answer.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { recordOfLine } from '../support/naive-answer.ts';
import { type KeptRecord, naiveDimensions } from '../support/naive-totals.ts';

const START_MS = Date.UTC(2026, 0, 31, 12);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const namespaces = ['shop', 'bank', 'dev', 'shop/x', 'sho'];
const rare = <T>(value: T) => fc.constantFrom(undefined, undefined, value);
const count = fc.constantFrom(undefined, 0, 1, 1_000, 2 ** 60);

/** A flow between namespaces, nodes and the outside, with all that decides who may know its ends. */
const anyFlow = fc
  .record({
    sourcePodNamespace: fc.constantFrom(undefined, ...namespaces),
    sourcePodName: fc.constantFrom(undefined, 'web-0', 'db-0'),
    sourceWorkloadName: rare('web'),
    sourceNodeName: fc.constantFrom(undefined, 'node-a', 'node-b'),
    sourceNodeUUID: rare('uid'),
    sourceZone: rare('zone-a'),
    sourceRangeName: rare('office'),
    sourceIP: fc.constantFrom(undefined, '10.0.0.1', '198.51.100.7', 'fd00::1'),
    proxySnatIP: fc.constantFrom(undefined, '0.0.0.0', '192.0.2.1'),
    destinationPodNamespace: fc.constantFrom(undefined, ...namespaces),
    destinationPodName: fc.constantFrom(undefined, 'web-0', 'db-0'),
    destinationNodeName: fc.constantFrom(undefined, 'node-a'),
    destinationIP: fc.constantFrom(undefined, '10.0.0.2', '203.0.113.9'),
    destinationServicePortName: fc.constantFrom(undefined, 'shop/web:http', 'bank/db:sql', '/x', 'shop'),
    destinationTransportPort: fc.constantFrom(80, 443),
    protocolIdentifier: fc.constantFrom(6, 17),
    flowType: fc.constantFrom(undefined, 1, 2, 3, 4),
    ingressNetworkPolicyNamespace: rare('bank'),
    ingressNetworkPolicyName: rare('in'),
    ingressNetworkPolicyRuleAction: fc.constantFrom(undefined, 1, 2),
    egressNetworkPolicyName: rare('out'),
    originalExporterIP: rare('192.0.2.9'),
    octetDeltaCount: count,
    octetTotalCount: count,
    reverseOctetDeltaCount: count,
  })
  .map((flow) => Object.fromEntries(Object.entries(flow).filter(([, value]) => value !== undefined)))
  .map((flow) => flow as FlowRecord);

const storing = fc.record({
  records: fc.array(anyFlow, { minLength: 1, maxLength: 8 }),
  afterMs: fc.constantFrom(1, 999, MINUTE_MS, 17 * MINUTE_MS, HOUR_MS),
  becomesFile: fc.boolean(),
});

const anyRights = fc.record({
  readable: fc.subarray(namespaces),
  identified: fc.subarray([...namespaces, '*']),
});

/** Oracles: conditions on what may be hidden. */
const conditions = [
  '',
  '',
  'sourcePod=bank/db-0',
  'not destinationPod exists',
  'destination=10.0.0.2 or source=10.0.0.1',
  'namespace!=bank',
  'destinationNamespace=shop or service="bank/db:sql"',
  'sourceNode=node-a',
  'not (ingressPolicy="bank/in" or egressPolicy exists)',
  'sourceWorkload=shop/web or destinationWorkload exists',
  'destinationPort=80 and not verdict=Drop',
];

const anyQuestion = fc.record({
  fromMs: fc.constantFrom(-HOUR_MS, 0, MINUTE_MS, 61 * MINUTE_MS),
  lengthMs: fc.constantFrom(1_000, 5 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS, 8 * HOUR_MS),
  where: fc.constantFrom(...conditions),
  by: fc.uniqueArray(fc.constantFrom(...dimensionNames), { maxLength: 3 }),
  measures: fc.uniqueArray(fc.constantFrom(...measureNames), { minLength: 1, maxLength: 3 }),
  top: fc.integer({ min: 1, max: 6 }),
  step: fc.constantFrom(undefined, undefined, '7m', '1h'),
  compare: fc.constantFrom(undefined, undefined, '1h', 'previous'),
});

describe('what a reader of some namespaces is answered', () => {
  const queries = new QueryDesk(systemClock);
  let clock: FakeClock;
  let place: HistoryPlace;
  let scope: FlowScope;
  let server: HttpServer;

  afterAll(() => queries.stop());

  async function serve(): Promise<void> {
    const ledger = new Ledger();
    const recent = new RecentFlows(clock, ledger, { windowMs: 1, maxOctets: 1_000_000 });
    const history = () => place.directory;
    const scopeOf = async () => scope;
    const stored = { history, queries, onTrouble: () => {} };
    server = new HttpServer(
      { host: '127.0.0.1', port: 0 },
      {
        '/flows': flowsRoute(recent, clock, ledger, { scopeOf, stored }),
        ...queryRoutes({ clock, history, queries, scopeOf }),
      },
    );
    await server.start();
  }

  const read = async (path: string, init?: RequestInit): Promise<string> => {
    const response = await fetch(`${server.url}${path}`, init);
    const text = await response.text();
    expect(response.status, text).toBe(200);
    return text;
  };

  /** What /flows shows of the history. Each record tells when it was stored. */
  async function shownFlows(): Promise<KeptRecord[]> {
    const lines = (await read('/flows?since=30d')).split('\n').filter(Boolean);
    return lines.map((line) => {
      const { flowEndMilliseconds, ...record } = recordOfLine(line);
      return { record, timeMs: flowEndMilliseconds! };
    });
  }

  it('is exactly what /flows shows, counted, for any rights and any question', async () => {
    const [tiers, hidden] = [new Set<string>(), new Set<string>()];
    await fc.assert(
      fc.asyncProperty(
        fc.array(storing, { minLength: 2, maxLength: 8 }),
        fc.array(fc.tuple(anyRights, fc.array(anyQuestion, { minLength: 6, maxLength: 6 })), {
          minLength: 3,
          maxLength: 3,
        }),
        async (storings, asking) => {
          using ownPlace = new HistoryPlace();
          place = ownPlace;
          clock = new FakeClock(START_MS);
          await using history = await place.open({}, clock);
          let all = 0;
          for (const { records, afterMs, becomesFile } of storings) {
            const flowEndMilliseconds = clock.now();
            all += records.length;
            await history.append(batchOf(records.map((record) => ({ ...record, flowEndMilliseconds }))));
            if (becomesFile) await history.flush();
            clock.advance(afterMs);
          }
          await serve();
          try {
            for (const [{ readable, identified }, questions] of asking) {
              scope = new NamespaceScope(
                {
                  mayRead: async (name = '*') => readable.includes(name),
                  mayIdentify: async (name = '*') => identified.includes(name),
                },
                'somebody',
                JSON.stringify([readable, identified]),
              );
              const shown = await shownFlows();
              if (shown.length < all) hidden.add('records');
              for (const { fromMs, lengthMs, ...rest } of questions) {
                const from = START_MS + fromMs;
                const [fromText, to] = [from, from + lengthMs].map((ms) => new Date(ms).toISOString());
                const question = { ...rest, from: fromText, to };
                const answer = await read('/query', { method: 'POST', body: JSON.stringify(question) });
                tiers.add(expectReduced(JSON.parse(answer), shown, question));
              }
              await expectValues(shown);
            }
          } finally {
            await server.stop();
          }
        },
      ),
      { numRuns: 4, endOnFailure: true },
    );
    expect([...hidden]).toEqual(['records']);
    expect([...tiers].join(), 'sums answer, too').toMatch(/minutes|hours/);
  });

  /** @returns the tiers that answered */
  function expectReduced(answer: QueryAnswer, shown: readonly KeptRecord[], question: object): string {
    expectCounted(answer, shown, question, clock.now());
    const { coverage } = answer;
    // Nothing tells how much others have.
    expect(coverage.unreadableRecords).toBe(0);
    expect(coverage.notices.filter((notice) => !/^(The compared time|Before) /.test(notice))).toEqual([]);
    expect(coverage).not.toHaveProperty('rows');
    expect(coverage).not.toHaveProperty('files');
    return coverage.tiers.join();
  }

  /** Completions are values of the last hour that the reader has seen. */
  async function expectValues(shown: readonly KeptRecord[]): Promise<void> {
    const newest = shown.filter(({ timeMs }) => timeMs >= clock.now() - HOUR_MS && timeMs < clock.now());
    for (const dimension of ['sourcePod', 'destination', 'service', 'sourceNamespace'] as const) {
      const { values } = JSON.parse(await read(`/query/values?dimension=${dimension}`)) as UsedValuesAnswer;
      const known = newest
        .map(({ record }) => naiveDimensions[dimension](record))
        .filter((value) => value !== null);
      expect(values.toSorted(), dimension).toEqual([...new Set(known)].toSorted());
    }
  }
});
