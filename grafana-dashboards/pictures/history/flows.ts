import { around, type Course, constant, during, type Recorder } from './recorder.ts';

/** The connections that one workload opens to another. */
interface Edge {
  readonly from: readonly [namespace: string, workload: string, node: string];
  readonly to: readonly [namespace: string, workload: string, node: string];
  readonly port: number;
  /** Octets a second to the destination, and octets back for each of them. */
  readonly octets: number;
  readonly replies: number;
  readonly flows: number;
  readonly denied?: Course;
  readonly unanswered?: Course;
  /** Factor on its traffic during the incident. */
  readonly surge?: number;
  readonly loss?: number;
}

const edges: readonly Edge[] = [
  edge('shop web node-1', 'shop cart node-2', 8080, 2.1e6, 3, 24),
  edge('shop web node-1', 'shop catalog node-3', 8080, 1.4e6, 6, 31),
  {
    ...edge('shop cart node-2', 'payments checkout node-3', 8443, 3.2e5, 1.2, 9),
    unanswered: during(around(2.4, 'u'), constant(0.004)),
    loss: 0.03,
  },
  edge('payments checkout node-3', 'payments ledger node-4', 5432, 2.6e5, 2, 4),
  edge('payments checkout node-3', ' partner ', 443, 4.1e4, 1.4, 1.3),
  edge('shop catalog node-3', 'search query node-4', 9200, 7.5e5, 4, 12),
  edge('search indexer node-2', 'search query node-4', 9200, 1.9e6, 0.1, 0.7),
  edge('ingress gateway node-1', 'shop web node-1', 8080, 8.8e5, 5, 46),
  edge('ingress gateway node-1', 'media streams node-2', 8080, 3.1e5, 22, 6),
  edge(' internet ', 'ingress gateway node-1', 443, 1.2e6, 7, 52),
  edge('media encoder node-4', 'media streams node-2', 9000, 2.8e6, 0.05, 0.3),
  { ...edge('ops backup node-2', 'ops archive node-3', 873, 4.2e6, 0.02, 0.05), surge: 26, loss: 0.02 },
  edge('ops metrics node-4', 'shop web node-1', 9090, 2.2e4, 9, 0.3),
  edge('ops metrics node-4', 'payments ledger node-4', 9090, 2.4e4, 9, 0.3),
  { ...edge('shop web node-1', 'payments ledger node-4', 5432, 0, 0, 0), denied: around(0.35, 'd', 0.6) },
  {
    ...edge(' scanners ', 'ingress gateway node-1', 22, 0, 0, 0),
    denied: during(around(6.5, 's', 0.5), around(0.8, 's', 0.5)),
  },
  edge('media encoder node-4', ' internet ', 443, 6e5, 0.03, 0.4),
  edge('search crawler node-3', ' internet ', 443, 9e4, 30, 7),
];

function edge(from: string, to: string, port: number, octets: number, replies: number, flows: number): Edge {
  const end = (text: string) => text.split(' ') as unknown as Edge['from'];
  return { from: end(from), to: end(to), port, octets, replies, flows };
}

const zones: Readonly<Record<string, string>> = {
  'node-1': 'zone-a',
  'node-2': 'zone-b',
  'node-3': 'zone-c',
  'node-4': 'zone-a',
};

type Labels = Readonly<Record<string, string>>;
type Quantities = Readonly<Record<string, Course>>;

/** Records the flow metrics of all groupings, as the aggregator would show them. */
export function recordFlows(recorder: Recorder, common: Labels): void {
  const sums = new Map<string, { labels: Labels; quantities: Record<string, Course> }>();
  const add = (grouping: string, labels: Labels, quantities: Quantities) => {
    const key = JSON.stringify([grouping, labels]);
    const sum = sums.get(key) ?? { labels, quantities: {} };
    for (const [quantity, course] of Object.entries(quantities)) {
      const before = sum.quantities[quantity];
      sum.quantities[quantity] = before ? (minutes) => before(minutes) + course(minutes) : course;
    }
    sums.set(key, sum);
  };
  for (const one of edges) {
    const there = carried(one, one.octets, true);
    const back = carried({ ...one, from: one.to, to: one.from }, one.octets * one.replies, false);
    addPair(add, one, there, one);
    addPair(add, { ...one, from: one.to, to: one.from }, back, one);
    addToOpener(add, one, there, back);
  }
  for (const [key, { labels, quantities }] of sums) {
    const [grouping] = JSON.parse(key) as [string];
    for (const [quantity, course] of Object.entries(quantities))
      recorder.counter(`weir_flow_${grouping}_${quantity}_total`, { ...common, ...labels }, course);
  }
}

type Add = (grouping: string, labels: Labels, quantities: Quantities) => void;

function carried(one: Edge, octets: number, isOpener: boolean): Record<string, Course> {
  const seed = one.from.join() + one.to.join();
  const surged = one.surge === undefined ? octets : octets * one.surge;
  const bytes = during(around(surged, seed, 0.05), around(octets, seed));
  const packets: Course = (minutes) => bytes(minutes) / 820;
  const loss = during(constant(one.loss ?? 0), constant(0));
  const isWatchedTwice = one.from[2] !== '' && one.to[2] !== '' && one.from[2] !== one.to[2];
  return {
    bytes,
    packets,
    ...(isWatchedTwice && {
      sent_packets: packets,
      received_packets: (minutes: number) => packets(minutes) * (1 - loss(minutes)),
    }),
    ...(isOpener && opened(one, seed)),
  };
}

function opened(one: Edge, seed: string): Record<string, Course> {
  const { denied = constant(0), unanswered = constant(0) } = one;
  const flows = around(one.flows, seed);
  return {
    flows: (minutes) => flows(minutes) + denied(minutes),
    denied_flows: denied,
    denied_packets: (minutes) => 3 * denied(minutes),
    unanswered_flows: unanswered,
    reset_flows: (minutes) => 0.004 * flows(minutes),
  };
}

const kindOf = (node: string) => (node === '' ? 'Range' : 'Pod');

function addPair(add: Add, { from, to }: Edge, carried: Quantities, { flows, denied }: Edge): void {
  const pair = (thing: string, name: (end: Edge['from']) => string) => ({
    ...(from[0] && { source_namespace: from[0] }),
    [`source_${thing}`]: name(from),
    source_kind: kindOf(from[2]),
    ...(to[0] && { destination_namespace: to[0] }),
    [`destination_${thing}`]: name(to),
    destination_kind: kindOf(to[2]),
  });
  if (flows === 0 && carried.flows === undefined) return;
  add(
    'workload',
    pair('workload', (end) => end[1]),
    carried,
  );
  add(
    'pod',
    pair('pod', (end) => (end[2] ? `${end[1]}-7d9f4c-${end[2].slice(-1)}xk2p` : end[1])),
    only(carried, 'bytes', 'packets', 'flows'),
  );
  add(
    'namespace',
    { ...(from[0] && { source_namespace: from[0] }), ...(to[0] && { destination_namespace: to[0] }) },
    carried,
  );
  add(
    'node',
    { ...(from[2] && { source_node: from[2] }), ...(to[2] && { destination_node: to[2] }) },
    carried,
  );
  if (from[2] && to[2] && denied === undefined)
    add(
      'zone',
      { source_zone: zones[from[2]]!, destination_zone: zones[to[2]]! },
      only(carried, 'bytes', 'packets'),
    );
}

/** Metrics that count for the end that opened a connection: Services, ranges, policies, ports. */
function addToOpener(add: Add, one: Edge, there: Quantities, back: Quantities): void {
  const { from, to, port, denied } = one;
  add(
    'port',
    { protocol: 'TCP', port: String(port) },
    only(there, 'bytes', 'packets', 'flows', 'denied_flows'),
  );
  const rule = denied ? 'default-deny' : `allow-${from[1]}`;
  const policy = (direction: string, [namespace, workload]: Edge['from'], action: string) =>
    add(
      'policy',
      {
        ...(namespace && { policy_namespace: namespace }),
        policy: workload,
        rule,
        action,
        policy_direction: direction,
      },
      only(there, 'bytes', 'packets', 'flows'),
    );
  if (to[2]) policy('ingress', to, denied ? 'Drop' : 'Allow');
  if (from[2] && !denied) policy('egress', from, 'Allow');
  if (denied) return;
  if (to[2] && from[2]) {
    const service = { service_namespace: to[0], service_name: to[1], service_port: String(port) };
    const counted = only(there, 'bytes', 'packets', 'flows', 'unanswered_flows');
    add('service', { ...service, direction: 'original' }, counted);
    add('service', { ...service, direction: 'reverse' }, only(back, 'bytes', 'packets'));
  }
  if (to[2] && from[2]) return;
  const [inside, range] = from[2] ? [from, to] : [to, from];
  const labels = { workload_namespace: inside[0], workload: inside[1], range: range[1] };
  const [egress, ingress] = from[2] ? [there, back] : [back, there];
  add('external', { ...labels, direction: 'egress' }, only(egress, 'bytes', 'packets', 'flows'));
  add('external', { ...labels, direction: 'ingress' }, only(ingress, 'bytes', 'packets', 'flows'));
}

function only(quantities: Quantities, ...names: string[]): Quantities {
  return Object.fromEntries(Object.entries(quantities).filter(([name]) => names.includes(name)));
}
