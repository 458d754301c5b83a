import { type Course, constantCourse, courseAround, incidentCourse, type Recorder } from './recorder.ts';

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
  makeEdge('shop web node-1', 'shop cart node-2', 8080, 2.1e6, 3, 24),
  makeEdge('shop web node-1', 'shop catalog node-3', 8080, 1.4e6, 6, 31),
  {
    ...makeEdge('shop cart node-2', 'payments checkout node-3', 8443, 3.2e5, 1.2, 9),
    unanswered: incidentCourse(courseAround(2.4, 'u'), constantCourse(0.004)),
    loss: 0.03,
  },
  makeEdge('payments checkout node-3', 'payments ledger node-4', 5432, 2.6e5, 2, 4),
  makeEdge('payments checkout node-3', ' partner ', 443, 4.1e4, 1.4, 1.3),
  makeEdge('shop catalog node-3', 'search query node-4', 9200, 7.5e5, 4, 12),
  makeEdge('search indexer node-2', 'search query node-4', 9200, 1.9e6, 0.1, 0.7),
  makeEdge('ingress gateway node-1', 'shop web node-1', 8080, 8.8e5, 5, 46),
  makeEdge('ingress gateway node-1', 'media streams node-2', 8080, 3.1e5, 22, 6),
  makeEdge(' internet ', 'ingress gateway node-1', 443, 1.2e6, 7, 52),
  makeEdge('media encoder node-4', 'media streams node-2', 9000, 2.8e6, 0.05, 0.3),
  { ...makeEdge('ops backup node-2', 'ops archive node-3', 873, 4.2e6, 0.02, 0.05), surge: 26, loss: 0.02 },
  makeEdge('ops metrics node-4', 'shop web node-1', 9090, 2.2e4, 9, 0.3),
  makeEdge('ops metrics node-4', 'payments ledger node-4', 9090, 2.4e4, 9, 0.3),
  {
    ...makeEdge('shop web node-1', 'payments ledger node-4', 5432, 0, 0, 0),
    denied: courseAround(0.35, 'd', 0.6),
  },
  {
    ...makeEdge(' scanners ', 'ingress gateway node-1', 22, 0, 0, 0),
    denied: incidentCourse(courseAround(6.5, 's', 0.5), courseAround(0.8, 's', 0.5)),
  },
  makeEdge('media encoder node-4', ' internet ', 443, 6e5, 0.03, 0.4),
  makeEdge('search crawler node-3', ' internet ', 443, 9e4, 30, 7),
];

function makeEdge(
  from: string,
  to: string,
  port: number,
  octets: number,
  replies: number,
  flows: number,
): Edge {
  const endOf = (text: string) => text.split(' ') as unknown as Edge['from'];
  return { from: endOf(from), to: endOf(to), port, octets, replies, flows };
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
  const addQuantities = (grouping: string, labels: Labels, quantities: Quantities) => {
    const key = JSON.stringify([grouping, labels]);
    const sum = sums.get(key) ?? { labels, quantities: {} };
    for (const [quantity, course] of Object.entries(quantities)) {
      const before = sum.quantities[quantity];
      sum.quantities[quantity] = before ? (minutes) => before(minutes) + course(minutes) : course;
    }
    sums.set(key, sum);
  };
  for (const one of edges) {
    const there = trafficOf(one, one.octets, true);
    const back = trafficOf({ ...one, from: one.to, to: one.from }, one.octets * one.replies, false);
    addPair(addQuantities, one, there, one);
    addPair(addQuantities, { ...one, from: one.to, to: one.from }, back, one);
    addToOpener(addQuantities, one, there, back);
  }
  for (const [key, { labels, quantities }] of sums) {
    const [grouping] = JSON.parse(key) as [string];
    for (const [quantity, course] of Object.entries(quantities))
      recorder.counter(`weir_flow_${grouping}_${quantity}_total`, { ...common, ...labels }, course);
  }
}

type Add = (grouping: string, labels: Labels, quantities: Quantities) => void;

function trafficOf(one: Edge, octets: number, isOpener: boolean): Record<string, Course> {
  const seed = one.from.join() + one.to.join();
  const surged = one.surge === undefined ? octets : octets * one.surge;
  const bytes = incidentCourse(courseAround(surged, seed, 0.05), courseAround(octets, seed));
  const packetsAt: Course = (minutes) => bytes(minutes) / 820;
  const loss = incidentCourse(constantCourse(one.loss ?? 0), constantCourse(0));
  const isWatchedTwice = one.from[2] !== '' && one.to[2] !== '' && one.from[2] !== one.to[2];
  return {
    bytes,
    packets: packetsAt,
    ...(isWatchedTwice && {
      sent_packets: packetsAt,
      received_packets: (minutes: number) => packetsAt(minutes) * (1 - loss(minutes)),
    }),
    ...(isOpener && connectionsOf(one, seed)),
  };
}

function connectionsOf(one: Edge, seed: string): Record<string, Course> {
  const { denied = constantCourse(0), unanswered = constantCourse(0) } = one;
  const flows = courseAround(one.flows, seed);
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
  const pairLabels = (thing: string, name: (end: Edge['from']) => string) => ({
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
    pairLabels('workload', (end) => end[1]),
    carried,
  );
  add(
    'pod',
    pairLabels('pod', (end) => (end[2] ? `${end[1]}-7d9f4c-${end[2].slice(-1)}xk2p` : end[1])),
    pickQuantities(carried, 'bytes', 'packets', 'flows'),
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
      pickQuantities(carried, 'bytes', 'packets'),
    );
}

/** Metrics that count for the end that opened a connection: Services, ranges, policies, ports. */
function addToOpener(add: Add, one: Edge, there: Quantities, back: Quantities): void {
  const { from, to, port, denied } = one;
  add(
    'port',
    { protocol: 'TCP', port: String(port) },
    pickQuantities(there, 'bytes', 'packets', 'flows', 'denied_flows'),
  );
  const rule = denied ? 'default-deny' : `allow-${from[1]}`;
  const addPolicy = (direction: string, [namespace, workload]: Edge['from'], action: string) =>
    add(
      'policy',
      {
        ...(namespace && { policy_namespace: namespace }),
        policy: workload,
        rule,
        action,
        policy_direction: direction,
      },
      pickQuantities(there, 'bytes', 'packets', 'flows'),
    );
  if (to[2]) addPolicy('ingress', to, denied ? 'Drop' : 'Allow');
  if (from[2] && !denied) addPolicy('egress', from, 'Allow');
  if (denied) return;
  if (to[2] && from[2]) {
    const service = { service_namespace: to[0], service_name: to[1], service_port: String(port) };
    const counted = pickQuantities(there, 'bytes', 'packets', 'flows', 'unanswered_flows');
    add('service', { ...service, direction: 'original' }, counted);
    add('service', { ...service, direction: 'reverse' }, pickQuantities(back, 'bytes', 'packets'));
  }
  if (to[2] && from[2]) return;
  const [inside, range] = from[2] ? [from, to] : [to, from];
  const labels = { workload_namespace: inside[0], workload: inside[1], range: range[1] };
  const [egress, ingress] = from[2] ? [there, back] : [back, there];
  add('external', { ...labels, direction: 'egress' }, pickQuantities(egress, 'bytes', 'packets', 'flows'));
  add('external', { ...labels, direction: 'ingress' }, pickQuantities(ingress, 'bytes', 'packets', 'flows'));
}

function pickQuantities(quantities: Quantities, ...names: string[]): Quantities {
  return Object.fromEntries(Object.entries(quantities).filter(([name]) => names.includes(name)));
}
