import { RuleAction } from './enumerations.ts';
import type { FlowBatch } from './flow-batch.ts';

/**
 * The stricter of two policies' decisions on a flow (`RuleAction`). An unnamed action counts as the
 * strictest.
 */
export function verdictOf({ columns }: FlowBatch, row: number): number {
  const { ingressNetworkPolicyRuleAction: ingress, egressNetworkPolicyRuleAction: egress } = columns;
  return Math.min(Math.max(ingress[row]!, egress[row]!), RuleAction.reject);
}
