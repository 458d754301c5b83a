import { describe, expect, it } from 'vitest';
import { batchOf } from '../../src/flow/index.ts';
import { FlowTemplates, recordElements, tellsFlows } from '../../src/ipfix/flow-mapping.ts';
import { defaultContents, type RecordContents } from '../../src/ipfix/record-contents.ts';
import { createTemplate, elementNamed } from '../../src/ipfix/wire/index.ts';
import { completeRecord, message } from '../support/ipfix.ts';
import { Collected } from '../support/ipfix-collected.ts';

const namesOf = (templates: FlowTemplates, id: number) =>
  templates.get(id).template.fields.map(({ element }) => element.name);

describe('the records that Weir sends', () => {
  it("begin with Antrea's agent template: 43 elements in its order", () => {
    const names = recordElements.agent.slice(0, 43);
    expect(names.slice(0, 3)).toEqual(['flowStartSeconds', 'flowEndSeconds', 'flowEndReason']);
    expect(names.slice(10, 16)).toEqual([
      'sourceIPv4Address',
      'destinationIPv4Address',
      'reversePacketTotalCount',
      'reverseOctetTotalCount',
      'reversePacketDeltaCount',
      'reverseOctetDeltaCount',
    ]);
    expect(names.slice(39)).toEqual([
      'proxySnatPort',
      'destinationClusterIPv4',
      'proxySnatIPv4',
      'destinationServiceIPv4',
    ]);
    expect(recordElements.agent[43]).toBe('flowStartMilliseconds');
  });

  it("begin with Antrea's aggregator template in Aggregate mode", () => {
    expect(recordElements.aggregated.slice(39, 45)).toEqual([
      'proxySnatPort',
      'proxySnatIPv4',
      'destinationClusterIPv4',
      'destinationServiceIPv4',
      'octetDeltaCountFromSourceNode',
      'octetDeltaCountFromDestinationNode',
    ]);
    expect(recordElements.aggregated.slice(57, 70)).toEqual([
      'reversePacketTotalCountFromSourceNode',
      'reversePacketTotalCountFromDestinationNode',
      'flowEndSecondsFromSourceNode',
      'flowEndSecondsFromDestinationNode',
      'throughput',
      'throughputFromSourceNode',
      'throughputFromDestinationNode',
      'reverseThroughput',
      'reverseThroughputFromSourceNode',
      'reverseThroughputFromDestinationNode',
      'sourcePodLabels',
      'destinationPodLabels',
      'clusterId',
    ]);
  });

  it("have Antrea's last elements in Proxy mode: who exported the record, and its direction", () => {
    const names = recordElements.proxied.filter((name) => !recordElements.agent.includes(name));
    expect(names).toEqual([
      'sourcePodLabels',
      'destinationPodLabels',
      'clusterId',
      'originalObservationDomainId',
      'originalExporterIPv4Address',
      'originalExporterIPv6Address',
      'flowDirection',
    ]);
    const v6 = namesOf(new FlowTemplates('proxied'), 257);
    expect(v6.slice(43, 50)).toEqual(names);
  });

  it.each([['agent'], ['aggregated'], ['proxied']] as const)('name each element once: %s', (kind) => {
    expect(new Set(recordElements[kind]).size).toBe(recordElements[kind].length);
  });

  it('have IPv6 elements in the places of their IPv4 twins', () => {
    const v6 = namesOf(new FlowTemplates('agent'), 257);
    expect(v6).toHaveLength(recordElements.agent.length);
    expect([v6[10], v6[11], v6[40], v6[41], v6[42], v6[46]]).toEqual([
      'sourceIPv6Address',
      'destinationIPv6Address',
      'destinationClusterIPv6',
      'proxySnatIPv6',
      'destinationServiceIPv6',
      'icmpTypeCodeIPv6',
    ]);
  });
});

describe('the template of a row', () => {
  const ids = (kind: 'agent' | 'aggregated', ...records: Parameters<typeof batchOf>[0]) => {
    const chosen = new Uint16Array(records.length);
    new FlowTemplates(kind).chooseIds(batchOf(records), chosen);
    return [...chosen];
  };

  it('is 256 for an IPv4 row with everything and 257 for an IPv6 one, in each kind of record', () => {
    expect(ids('agent', completeRecord('agent', 4), completeRecord('agent', 6))).toEqual([256, 257]);
    expect(ids('aggregated', completeRecord('aggregated', 4), completeRecord('aggregated', 6))).toEqual([
      256, 257,
    ]);
  });

  it('has no counters for an uncounted row, so that none is sent as zero', () => {
    const uncounted = { sourceIP: '10.0.0.1', destinationIP: '10.0.0.2', flowId: 7 };
    const [id, counted] = ids('agent', uncounted, { ...uncounted, octetTotalCount: 0 });
    const names = namesOf(new FlowTemplates('agent'), id!);
    expect(names).not.toContain('octetTotalCount');
    expect(names).toContain('flowId');
    expect(names).not.toContain('tcpControlBits');
    expect(namesOf(new FlowTemplates('agent'), counted!)).toContain('packetDeltaCount');
  });

  it('has counters only of the counted direction; a denied packet has no reverse', () => {
    const [id] = ids('agent', { sourceIP: '10.0.0.1', octetTotalCount: 60, packetTotalCount: 1 });
    const names = namesOf(new FlowTemplates('agent'), id!);
    expect(names).toContain('octetDeltaCount');
    expect(names.filter((name) => name.startsWith('reverse'))).toEqual([]);
  });

  it('has the counters of the reporting nodes', () => {
    const [id] = ids('aggregated', { sourceIP: '10.0.0.1', octetTotalCountFromSourceNode: 5 });
    const names = namesOf(new FlowTemplates('aggregated'), id!);
    expect(names).toContain('flowEndSecondsFromSourceNode');
    expect(names.filter((name) => name.endsWith('FromDestinationNode'))).toEqual([]);
  });
});

describe('the contents of records', () => {
  const aggregated = (contents: Partial<RecordContents>) =>
    namesOf(new FlowTemplates('aggregated', { ...defaultContents, ...contents }), 256);

  it('have no names of Kubernetes objects without includeK8sNames', () => {
    const names = aggregated({ names: false });
    expect(
      names.filter((name) =>
        /(Pod|Node|Policy|Rule|egress|Port)Name|PodNamespace|PolicyNamespace/.test(name),
      ),
    ).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(['egressIP', 'tcpState', 'sourcePodLabels', 'clusterId']));
    expect(names).toHaveLength(recordElements.aggregated.length - 15);
  });

  it("have UIDs in the places of the reference system's template, as 16 octets", () => {
    const names = aggregated({ uids: true });
    expect(names.slice(16, 27)).toEqual([
      'sourcePodName',
      'sourcePodNamespace',
      'sourcePodUUID',
      'sourceNodeName',
      'sourceNodeUUID',
      'destinationPodName',
      'destinationPodNamespace',
      'destinationPodUUID',
      'destinationNodeName',
      'destinationNodeUUID',
      'destinationServicePort',
    ]);
    const { fields } = new FlowTemplates('aggregated', { ...defaultContents, uids: true }).get(256).template;
    expect(fields.filter(({ element }) => element.name.endsWith('UUID')).map(({ length }) => length)).toEqual(
      Array(9).fill(16),
    );
  });

  it('keep names of rules with UIDs alone', () => {
    const names = aggregated({ names: false, uids: true });
    expect(names).toContain('ingressNetworkPolicyRuleName');
    expect(names).not.toContain('ingressNetworkPolicyName');
  });

  it('are zero for unknown UIDs, octets for known ones, empty for unwanted labels, and right otherwise', () => {
    const contents = { names: true, uids: true, podLabels: false };
    const { template, writer } = new FlowTemplates('aggregated', contents).get(256);
    const record = {
      ...completeRecord('aggregated', 4),
      sourcePodUUID: 'no UUID',
      destinationPodUUID: '01234567-89ab-CDEF-0123-456789abcdef',
    };
    const octets = message({}, (into) => {
      into.writeTemplate(template);
      into.writeRows(writer, batchOf([record]), 0, 1);
    });
    const { records, errors } = new Collected().read(octets);
    expect(errors).toEqual([]);
    const values = new Map(template.fields.map(({ element }, i) => [element.name, records[0]!.values[i]]));
    expect(values.get('sourcePodUUID')).toEqual(new Uint8Array(16));
    expect(values.get('egressUUID')).toEqual(new Uint8Array(16));
    const uuid = Buffer.from('0123456789abcdef0123456789abcdef', 'hex');
    expect(Buffer.from(values.get('destinationPodUUID') as Uint8Array)).toEqual(uuid);
    expect(values.get('sourcePodLabels')).toBe('');
    expect(values.get('clusterId')).toBe(record.clusterId);
    expect(values.get('sourcePodName')).toBe(record.sourcePodName);
    expect(values.get('egressNodeName')).toBe(record.egressNodeName);
  });
});

describe('tellsFlows', () => {
  const template = (...names: string[]) =>
    createTemplate(
      256,
      names.map((name) => ({ element: elementNamed(name)! })),
    );

  it('holds for templates with an address of either end and not for others', () => {
    expect(tellsFlows(template('sourceIPv4Address', 'octetDeltaCount'))).toBe(true);
    expect(tellsFlows(template('destinationIPv6Address'))).toBe(true);
    expect(tellsFlows(template('exportedMessageTotalCount', 'octetDeltaCount'))).toBe(false);
  });
});
