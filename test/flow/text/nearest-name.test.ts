import { describe, expect, it } from 'vitest';
import { nearestName } from '../../../src/flow/index.ts';

describe('the nearest name', () => {
  const names = ['tls', 'tcp', 'udp', 'warn', 'maxFlows', 'streamFields', 'pod', 'policy'];

  it.each([
    ['tpc', 'tcp'],
    ['UDP', 'udp'],
    ['warning', 'warn'],
    ['max_flows', 'maxFlows'],
    ['maxFlow', 'maxFlows'],
    ['straemFeilds', 'streamFields'],
    ['pods', 'pod'],
  ])('to %s is %s', (found, name) => {
    expect(nearestName(found, names)).toBe(name);
  });

  it.each(['icmp', 'colour', 'on', '', 'tcp'.repeat(40)])('to "%s" does not exist', (found) => {
    expect(nearestName(found, names)).toBeUndefined();
  });
});
