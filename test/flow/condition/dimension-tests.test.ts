import { describe, expect, it } from 'vitest';
import {
  batchOf,
  type DimensionName,
  dimensionKeys,
  dimensionNames,
  dimensionText,
  type FlowCondition,
  FlowFilter,
  parseCondition,
  printCondition,
} from '../../../src/flow/index.ts';
import { hostileNames } from '../../support/any-condition.ts';
import { namedFlows, valuesByDimension } from '../../support/dimension-values.ts';

const flows = batchOf(namedFlows());
const rows = Array.from({ length: flows.length }, (_, row) => row);

const passing = (condition: FlowCondition): number[] => rows.filter(new FlowFilter(condition).bind(flows));

/** The texts of a dimension in all rows; an empty one where there is no value. */
function textsOf(name: DimensionName): string[] {
  const keyOf = dimensionKeys(name, flows);
  return rows.map((row) => dimensionText(name, keyOf(row)) ?? '');
}

describe('a test of a dimension', () => {
  it.each(dimensionNames)('passes exactly the records of the group: %s', (name) => {
    const texts = textsOf(name);
    for (const text of new Set([...texts, ...valuesByDimension[name]!])) {
      const condition = parseCondition(printCondition({ word: name, values: [text] }));
      if (!texts.includes(text)) continue;
      expect(passing(condition), text).toEqual(rows.filter((row) => texts[row] === text));
    }
    expect(passing({ exists: name })).toEqual(rows.filter((row) => texts[row] !== ''));
    expect(new Set(texts).size).toBeGreaterThan(2);
  });

  it('passes the records of a hostile name, and of no other', () => {
    const names = hostileNames.filter((name) => name !== '').map((name) => name.toWellFormed());
    const batch = batchOf(
      names.map((name) => ({
        sourcePodNamespace: name,
        sourcePodName: name,
        destinationServicePortName: name,
      })),
    );
    for (const [row, name] of names.entries()) {
      for (const [word, value] of [
        ['sourceNamespace', name],
        ['namespace', name],
        ['service', name],
        ['sourcePod', `${name}/${name}`],
        ['source', `${name}/${name}`],
      ] as const) {
        const condition = parseCondition(printCondition({ word, values: [value] }));
        const passes = new FlowFilter(condition).bind(batch);
        const found = names.filter((_, other) => passes(other));
        expect(found, printCondition(condition)).toEqual(names.filter((other) => other === name));
        expect(passes(row)).toBe(true);
      }
    }
  });
});

describe('the presence of a value', () => {
  const flow = {
    sourceIP: '10.0.0.1',
    destinationPodName: 'web-0',
    sourceTransportPort: 0,
    protocolIdentifier: 6,
    egressNetworkPolicyName: 'p',
    ingressNetworkPolicyRuleAction: 2,
    flowType: 1,
    octetTotalCount: 0,
    sourceNodeName: 'n',
    destinationPodNamespace: 'shop',
  };
  it.each([
    ['src', ['sourceIP']],
    ['dst', ['destinationPodName']],
    ['peer', ['sourceIP', 'destinationPodName']],
    ['namespace', ['destinationPodNamespace']],
    ['node', ['sourceNodeName']],
    ['port', ['protocolIdentifier']],
    ['proto', ['protocolIdentifier']],
    ['type', ['flowType']],
    ['action', ['ingressNetworkPolicyRuleAction']],
    ['policy', ['egressNetworkPolicyName']],
    ['min-octets', ['octetTotalCount']],
  ] as const)('of %s depends on %j', (word, fields) => {
    const without = Object.fromEntries(
      Object.entries(flow).filter(([name]) => !(fields as readonly string[]).includes(name)),
    );
    const passes = new FlowFilter({ exists: word }).bind(batchOf([flow, without]));
    expect([passes(0), passes(1)]).toEqual([true, false]);
  });
});
