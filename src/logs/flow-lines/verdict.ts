import { type FlowBatch, RuleAction } from '../../flow/index.ts';

/**
 * What policies did with a flow: of two the stricter (`RuleAction`). An action that has no name is as strict
 * as any.
 */
export function verdictOf({ columns }: FlowBatch, row: number): number {
  const { ingressNetworkPolicyRuleAction: ingress, egressNetworkPolicyRuleAction: egress } = columns;
  return Math.min(Math.max(ingress[row]!, egress[row]!), RuleAction.reject);
}
