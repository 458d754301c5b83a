import { describe, expect, it } from 'vitest';
import { batchOf, Dictionary, type FlowRecord, FlowType, RuleAction } from '../../../src/flow/index.ts';
import { type LabelField, labelFieldNames } from '../../../src/logs/flow-lines/log-layout.ts';
import { StreamTable } from '../../../src/logs/flow-lines/stream-table.ts';

const staticLabels = { service_name: 'weir-flows' };

function labelsOf(records: FlowRecord[], names: readonly LabelField[], valuesPerLabel = 100) {
  const table = new StreamTable({ labels: names, staticLabels, valuesPerLabel });
  table.bind(batchOf(records));
  const labels = records.map((_, row): Record<string, string> => {
    const { service_name: _same, ...others } = table.find(row).labels;
    return others;
  });
  return { table, labels };
}

describe('the streams of flows', () => {
  it('are labelled by low-cardinality values, and never by absent ones', () => {
    const { labels } = labelsOf(
      [
        {
          flowType: FlowType.toExternal,
          protocolIdentifier: 6,
          sourcePodNamespace: 'shop',
          destinationPodNamespace: 'db',
          clusterId: 'blue',
        },
        { destinationPodNamespace: 'db', destinationNodeName: 'node-2', protocolIdentifier: 253 },
        { ingressNetworkPolicyRuleAction: RuleAction.allow, egressNetworkPolicyRuleAction: RuleAction.drop },
        { ingressNetworkPolicyRuleAction: 200 },
      ],
      ['flowType', 'verdict', 'namespace', 'cluster'],
    );
    expect(labels).toEqual([
      { flowType: 'ToExternal', namespace: 'shop', cluster: 'blue' },
      { namespace: 'db' },
      { verdict: 'Drop' },
      { verdict: 'Reject' },
    ]);
    expect(
      labelsOf([{ sourceNodeName: 'node-1', protocolIdentifier: 253 }], ['node', 'protocol']).labels,
    ).toEqual([{ node: 'node-1', protocol: '253' }]);
  });

  it('never exceed the bounds of their labels, for any names', () => {
    const records = Array.from({ length: 2_000 }, (_, i) => ({
      sourcePodNamespace: `ns-${i}`,
      sourceNodeName: `node-${i % 100}`,
    }));
    const { table, labels } = labelsOf(records, ['namespace', 'node'], 10);
    expect(new Set(labels.map(({ namespace }) => namespace)).size).toBe(11);
    expect(new Set(labels.map(({ node }) => node)).size).toBe(11);
    expect(table.size).toBeLessThanOrEqual(11 * 11);
    expect(labels[9]).toMatchObject({ namespace: 'ns-9', node: 'node-9' });
    expect(labels[1_999]).toMatchObject({ namespace: 'other', node: 'other' });
  });

  it('stay the same when the dictionary is replaced or grows', () => {
    const table = new StreamTable({ labels: ['namespace'], staticLabels, valuesPerLabel: 100 });
    const dictionary = new Dictionary();
    const streamOf = (names: string[], of: Dictionary) => {
      table.bind(
        batchOf(
          names.map((sourcePodNamespace) => ({ sourcePodNamespace })),
          of,
        ),
      );
      return names.map((_, row) => table.find(row).number);
    };
    const many = Array.from({ length: 600 }, (_, i) => `filler-${i % 90}-${i}`);
    const first = streamOf(['shop', 'db'], dictionary);
    streamOf(many, dictionary);
    expect(streamOf(['db', 'shop'], dictionary)).toEqual(first.toReversed());
    expect(streamOf(['x', 'db', 'shop'], new Dictionary()).slice(1)).toEqual(first.toReversed());
  });

  it('may have every label', () => {
    for (const name of labelFieldNames) expect(labelsOf([{}], [name]).table.size).toBe(1);
  });
});
