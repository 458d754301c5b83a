import { describe, expect, it } from 'vitest';
import {
  batchOf,
  type DimensionName,
  dimensionKeys,
  dimensionText,
  type FlowRecord,
} from '../../src/flow/index.ts';

function textIn(name: DimensionName, record: FlowRecord): string | null {
  return dimensionText(name, dimensionKeys(name, batchOf([record]))(0));
}

describe('a dimension of a record', () => {
  const pod = { sourcePodNamespace: 'shop', sourcePodName: 'web-7d9f8bcd5f-x2x4z' };

  it('has no value where the record has none', () => {
    expect(textIn('source', {})).toBeNull();
    expect(textIn('sourceWorkload', {})).toBeNull();
    expect(textIn('protocol', { protocolIdentifier: 0 })).toBeNull();
    expect(textIn('verdict', {})).toBeNull();
  });

  it('names an end by its Pod, else by its address', () => {
    expect(textIn('source', { ...pod, sourceIP: '10.0.0.1' })).toBe('shop/web-7d9f8bcd5f-x2x4z');
    expect(textIn('source', { sourceIP: '10.0.0.1' })).toBe('10.0.0.1');
    expect(textIn('source', { sourceIP: '2001:db8::1' })).toBe('2001:db8::1');
    expect(textIn('sourcePod', { sourceIP: '10.0.0.1' })).toBeNull();
    expect(textIn('sourcePod', { sourcePodName: 'web-0' })).toBe('/web-0');
  });

  it('names a workload by its object, else by the name of its Pod, its node, or its range', () => {
    const node = { sourceNodeName: 'node-1', sourceRangeName: 'office' };
    expect(textIn('sourceWorkload', { ...node, ...pod, sourceWorkloadName: 'shop-web' })).toBe(
      'shop/shop-web',
    );
    expect(textIn('sourceWorkload', { ...node, ...pod })).toBe('shop/web');
    expect(textIn('sourceWorkload', node)).toBe('node-1');
    expect(textIn('sourceWorkload', { sourceRangeName: 'office' })).toBe('office');
  });

  it('is the /24 of an IPv4 address, and the /64 of an IPv6 address', () => {
    expect(textIn('destinationPrefix', { destinationIP: '192.0.2.77' })).toBe('192.0.2.0/24');
    expect(textIn('destinationPrefix', { destinationIP: '2001:db8:1:2:3::4' })).toBe('2001:db8:1:2::/64');
  });

  it('is port 0 in a protocol with ports only', () => {
    const port = { destinationTransportPort: 0 };
    expect(textIn('destinationPort', { ...port, protocolIdentifier: 6 })).toBe('0');
    expect(textIn('destinationPort', { ...port, protocolIdentifier: 1 })).toBeNull();
    expect(textIn('destinationPort', { destinationTransportPort: 443 })).toBe('443');
  });

  it('has the name of a number, else the number', () => {
    expect(textIn('protocol', { protocolIdentifier: 17 })).toBe('UDP');
    expect(textIn('protocol', { protocolIdentifier: 200 })).toBe('200');
    expect(textIn('flowType', { flowType: 3 })).toBe('ToExternal');
  });

  it('is a policy with its namespace, or of the whole cluster', () => {
    const policy = { ingressNetworkPolicyName: 'deny' };
    expect(textIn('ingressPolicy', { ...policy, ingressNetworkPolicyNamespace: 'shop' })).toBe('shop/deny');
    expect(textIn('ingressPolicy', policy)).toBe('deny');
  });

  it('is the stricter action of both policies', () => {
    const verdict = (ingress: number, egress: number) =>
      textIn('verdict', {
        ingressNetworkPolicyRuleAction: ingress,
        egressNetworkPolicyRuleAction: egress,
      });
    expect(verdict(1, 0)).toBe('Allow');
    expect(verdict(1, 2)).toBe('Drop');
    expect(verdict(3, 2)).toBe('Reject');
    expect(verdict(0, 0)).toBeNull();
  });
});
