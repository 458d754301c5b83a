import { batchOf, EndReason, type FlowRecord, Protocol, RuleAction } from '../../src/flow/index.ts';
import { FakeClock } from './fake-clock.ts';
import type { HistoryPlace } from './kept-history.ts';

/*
 * Two hours of a small shop, whose sums a person can add up. In the second hour the cart has a new peer, has
 * lost one, and carries three times as much.
 */

const HOUR_MS = 3_600_000;
/** When the first hour begins: the history has nothing before. */
export const SHOP_MS = Date.UTC(2026, 0, 31, 12);
export const [secondHourMs, shopEndMs] = [SHOP_MS + HOUR_MS, SHOP_MS + 2 * HOUR_MS];

const ports: Readonly<Record<string, number>> = { db: 5432, cache: 6379, mail: 25 };

/** A flow between two workloads, told by one record. */
export function shopFlow(
  source: string,
  destination: string,
  octets: number,
  more: FlowRecord = {},
): FlowRecord {
  const [[sourcePodNamespace, from], [destinationPodNamespace, to]] = [source, destination].map((end) =>
    end.split('/'),
  ) as [[string, string], [string, string]];
  return {
    flowEndReason: EndReason.end,
    sourceIP: '10.0.0.1',
    destinationIP: '10.0.0.2',
    sourceTransportPort: 40_000,
    destinationTransportPort: ports[to] ?? 8080,
    protocolIdentifier: Protocol.tcp,
    octetDeltaCount: octets,
    octetTotalCount: octets,
    packetDeltaCount: 1,
    packetTotalCount: 1,
    reverseOctetDeltaCount: 0,
    reverseOctetTotalCount: 0,
    reversePacketDeltaCount: 1,
    reversePacketTotalCount: 1,
    sourcePodNamespace,
    sourcePodName: `${from}-0`,
    sourceWorkloadName: from,
    destinationPodNamespace,
    destinationPodName: `${to}-0`,
    destinationWorkloadName: to,
    ...more,
  };
}

const denied: FlowRecord = {
  ingressNetworkPolicyNamespace: 'shop',
  ingressNetworkPolicyName: 'only-cart',
  ingressNetworkPolicyRuleName: 'default',
  ingressNetworkPolicyRuleAction: RuleAction.drop,
};
const allowed: FlowRecord = {
  ...denied,
  ingressNetworkPolicyRuleName: 'cart',
  ingressNetworkPolicyRuleAction: RuleAction.allow,
};

const repeated = (count: number, flow: FlowRecord): FlowRecord[] => Array.from({ length: count }, () => flow);

const firstHour = [
  ...repeated(10, shopFlow('shop/web', 'shop/cart', 1_000)),
  ...repeated(5, shopFlow('shop/cart', 'shop/db', 200, allowed)),
  ...repeated(3, shopFlow('shop/cart', 'shop/cache', 500)),
  ...repeated(2, shopFlow('bank/teller', 'bank/ledger', 700)),
];
const secondHour = [
  ...repeated(10, shopFlow('shop/web', 'shop/cart', 3_000)),
  ...repeated(5, shopFlow('shop/cart', 'shop/db', 200, allowed)),
  ...repeated(2, shopFlow('shop/cart', 'infra/mail', 900)),
  ...repeated(4, shopFlow('bank/teller', 'shop/db', 60, denied)),
  ...repeated(2, shopFlow('bank/teller', 'bank/ledger', 600)),
];

/** Writes both hours into a history: the first is in a file, the second still in the log. */
export async function keepShop(place: HistoryPlace, more: readonly FlowRecord[] = []): Promise<void> {
  const clock = new FakeClock(SHOP_MS);
  await using history = await place.open({ maxAgeMs: 100 * 365 * 86_400_000 }, clock);
  for (const [hour, flows] of [firstHour, [...secondHour, ...more]].entries()) {
    const ends = clock.now();
    const times = { flowStartMilliseconds: ends - 1_000, flowEndMilliseconds: ends };
    clock.advance(60_000);
    await history.append(batchOf(flows.map((flow) => ({ ...times, ...flow }))));
    if (hour === 0) await history.flush();
    clock.advance(HOUR_MS - 60_000);
  }
}
