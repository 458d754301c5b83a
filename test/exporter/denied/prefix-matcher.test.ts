import { describe, expect, it } from 'vitest';
import { allPresets, objectionToPattern, prefixPresets } from '../../../src/exporter/denied/index.ts';
import { PacketDirection } from '../../../src/exporter/denied/packet-batch.ts';
import { PrefixMatcher } from '../../../src/exporter/denied/prefix-matcher.ts';
import type { PrefixPattern } from '../../../src/exporter/denied/prefix-pattern.ts';
import { RuleAction } from '../../../src/flow/index.ts';

const { allow, drop, reject } = RuleAction;
const matcher = (patterns: readonly PrefixPattern[], defaultAction: number = drop) =>
  new PrefixMatcher([{ group: 5, patterns, defaultAction }]);

describe('PrefixMatcher', () => {
  it('fills the verdict from the named groups of the first pattern that matches', () => {
    const verdict = matcher([
      { expression: /^never (?<policy>\w+)/ },
      { expression: /^(?<action>\w+)\|(?<namespace>\w+)\/(?<policy>\w+)#(?<rule>\w+) (?<direction>\w+)/ },
      { expression: /(?<policy>.*)/ },
    ]).verdict(5, 'REJECTED|shop/database#web out');
    expect(verdict).toEqual({
      action: reject,
      namespace: 'shop',
      policy: 'database',
      rule: 'web',
      policyType: 0,
      direction: PacketDirection.egress,
    });
  });

  it("uses the pattern's fixed values for groups that match nothing", () => {
    const patterns = [
      {
        expression: /^netpol (?<policy>\S+)/,
        given: {
          action: reject,
          namespace: 'all',
          rule: 'any',
          policyType: 1,
          direction: PacketDirection.egress,
        },
      },
    ];
    expect(matcher(patterns).verdict(5, 'netpol web')).toEqual({
      action: reject,
      namespace: 'all',
      policy: 'web',
      rule: 'any',
      policyType: 1,
      direction: PacketDirection.egress,
    });
  });

  it.each([
    ['a prefix that no pattern matches', [{ expression: /^x(?<action>drop)/ }], 'something'],
    ['a word that is no action', [{ expression: /(?<action>\w+)/ }], 'something'],
    ['a pattern without an action', [{ expression: /(?<policy>\w+)/ }], 'something'],
    ['no patterns', [], ''],
  ])("applies the group's default action to %s", (_, patterns, prefix) => {
    for (const action of [drop, reject, allow]) {
      expect(matcher(patterns, action).verdict(5, prefix).action).toBe(action);
    }
  });

  it('reports Drop for a group that nobody configured', () => {
    expect(matcher([]).verdict(6, 'x')).toMatchObject({ action: drop, policy: '' });
  });

  it('returns equal verdicts as one object for all prefixes', () => {
    const prefixes = matcher([{ expression: /(?<action>drop)/ }]);
    expect(prefixes.verdict(5, 'drop 1')).toBe(prefixes.verdict(5, 'drop 2'));
    expect(prefixes.size).toBe(2);
  });

  it('remembers a bounded number of prefixes', () => {
    const prefixes = new PrefixMatcher([{ group: 5, patterns: [], defaultAction: drop }], 10);
    for (let number = 0; number < 1000; number++) prefixes.verdict(5, `rule ${number}`);
    expect(prefixes.size).toBeLessThanOrEqual(10);
    expect(prefixes.verdict(5, 'rule 0').action).toBe(drop);
  });
});

describe('the presets', () => {
  const { ingress, egress } = PacketDirection;
  it.each([
    ['drop input:default', drop, '', 'input', 'default', undefined],
    ['reject shop/database:from-web', reject, 'shop', 'database', 'from-web', undefined],
    ['allow input', allow, '', 'input', '', undefined],
    ['drop forward: ', drop, '', 'forward', '', undefined],
    ['INPUT-DROP: ', drop, '', 'INPUT', '', ingress],
    ['[nftables] Inbound Denied: ', drop, '', '', '', undefined],
    ['Inbound Denied: ', drop, '', 'Inbound', '', ingress],
    ['output reject ', reject, '', 'output', '', egress],
    ['FORWARD_ACCEPT ', allow, '', 'FORWARD', '', undefined],
    ['iptables denied: ', drop, '', '', '', undefined],
    ['IPTables-Dropped: ', drop, '', '', '', undefined],
    ['REJECT_IN: ', reject, '', '', '', undefined],
    ['ssh allowed: ', allow, '', '', '', undefined],
    ['ssh not allowed: ', drop, '', '', '', undefined],
    ['SSH_NOT_ALLOWED ', drop, '', '', '', undefined],
    ['nothing known', drop, '', '', '', undefined],
    ['[UFW BLOCK] ', drop, '', 'ufw', '', undefined],
    ['[UFW LIMIT BLOCK] ', reject, '', 'ufw', 'LIMIT', undefined],
    ['[UFW ALLOW] ', allow, '', 'ufw', '', undefined],
    ['[UFW AUDIT INVALID] ', allow, '', 'ufw', '', undefined],
    ['filter_IN_public_REJECT: ', reject, '', 'public', '', ingress],
    ['filter_FWD_my_zone_DROP: ', drop, '', 'my_zone', '', undefined],
    ['filter_OUT_policy_allow-host-ipv6_ACCEPT: ', allow, '', 'policy_allow-host-ipv6', '', egress],
    ['FINAL_REJECT: ', reject, '', 'firewalld', 'FINAL', undefined],
    ['STATE_INVALID_DROP: ', drop, '', 'firewalld', 'STATE_INVALID', undefined],
  ])('together read "%s"', (prefix, action, namespace, policy, rule, direction) => {
    expect(matcher(allPresets).verdict(5, prefix)).toMatchObject({
      action,
      namespace,
      policy,
      rule,
      direction,
    });
  });

  it('use only groups that patterns allow', () => {
    const objections = Object.values(prefixPresets)
      .flat()
      .map(({ expression }) => objectionToPattern(expression.source));
    expect(objections.filter((objection) => objection !== undefined)).toEqual([]);
  });
});

describe('objectionToPattern', () => {
  it('states the expected form for a broken or misspelt pattern', () => {
    expect(objectionToPattern('(?<action>drop')).toMatch(/^a regular expression \(.*Unterminated group/);
    expect(objectionToPattern('(?<actoin>drop)')).toBe(
      'only groups named action, direction, namespace, policy, rule, not "actoin"',
    );
    expect(objectionToPattern('(?<=x)(?<!y)(?<rule>z)')).toBeUndefined();
  });
});
