import { describe, expect, it } from 'vitest';
import { batchOf, ExactSum, type FlowRecord, type MeasureName, measureAdder } from '../../src/flow/index.ts';

function measureOf(name: MeasureName, ...records: FlowRecord[]): bigint {
  const [batch, sum] = [batchOf(records), new ExactSum()];
  const add = measureAdder(name, batch);
  for (let row = 0; row < batch.length; row++) add(row, sum);
  return sum.value;
}

const first = {
  protocolIdentifier: 6,
  octetTotalCount: 60,
  octetDeltaCount: 60,
  packetTotalCount: 1,
  packetDeltaCount: 1,
  reversePacketTotalCount: 0,
  reversePacketDeltaCount: 0,
};
const later = { ...first, octetTotalCount: 100, octetDeltaCount: 40 };

describe('a measure of records', () => {
  it('sums up the growth of both directions', () => {
    const record = { octetDeltaCount: 10, reverseOctetDeltaCount: 5, reversePacketDeltaCount: 2 };
    expect(measureOf('octets', record, record)).toBe(30n);
    expect(measureOf('sentOctets', record)).toBe(10n);
    expect(measureOf('receivedOctets', record)).toBe(5n);
    expect(measureOf('packets', record)).toBe(2n);
    expect(measureOf('sentPackets', record)).toBe(0n);
  });

  it('is exact above 2^53', () => {
    const record = { octetDeltaCount: 2 ** 53 };
    expect(measureOf('octets', record, { octetDeltaCount: 1 }, record, { octetDeltaCount: 1 })).toBe(
      2n ** 54n + 2n,
    );
  });

  it('counts a flow by its first record, whose growth is all of it', () => {
    expect(measureOf('flows', first, later)).toBe(1n);
    expect(measureOf('records', first, later)).toBe(2n);
    expect(measureOf('flows', {})).toBe(0n);
  });

  it('counts a denied flow by its first record', () => {
    const denied = { ingressNetworkPolicyRuleAction: 2 };
    expect(measureOf('deniedFlows', { ...first, ...denied }, { ...later, ...denied }, first)).toBe(1n);
  });

  it('counts TCP and UDP flows that ended without a reply packet, except denied ones', () => {
    const ended = { ...later, flowEndReason: 3 };
    const { reversePacketTotalCount: _, ...untold } = ended;
    expect(measureOf('unansweredFlows', ended)).toBe(1n);
    expect(measureOf('unansweredFlows', later)).toBe(0n);
    expect(measureOf('unansweredFlows', untold)).toBe(0n);
    expect(measureOf('unansweredFlows', { ...ended, reversePacketTotalCount: 1 })).toBe(0n);
    expect(measureOf('unansweredFlows', { ...ended, protocolIdentifier: 1 })).toBe(0n);
    expect(measureOf('unansweredFlows', { ...ended, egressNetworkPolicyRuleAction: 3 })).toBe(0n);
  });

  it('counts TCP connections that were reset, by their flags or by the state of the kernel', () => {
    const ended = { protocolIdentifier: 6, flowEndReason: 3 };
    expect(measureOf('resetFlows', { ...ended, tcpControlBits: 4 })).toBe(1n);
    expect(measureOf('resetFlows', { ...ended, tcpState: 'CLOSE' })).toBe(1n);
    expect(measureOf('resetFlows', { ...ended, tcpState: 'CLOSE', tcpControlBits: 1 })).toBe(0n);
    expect(measureOf('resetFlows', { ...ended, flowEndReason: 2, tcpControlBits: 4 })).toBe(0n);
    expect(measureOf('resetFlows', { ...ended, protocolIdentifier: 17, tcpControlBits: 4 })).toBe(0n);
  });
});
