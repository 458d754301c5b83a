import { type Columns, FlowType, isUnset, Observer, RuleAction } from '../flow/index.ts';

/**
 * Who made a record: its agent reports which ends of the flow its node has. Names do not show that, because
 * others may have named both ends. They decide only for records without better information, and only once,
 * when the record arrives.
 */
export function observerOf(columns: Columns, i: number): Observer {
  const observer = columns.observationPointId[i]!;
  if (observer >= Observer.source && observer <= Observer.neither) return observer as Observer;
  return observerByCounters(columns, i);
}

/**
 * An earlier aggregator sends the counters of each node that has reported, and the time of the last report.
 */
function observerByCounters(columns: Columns, i: number): Observer {
  const hasSource = columns.flowEndSecondsFromSourceNode[i]! > 0;
  const hasDestination = columns.flowEndSecondsFromDestinationNode[i]! > 0;
  if (hasSource) return hasDestination ? Observer.both : Observer.source;
  return hasDestination ? Observer.destination : observerByNames(columns, i);
}

/** An agent of the reference system, or an older one, names only Pods and nodes of its own. */
function observerByNames(columns: Columns, i: number): Observer {
  const hasSource = (columns.sourcePodName[i]! | columns.sourceNodeName[i]!) !== 0;
  const hasDestination = (columns.destinationPodName[i]! | columns.destinationNodeName[i]!) !== 0;
  if (hasDestination) return hasSource ? Observer.both : Observer.destination;
  // A node that translates the source stands for it: only it knows the real source.
  return hasSource || !isUnset(columns.proxySnatIP, i * 4) ? Observer.source : Observer.neither;
}

/**
 * Whether the other node should report the flow too, so that waiting is worthwhile. Not when one end is
 * outside, or unknown to everybody. Not when the source's node denied it: then the other never saw it. Not
 * when the destination's node rejected it: the reset removes the source's entry at once. But when the
 * destination's node dropped it, the source's has an ordinary, unanswered connection. When only answers were
 * denied, both nodes have seen it.
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

/** The source's half of a flow from outside that passed a node which translated its source. */
export function isTranslatedHalf(columns: Columns, i: number, observer: Observer): boolean {
  return (
    observer === Observer.source &&
    columns.flowType[i] === FlowType.fromExternal &&
    !isUnset(columns.proxySnatIP, i * 4)
  );
}
