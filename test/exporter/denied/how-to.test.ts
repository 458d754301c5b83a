import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadAgentSettings } from '../../../src/cli/config/index.ts';
import { actionOfWord, prefixPresets } from '../../../src/exporter/denied/index.ts';
import { PrefixMatcher } from '../../../src/exporter/denied/prefix-matcher.ts';
import { directionOf } from '../../../src/exporter/denied/verdict.ts';
import { RuleAction } from '../../../src/flow/index.ts';

const page = readFileSync(new URL('../../../docs/how-to/denied-connections.md', import.meta.url), 'utf8');
const rules = readFileSync(new URL('../../../examples/firewall/denied.nft', import.meta.url), 'utf8');

describe('docs/how-to/denied-connections.md', () => {
  it('shows configurations that load', () => {
    const shown = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml]) => yaml!);
    const loaded = shown.map((yaml) => loadAgentSettings(yaml, 'agent.yaml').settings.deniedGroups);
    expect(loaded.map((groups) => groups.map(({ group }) => group))).toEqual([[100], [100, 101]]);
    expect(new PrefixMatcher(loaded[1]!).verdict(101, 'fw: REJECT out web')).toMatchObject({
      action: RuleAction.reject,
      policy: 'web',
      direction: directionOf('out'),
    });
  });

  it('shows prefixes, like the example rules, that the preset reads as described', () => {
    const matcher = new PrefixMatcher([
      { group: 100, patterns: prefixPresets.nftables, defaultAction: RuleAction.none },
    ]);
    const shown = [...`${page}\n${rules}`.matchAll(/prefix "((drop|reject) [^"]+)"/g)];
    expect(shown.length).toBeGreaterThan(5);
    for (const [, prefix, action] of shown) {
      const { policy, rule, ...verdict } = matcher.verdict(100, prefix!);
      expect([verdict.action, `${action} ${policy}:${rule}`]).toEqual([actionOfWord(action!), prefix]);
    }
  });

  it('lists the accepted words for actions and directions', () => {
    const row = (start: string) => page.split('\n').find((line) => line.startsWith(`| ${start}`))!;
    const wordsOf = (start: string) => row(start).split('|')[2]!.trim().split(/,\s+/);
    const actions = ['action `Drop`', 'action `Reject`', 'let through'].map((start) => [
      ...new Set(wordsOf(start).map(actionOfWord)),
    ]);
    expect(actions).toEqual([[RuleAction.drop], [RuleAction.reject], [RuleAction.allow]]);
    const [ingress, egress] = ['direction in', 'direction out'].map((start) =>
      wordsOf(start).map(directionOf),
    );
    expect([new Set(ingress).size, new Set(egress).size]).toEqual([1, 1]);
    expect(ingress).not.toEqual(egress);
  });
});
