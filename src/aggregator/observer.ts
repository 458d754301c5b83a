import { type Columns, FlowType, isUnset, RuleAction } from '../flow/index.ts';

/** Which ends of a flow the node that made a record has. */
export const Observer = { source: 0, destination: 1, both: 2, neither: 3 } as const;
export type Observer = (typeof Observer)[keyof typeof Observer];

/**
 * By the names a record carries: an agent names only Pods and nodes of its own. A node that translates
 * the source of a flow on its way to another node stands for the source: it alone knows who that is.
 */
export function observerOf(columns: Columns, i: number): Observer {
  const hasSource = (columns.sourcePodName[i]! | columns.sourceNodeName[i]!) !== 0;
  const hasDestination = (columns.destinationPodName[i]! | columns.destinationNodeName[i]!) !== 0;
  if (hasDestination) return hasSource ? Observer.both : Observer.destination;
  return hasSource || !isUnset(columns.proxySnatIP, i * 4) ? Observer.source : Observer.neither;
}

/**
 * Whether the other node should report the flow too, so that it is worth waiting for. Not when one end is
 * outside, or unknown to everybody; not when the source's node denied it, because then the other never saw
 * it; not when the destination's node rejected it, because the reset removes the source's entry at once. But
 * when the destination's node dropped it, the source's has an ordinary, unanswered connection. When only
 * answers were denied, both nodes have seen it.
 */
export function needsOtherHalf(columns: Columns, i: number, observer: Observer): boolean {
  if (observer === Observer.both || observer === Observer.neither) return false;
  const egress = columns.egressNetworkPolicyRuleAction[i];
  const isAnswer = Number.isNaN(columns.packetTotalCount[i]!);
  if (!isAnswer && (egress === RuleAction.drop || egress === RuleAction.reject)) return false;
  if (!isAnswer && columns.ingressNetworkPolicyRuleAction[i] === RuleAction.reject) return false;
  const type = columns.flowType[i];
  return (
    type === FlowType.interNode || type === FlowType.unspecified || isTranslatedHalf(columns, i, observer)
  );
}

/** The source's half of a flow that comes from outside by way of a node that translated its source. */
export function isTranslatedHalf(columns: Columns, i: number, observer: Observer): boolean {
  return (
    observer === Observer.source &&
    columns.flowType[i] === FlowType.fromExternal &&
    !isUnset(columns.proxySnatIP, i * 4)
  );
}
