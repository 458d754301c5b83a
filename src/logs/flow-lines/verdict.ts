import type { FlowBatch } from '../../flow/index.ts';

/** What policies did with a flow: of two the stricter (`RuleAction`). */
export function verdictOf({ columns }: FlowBatch, row: number): number {
  return Math.max(columns.ingressNetworkPolicyRuleAction[row]!, columns.egressNetworkPolicyRuleAction[row]!);
}
