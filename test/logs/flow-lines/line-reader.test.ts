import { describe, expect, it } from 'vitest';
import { batchOf, type FlowRecord, recordToJson } from '../../../src/flow/index.ts';
import { LineReader } from '../../../src/logs/flow-lines/line-reader.ts';
import { loggedLines } from '../../support/logged-lines.ts';

const NOW_MS = Date.UTC(2026, 0, 31, 12);

const record: FlowRecord = {
  flowStartMilliseconds: NOW_MS - 1_250,
  flowEndMilliseconds: NOW_MS,
  flowEndReason: 3,
  sourceIP: '10.0.0.1',
  destinationIP: '2001:db8::2',
  sourceTransportPort: 40000,
  destinationTransportPort: 443,
  protocolIdentifier: 6,
  octetTotalCount: 900,
  packetTotalCount: 9,
  octetDeltaCount: 900,
  packetDeltaCount: 9,
  sourcePodNamespace: 'shop',
  sourcePodName: 'web-0',
  egressNetworkPolicyRuleAction: 2,
  flowType: 2,
  egressName: 'a "quoted" name',
};

const linesOf = (one: FlowRecord, weight?: number) => loggedLines(batchOf([one]), NOW_MS, {}, weight);

describe('a line of a flow', () => {
  it('is read with its labels and its structured metadata', () => {
    const [line] = linesOf(record);
    expect(line).toEqual({
      labels: {
        service_name: 'weir-flows',
        flowType: 'InterNode',
        namespace: 'shop',
        verdict: 'Drop',
        sourcePodNamespace: 'shop',
        sourcePodName: 'web-0',
        egressNetworkPolicyRuleAction: 'Drop',
      },
      timeNs: BigInt(NOW_MS) * 1_000_000n,
      line: '10.0.0.1 40000 2001:db8::2 443 TCP EndOfFlow 1.250s 900 9 - - egressName="a \\"quoted\\" name"',
    });
    expect(new LineReader().read(line!)).toEqual({ record, weight: 1 });
  });

  it('quotes a name that begins with a quote-like character', () => {
    const names = { egressName: "'a'b", sourcePodName: '`' };
    const [line] = loggedLines(batchOf([{ flowEndMilliseconds: NOW_MS, ...names }]), NOW_MS, {
      metadata: [],
    });
    expect(line!.line).toContain(`sourcePodName="\`" `);
    expect(line!.line).toContain(`egressName="'a'b"`);
    expect(new LineReader({ metadata: [] }).read(line!)!.record).toMatchObject(names);
  });

  it('has a dash for an absent value', () => {
    const [line] = linesOf({ octetDeltaCount: 5 });
    expect(line!.line).toBe('- - - - - - - 5 - - - flowEndMilliseconds=- octetTotalCount=-');
    expect(new LineReader().read(line!)!.record).toEqual({ octetDeltaCount: 5 });
  });

  it('states how many flows it represents', () => {
    expect(new LineReader().read(linesOf(record, 50)[0]!)!.weight).toBe(50);
  });

  it('leaves out equal counters of both nodes, and they are restored on reading', () => {
    const counted = {
      octetDeltaCountFromSourceNode: 900,
      octetTotalCountFromSourceNode: 900,
      octetDeltaCountFromDestinationNode: 890,
      octetTotalCountFromDestinationNode: 900,
    };
    const [line] = linesOf({ ...record, ...counted });
    expect(line!.line).not.toContain('FromSourceNode=900');
    expect(line!.line).toContain(' octetDeltaCountFromDestinationNode=890');
    expect(new LineReader().read(line!)!.record).toEqual({ ...record, ...counted });
  });

  it('keeps a time beyond all calendars as a number', () => {
    const [line] = linesOf({ ...record, flowEndMilliseconds: 1e18 });
    const read = new LineReader().read(line!)!.record;
    expect(read).toEqual({ ...record, flowEndMilliseconds: 1e18 });
    expect(recordToJson(read).flowEndMilliseconds).toBe('1000000000000000000');
  });

  it.each([
    '',
    'level=info msg="ready"',
    'a line of twelve words, none of which is what one would expect here',
  ])('is distinguished from %j', (line) => {
    expect(new LineReader().read({ labels: {}, timeNs: 0n, line })).toBeUndefined();
  });
});
