import { describe, expect, it } from 'vitest';
import { batchOf, Dictionary, type FlowRecord, FlowType } from '../../../src/flow/index.ts';
import { deltas, podToPod, SeriesBed } from './test-bed.ts';

const thither = { source_workload: 'frontend', destination_workload: 'postgres' };
const hither = { source_workload: 'postgres', destination_workload: 'frontend' };
const allGroupings = [
  'node',
  'namespace',
  'workload',
  'pod',
  'service',
  'zone',
  'policy',
  'external',
  'port',
] as const;

describe('a flow', () => {
  it('counts its first deltas and each advance, and reverse traffic in the series with swapped ends', () => {
    const bed = new SeriesBed();
    bed.first(7, { ...podToPod, ...deltas(1000, 10, 200, 4) });
    bed.advance(7, 50, 1, 3, 2);
    expect(bed.values('workload', thither)).toMatchObject({ bytes: 1050, packets: 11, flows: 1 });
    expect(bed.values('workload', hither)).toMatchObject({ bytes: 203, packets: 6, flows: 0 });
    expect(bed.shown('workload')).toHaveLength(2);
  });

  it('is counted once, however often it is reported', () => {
    const bed = new SeriesBed();
    bed.first(0, { ...podToPod, ...deltas(100, 1) });
    bed.later(0, { ...podToPod, ...deltas(500, 5) });
    expect(bed.values('workload', thither)).toMatchObject({ bytes: 100, packets: 1, flows: 1 });
  });

  it('makes no series for a reverse direction without traffic', () => {
    const bed = new SeriesBed();
    bed.first(0, { ...podToPod, ...deltas(100, 1) });
    expect(bed.shown('workload').map(({ labels }) => labels.source_workload)).toEqual(['frontend']);
  });

  it('continues in another series when its names become known, and earlier counts stay', () => {
    const bed = new SeriesBed();
    const { destinationPodName, destinationPodNamespace, destinationNodeName, ...half } = podToPod;
    bed.first(0, { ...half, ...deltas(100, 1, 10, 1) });
    bed.later(0, podToPod);
    bed.advance(0, 7, 1, 3, 1);
    expect(
      bed.values('workload', { destination_workload: 'private', destination_kind: 'Range' }),
    ).toMatchObject({
      bytes: 100,
      flows: 1,
    });
    expect(bed.values('workload', thither)).toMatchObject({ bytes: 7, packets: 1, flows: 0 });
    expect(bed.values('workload', hither)).toMatchObject({ bytes: 3 });
  });

  it('has a number that another flow may reuse after it', () => {
    const bed = new SeriesBed();
    bed.first(3, { ...podToPod, ...deltas(100, 1) });
    bed.series.close(3);
    bed.advance(3, 5, 1, 0, 0);
    bed.first(3, { ...podToPod, destinationPodName: 'redis-0', ...deltas(10, 1) });
    expect(bed.values('workload', thither)).toMatchObject({ bytes: 100, flows: 1 });
    expect(bed.values('workload', { destination_workload: 'redis' })).toMatchObject({ bytes: 10, flows: 1 });
    expect(bed.ledger.accounts[0]!.toJSON()).toMatchObject({ received: 2, sent: 1, held: 1, closed: true });
  });

  it('is read with the dictionary of its batch', () => {
    const bed = new SeriesBed();
    bed.first(0, { ...podToPod, ...deltas(100, 1) });
    bed.dictionary = new Dictionary();
    for (let i = 0; i < 100; i++) bed.dictionary.internText(`other-name-${i}`);
    bed.first(1, { ...podToPod, ...deltas(10, 1) });
    bed.later(0, podToPod);
    bed.advance(0, 1, 1, 0, 0);
    expect(bed.shown('workload')).toHaveLength(1);
    expect(bed.values('workload', thither)).toMatchObject({ bytes: 111, flows: 2 });
  });

  it('counts nothing for absent deltas', () => {
    const bed = new SeriesBed();
    bed.first(0, { ...podToPod, octetDeltaCount: 5 });
    expect(bed.values('workload', thither)).toMatchObject({ bytes: 5, packets: 0, flows: 1 });
  });

  it('reports the delay until its first record was counted', () => {
    const bed = new SeriesBed();
    bed.first(0, { ...podToPod, flowEndMilliseconds: bed.clock.now() - 3_000 });
    bed.later(0, { ...podToPod, flowEndMilliseconds: bed.clock.now() - 90_000 });
    expect(bed.series.delay).toMatchObject({ count: 1, sum: 3 });
    expect(bed.series.delay.counts[bed.series.delay.bounds.indexOf(5)]).toBe(1);
  });
});

describe('a denied flow', () => {
  it('is counted at the first report of its denial, with its packets from then on', () => {
    const bed = new SeriesBed();
    bed.first(0, { ...podToPod, ...deltas(60, 1) });
    bed.later(0, { ...podToPod, ingressNetworkPolicyRuleAction: 2 });
    bed.advance(0, 120, 2, 0, 0);
    bed.later(0, { ...podToPod, ingressNetworkPolicyRuleAction: 2 });
    expect(bed.values('workload', thither)).toMatchObject({ packets: 3, denied_flows: 1, denied_packets: 2 });
  });

  it('counts the reverse packets if answers are denied, even when the client is on another node', () => {
    const bed = new SeriesBed();
    const answers = {
      ingressNetworkPolicyRuleAction: 2,
      reversePacketTotalCount: 3,
      reversePacketDeltaCount: 3,
    };
    bed.first(0, { ...podToPod, ...answers });
    bed.first(1, {
      ...podToPod,
      ...answers,
      packetTotalCount: 1,
      packetDeltaCount: 1,
      packetTotalCountFromSourceNode: 1,
      reversePacketTotalCountFromSourceNode: 0,
      reversePacketTotalCountFromDestinationNode: 3,
    });
    bed.advance(1, 60, 1, 0, 0); // its client tries again
    expect(bed.values('workload', thither)).toMatchObject({ packets: 2, denied_flows: 2, denied_packets: 6 });
  });

  it('is shown as the latest example of its series, in the words of filters', () => {
    const bed = new SeriesBed();
    const denied = { ...podToPod, ingressNetworkPolicyRuleAction: 3, ...deltas(60, 1) };
    bed.first(0, denied);
    bed.clock.advance(500);
    bed.first(1, { ...denied, sourceIP: '2001:db8::1', sourceTransportPort: 50_000 });
    const table = bed.table('workload');
    const measure = table.measures.findIndex(({ name }) => name === 'weir_flow_workload_denied_flows_total');
    expect(table.exemplar!(measure, 2)).toEqual({
      labels: { src: '[2001:db8::1]:50000', dst: '10.10.1.1:8080', proto: 'TCP' },
      value: 1,
      at: bed.clock.now(),
    });
    expect(table.exemplar!(0, 2)).toBeUndefined();
  });

  it('is not unanswered', () => {
    const bed = new SeriesBed();
    const over = { ...podToPod, ...deltas(60, 1), reversePacketTotalCount: 0, flowEndReason: 3 };
    bed.first(0, { ...over, egressNetworkPolicyRuleAction: 3 });
    expect(bed.values('workload', thither)).toMatchObject({
      denied_flows: 1,
      denied_packets: 1,
      unanswered_flows: 0,
    });
  });
});

describe('an ended flow', () => {
  const unanswered = { ...podToPod, ...deltas(60, 1), reversePacketTotalCount: 0 };

  it('is counted once as unanswered if no packet came back', () => {
    const bed = new SeriesBed();
    bed.first(0, unanswered);
    expect(bed.values('workload', thither)).toMatchObject({ unanswered_flows: 0 });
    bed.later(0, { ...unanswered, flowEndReason: 1 });
    bed.later(0, { ...unanswered, flowEndReason: 3 });
    expect(bed.values('workload', thither)).toMatchObject({ unanswered_flows: 1 });
  });

  it.each([
    ['a packet came back', { reversePacketTotalCount: 1 }],
    ['it was cut off by the one who watched', { flowEndReason: 4 }],
    ['it is neither TCP nor UDP', { protocolIdentifier: 1 }],
  ])('is not unanswered when %s', (_, record) => {
    const bed = new SeriesBed();
    bed.first(0, { ...unanswered, flowEndReason: 3, ...record });
    expect(bed.values('workload', thither)).toMatchObject({ unanswered_flows: 0 });
  });

  it('is not unanswered if reverse packets are not counted', () => {
    const bed = new SeriesBed();
    bed.first(0, { ...podToPod, octetDeltaCount: 5, packetDeltaCount: 1, flowEndReason: 3 });
    expect(bed.values('workload', thither)).toMatchObject({ unanswered_flows: 0 });
  });

  it.each<[string, FlowRecord, number]>([
    ['the RST bit was seen', { tcpControlBits: 0x16 }, 1],
    ['the kernel closed it without a FIN', { tcpState: 'CLOSE' }, 1],
    ['it ended by FIN', { tcpState: 'TIME_WAIT', tcpControlBits: 0x13 }, 0],
    ['it is UDP', { protocolIdentifier: 17, tcpState: 'CLOSE' }, 0],
  ])('and %s: its resets are counted', (_, record, resets) => {
    const bed = new SeriesBed();
    bed.first(0, { ...podToPod, ...record });
    bed.later(0, { ...podToPod, ...record, flowEndReason: 3 });
    expect(bed.values('workload', thither)).toMatchObject({ reset_flows: resets });
  });
});

describe('packets that both nodes counted', () => {
  const both = {
    packetDeltaCountFromSourceNode: 10,
    packetDeltaCountFromDestinationNode: 8,
    reversePacketDeltaCountFromSourceNode: 3,
    reversePacketDeltaCountFromDestinationNode: 4,
  };

  it('are compared by sender and receiver', () => {
    const bed = new SeriesBed();
    bed.first(0, { ...podToPod, ...both });
    bed.later(0, { ...podToPod, ...both });
    expect(bed.values('workload', thither)).toMatchObject({ sent_packets: 20, received_packets: 16 });
    expect(bed.values('workload', hither)).toMatchObject({ sent_packets: 8, received_packets: 6 });
  });

  it('are compared from the second common report on if one node reported first', () => {
    const bed = new SeriesBed();
    bed.first(0, { ...podToPod, packetDeltaCountFromSourceNode: 100 });
    bed.later(0, { ...podToPod, ...both });
    expect(bed.values('workload', thither)).toMatchObject({ sent_packets: 0, received_packets: 0 });
    bed.later(0, { ...podToPod, ...both });
    expect(bed.values('workload', thither)).toMatchObject({ sent_packets: 10, received_packets: 8 });
  });

  it('are not compared within one node', () => {
    const bed = new SeriesBed();
    bed.first(0, { ...podToPod, ...both, flowType: 1 });
    expect(bed.values('workload', thither)).toMatchObject({ sent_packets: 0, received_packets: 0 });
  });
});

describe('groupings', () => {
  it('show the workload, zone and range that a record has, rather than what Weir would guess', () => {
    const bed = new SeriesBed({ groupings: allGroupings, zones: { 'node-a': 'zone-1' } });
    const known = { sourceWorkloadName: 'real-owner', sourceZone: 'zone-9' };
    bed.first(0, { ...podToPod, ...known, ...deltas(100, 1, 7, 1) });
    expect(bed.shown('workload')[0]!.labels).toMatchObject({
      source_workload: 'real-owner',
      destination_workload: 'postgres',
    });
    expect(bed.shown('zone')[0]!.labels).toMatchObject({ source_zone: 'zone-9' });
    const outside = { destinationPodName: '', destinationPodNamespace: '', destinationNodeName: '' };
    bed.first(1, {
      ...podToPod,
      ...outside,
      destinationIP: '8.8.8.8',
      destinationRangeName: 'partner',
      flowType: 3,
    });
    const kinds = bed
      .shown('workload')
      .map(({ labels }) => [labels.destination_workload, labels.destination_kind]);
    expect(kinds).toContainEqual(['partner', 'Range']);
  });

  it('each have the flow with their own labels', () => {
    const bed = new SeriesBed({ groupings: allGroupings, zones: { 'node-a': 'zone-1' } });
    bed.first(0, {
      ...podToPod,
      ...deltas(100, 1, 7, 1),
      clusterId: 'c1',
      destinationServicePortName: 'data/postgres:sql',
      ingressNetworkPolicyNamespace: 'data',
      ingressNetworkPolicyName: 'from-shop',
      ingressNetworkPolicyType: 1,
      ingressNetworkPolicyRuleName: 'sql',
      ingressNetworkPolicyRuleAction: 1,
    });
    const of = (name: string) =>
      bed.shown(name).map(({ labels: { cluster, ...labels }, values }) => {
        expect(cluster).toBe('c1');
        return { ...labels, bytes: values.bytes };
      });
    expect(of('node')).toEqual([
      { source_node: 'node-a', destination_node: 'node-b', bytes: 100 },
      { source_node: 'node-b', destination_node: 'node-a', bytes: 7 },
    ]);
    expect(of('namespace')[1]).toEqual({
      source_namespace: 'data',
      source_kind: 'Pod',
      destination_namespace: 'shop',
      destination_kind: 'Pod',
      bytes: 7,
    });
    expect(of('pod')[0]).toEqual({
      source_namespace: 'shop',
      source_pod: 'frontend-7c9f8b6d5-xk2pq',
      source_kind: 'Pod',
      destination_namespace: 'data',
      destination_pod: 'postgres-0',
      destination_kind: 'Pod',
      bytes: 100,
    });
    const service = {
      service_namespace: 'data',
      service_name: 'postgres',
      service_port: 'sql',
      service_kind: 'Service',
    };
    expect(of('service')).toEqual([
      { ...service, direction: 'original', bytes: 100 },
      { ...service, direction: 'reverse', bytes: 7 },
    ]);
    expect(of('zone')).toEqual([
      { source_zone: 'zone-1', bytes: 100 },
      { destination_zone: 'zone-1', bytes: 7 },
    ]);
    const policy = {
      policy_namespace: 'data',
      policy: 'from-shop',
      policy_type: 'K8sNetworkPolicy',
      rule: 'sql',
      action: 'Allow',
      policy_direction: 'ingress',
    };
    expect(of('policy')).toEqual([
      { ...policy, direction: 'original', bytes: 100 },
      { ...policy, direction: 'reverse', bytes: 7 },
    ]);
    expect(of('external')).toEqual([]);
    expect(of('port')).toEqual([
      { protocol: 'TCP', port: '8080', direction: 'original', bytes: 100 },
      { protocol: 'TCP', port: '8080', direction: 'reverse', bytes: 7 },
    ]);
  });

  it('fall back to host, address range and port in the absence of names', () => {
    const bed = new SeriesBed({
      groupings: allGroupings,
      ranges: [{ name: 'office', networks: ['198.51.100.0/24'] }],
    });
    bed.first(0, {
      sourceIP: '198.51.100.9',
      destinationIP: '192.0.2.1',
      destinationNodeName: 'web-1',
      protocolIdentifier: 17,
      destinationTransportPort: 53,
      ...deltas(100, 1, 7, 1),
    });
    const of = (name: string) =>
      bed.shown(name).map(({ labels, values }) => ({ ...labels, bytes: values.bytes }));
    expect(of('namespace')[0]).toEqual({
      source_namespace: 'office',
      source_kind: 'Range',
      destination_namespace: 'web-1',
      destination_kind: 'Node',
      bytes: 100,
    });
    expect(of('workload')[0]).toEqual({
      source_workload: 'office',
      source_kind: 'Range',
      destination_workload: 'web-1',
      destination_kind: 'Node',
      bytes: 100,
    });
    expect(of('external')).toEqual([
      { workload: 'web-1', kind: 'Node', range: 'office', direction: 'receive', bytes: 100 },
      { workload: 'web-1', kind: 'Node', range: 'office', direction: 'transmit', bytes: 7 },
    ]);
    expect(of('service')[0]).toEqual({
      service_name: 'web-1',
      service_port: '53',
      service_kind: 'Node',
      direction: 'original',
      bytes: 100,
    });
    expect(of('node')[0]).toEqual({ destination_node: 'web-1', bytes: 100 });
    expect(of('policy')).toEqual([]);
  });

  it('count a flow under both policies that decided on it', () => {
    const bed = new SeriesBed({ groupings: ['policy'] });
    bed.first(0, {
      ...podToPod,
      ...deltas(10, 1),
      egressNetworkPolicyName: 'out',
      egressNetworkPolicyRuleAction: 1,
      ingressNetworkPolicyRuleAction: 2,
    });
    expect(bed.shown('policy').map(({ labels }) => labels)).toEqual([
      { action: 'Drop', policy_direction: 'ingress', direction: 'original' },
      { policy: 'out', action: 'Allow', policy_direction: 'egress', direction: 'original' },
    ]);
  });

  it('are not external if the agent knows both ends inside, although the other node is silent', () => {
    const bed = new SeriesBed({ groupings: ['external'] });
    const half = {
      sourceIP: '10.0.0.1',
      destinationIP: '10.0.1.1',
      sourceNodeName: 'node-a',
      ...deltas(10, 1),
    };
    bed.first(0, { ...half, flowType: FlowType.interNode });
    expect(bed.shown('external')).toEqual([]);
    bed.first(1, half);
    expect(bed.shown('external').length).toBe(1);
  });

  it('exclude the internet if the agent knows both ends inside, although one node is silent', () => {
    const bed = new SeriesBed({ groupings: ['node', 'workload'] });
    const half = { sourceIP: '198.51.100.1', destinationIP: '203.0.113.1', sourceNodeName: 'node-a' };
    bed.first(0, { ...half, ...deltas(10, 1), flowType: FlowType.interNode });
    bed.first(1, { ...half, ...deltas(20, 1), flowType: FlowType.toExternal });
    expect(bed.shown('workload').map(({ labels }) => labels.destination_workload)).toEqual([
      undefined,
      'internet',
    ]);
  });

  it('have no Service if a Pod is reached by its own address', () => {
    const bed = new SeriesBed({ groupings: ['service'] });
    bed.first(0, { ...podToPod, ...deltas(10, 1) });
    expect(bed.shown('service')).toEqual([]);
  });
});

describe('names', () => {
  it.each(['quotes " and \\ backslashes', 'émoji 🦆', 'x'.repeat(300)])('are kept unchanged: %j', (name) => {
    const bed = new SeriesBed({ groupings: ['pod', 'workload'] });
    bed.first(0, { ...podToPod, sourcePodName: name, sourcePodNamespace: name, ...deltas(1, 1) });
    expect(bed.shown('pod')[0]!.labels).toMatchObject({ source_pod: name, source_namespace: name });
    expect(bed.shown('workload')[0]!.labels).toMatchObject({ source_workload: name });
  });

  it.each([
    ['two\nlines', 'two\\u000alines'],
    ['\u001b[2J\u009b31m', '\\u001b[2J\\u009b31m'],
    ['\u202egnp', '\\u202egnp'],
  ])('have escaped control characters: %j', (name, label) => {
    const bed = new SeriesBed({ groupings: ['pod', 'workload'] });
    bed.first(0, { ...podToPod, sourcePodName: name, sourcePodNamespace: name, ...deltas(1, 1) });
    expect(bed.shown('pod')[0]!.labels).toMatchObject({ source_pod: label, source_namespace: label });
    expect(bed.shown('workload')[0]!.labels).toMatchObject({ source_workload: label });
  });

  it('count for one series if invalid UTF-8 makes their text equal', () => {
    const bed = new SeriesBed({ groupings: ['pod'] });
    const { dictionary } = bed;
    for (const [flow, octet] of [0xfe, 0xff].entries()) {
      const batch = batchOf([{ ...podToPod, sourcePodName: 'a', ...deltas(1, 1) }], dictionary);
      batch.columns.sourcePodName[0] = dictionary.intern(Uint8Array.of(octet), 0, 1);
      bed.series.classify(flow, batch, 0, bed.clock.now(), true, true);
    }
    const shown = bed.shown('pod');
    expect(shown.map(({ labels }) => labels.source_pod)).toEqual(['\ufffd']);
    expect(shown[0]!.values).toMatchObject({ bytes: 2, flows: 2 });
  });

  it('are cut beyond 512 octets, and counted', () => {
    const bed = new SeriesBed({ groupings: ['pod'] });
    bed.first(0, { ...podToPod, sourcePodName: `${'x'.repeat(511)}é`, ...deltas(1, 1) });
    expect(bed.shown('pod')[0]!.labels).toMatchObject({ source_pod: 'x'.repeat(511) });
    void bed.series.start();
    bed.clock.advance(10_000);
    expect(bed.ledger.toJSON()[0]).toMatchObject({ events: { 'label values cut': 1 } });
  });

  it('use the room of several series when long, and the excess counts under "other"', () => {
    const bed = new SeriesBed({ groupings: ['pod'], seriesLimit: 64 });
    const long = 'x'.repeat(500);
    for (let n = 0; n < 64; n++) {
      const [sourcePodName, destinationPodName] = [`${n}${long}`, `d${n}${long}`];
      const both = { sourcePodNamespace: long, destinationPodNamespace: long };
      bed.first(n, { ...podToPod, ...both, sourcePodName, destinationPodName, ...deltas(1, 1) });
    }
    const labels = bed.shown('pod').map((series) => Object.values(series.labels).join(''));
    expect(labels.join('').length).toBeLessThan(64 * 512 + 3_000);
    expect(bed.series.readings[0]).toMatchObject({ folded: 64 - 17, series: 17 });
    expect(bed.shown('pod').reduce((sum, { values }) => sum + values.flows!, 0)).toBe(64);
  });

  it('of workloads come from the labels of the Pod, if present', () => {
    const bed = new SeriesBed();
    bed.first(0, { ...podToPod, sourcePodLabels: '{"app":"web","tier":"front"}', ...deltas(1, 1) });
    bed.first(1, { ...podToPod, sourcePodLabels: 'not JSON', ...deltas(1, 1) });
    expect(bed.shown('workload').map(({ labels }) => labels.source_workload)).toEqual(['web', 'frontend']);
  });
});
