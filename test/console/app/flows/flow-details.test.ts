import { describe, expect, it } from 'vitest';
import {
  decisionText,
  flowSum,
  nodeCounts,
  rawFields,
} from '../../../../src/console/app/flows/flow-details.ts';

const flow = {
  flowId: 7,
  flowStartMilliseconds: '2026-01-31T10:00:00.000Z',
  sourceIP: '192.0.2.1',
  destinationIP: '192.0.2.2',
  protocolIdentifier: 6,
};
const recordAt = (second: number, octetDeltaCount: number, octetTotalCount: number) => ({
  ...flow,
  flowEndMilliseconds: `2026-01-31T10:00:${second}.000Z`,
  octetDeltaCount,
  octetTotalCount,
});

describe('the details of a flow', () => {
  const records = [recordAt(30, 20, 30), recordAt(10, 10, 10), { ...recordAt(20, 5, 5), flowId: 8 }];

  it('sum up its records, the oldest first, and say whether they are all', () => {
    const sum = flowSum(records[0]!, records);
    expect(sum.records).toEqual([records[1], records[0]]);
    expect(sum).toMatchObject({ deltas: { sent: 30n }, totals: { sent: 30n }, isWhole: true });
    expect(flowSum(records[0]!, [records[0]!])).toMatchObject({ deltas: { sent: 20n }, isWhole: false });
  });

  it('have what each node counted', () => {
    const line = {
      octetTotalCount: 10,
      octetTotalCountFromSourceNode: 10,
      octetTotalCountFromDestinationNode: 9,
    };
    expect(nodeCounts(line)[0]).toEqual({
      field: 'octetTotalCount',
      joined: 10n,
      source: 10n,
      destination: 9n,
    });
  });

  it('say which policy decided what, and by which rule', () => {
    const line = {
      ingressNetworkPolicyNamespace: 'shop',
      ingressNetworkPolicyName: 'deny-all',
      ingressNetworkPolicyType: 'K8sNetworkPolicy',
      ingressNetworkPolicyRuleName: 'rest',
      ingressNetworkPolicyRuleAction: 'Drop',
    };
    expect(decisionText(line, 'ingress')).toBe('Drop by shop/deny-all rule rest (K8sNetworkPolicy)');
    expect(decisionText(line, 'egress')).toBeUndefined();
  });

  it('name the IPFIX element of each field, also of both families and of names beside numbers', () => {
    const fields = rawFields({
      sourceIP: '2001:db8::1',
      protocol: 'ICMPv6',
      icmpTypeCodeIPv6: 32768,
      octetTotalCountFromSourceNode: 5,
      'not a field': 'x',
    });
    expect(fields.map(({ element }) => element)).toEqual([
      'sourceIPv6Address, IANA 27',
      'protocolIdentifier, IANA 4',
      'icmpTypeCodeIPv6, IANA 139',
      'octetTotalCountFromSourceNode, Antrea 121',
      '',
    ]);
    expect(fields[1]!.description).toBe('protocol over IP');
  });
});
