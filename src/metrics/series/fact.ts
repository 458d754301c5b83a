import type { GroupingName, LabelName } from './grouping.ts';

/**
 * What is known of a flow's record, each fact the id of a label value, 0 for unknown: a vector of which the labels
 * of all tables are taken. Blocks of several facts are given by where they begin.
 */
export const Fact = {
  none: 0,
  cluster: 1,
  /** Constants: "original", "reverse", and a number that is not 0. */
  original: 2,
  reverse: 3,
  always: 4,
  /** The two ends: a block as in `End` each. */
  source: 5,
  destination: 12,
  /** As in `Reached`. */
  service: 19,
  /** The policies at the destination and at the source, and the one that denied, else the first of the two: as in `Policy`. */
  ingress: 23,
  egress: 29,
  decision: 35,
  /** As in `Inside`. */
  inside: 41,
  protocol: 47,
  port: 48,
  /** One for each user-defined metric: whether the record passes its filter. */
  filters: 49,
} as const;

/** `group` is the namespace, or what stands for it where there is none. */
export const End = { kind: 0, namespace: 1, workload: 2, pod: 3, node: 4, zone: 5, group: 6 } as const;
export const Reached = { namespace: 0, name: 1, port: 2, kind: 3 } as const;
export const Policy = { namespace: 0, name: 1, type: 2, rule: 3, action: 4, direction: 5 } as const;
/** The end inside of a flow to or from an outside range, and what each way is called from there. */
export const Inside = { namespace: 0, workload: 1, kind: 2, range: 3, forward: 4, backward: 5 } as const;

/** A series that a flow counts in, for what goes to the destination and for what comes back. */
export interface Place {
  /** The fact of each label. */
  readonly forward: readonly number[];
  readonly backward: readonly number[];
  /** Without this fact the flow has no series here. */
  readonly condition: number;
}

const plain: Partial<Record<LabelName, number>> = {
  cluster: Fact.cluster,
  service_namespace: Fact.service + Reached.namespace,
  service_name: Fact.service + Reached.name,
  service_port: Fact.service + Reached.port,
  service_kind: Fact.service + Reached.kind,
  workload_namespace: Fact.inside + Inside.namespace,
  workload: Fact.inside + Inside.workload,
  kind: Fact.inside + Inside.kind,
  range: Fact.inside + Inside.range,
  protocol: Fact.protocol,
  port: Fact.port,
};

const policies: Partial<Record<LabelName, number>> = {
  policy_namespace: Policy.namespace,
  policy: Policy.name,
  policy_type: Policy.type,
  rule: Policy.rule,
  action: Policy.action,
  policy_direction: Policy.direction,
};

const insideLabels: readonly LabelName[] = ['range', 'workload_namespace', 'workload', 'kind'];

/** The places that a flow may have in a grouping. */
export function placesOf(grouping: GroupingName, labels: readonly LabelName[]): Place[] {
  switch (grouping) {
    case 'policy':
      return [Fact.ingress, Fact.egress].map((policy) =>
        place(labels, policy + Policy.direction, { policy }),
      );
    case 'service':
      return [place(labels, Fact.service + Reached.kind)];
    case 'external':
      return [place(labels, Fact.inside + Inside.range)];
    case 'namespace':
      return [place(labels, Fact.always, { namespace: End.group })];
    default:
      return [place(labels, Fact.always)];
  }
}

/** The place that a flow has in a user-defined metric. */
export function definedPlace(labels: readonly LabelName[], condition: number): Place {
  const isNamed = labels.some((label) => /^(source|destination)_(workload|pod)$/.test(label));
  return place(labels, condition, { namespace: isNamed ? End.namespace : End.group });
}

interface Meaning {
  /** Block of the policy that is meant. */
  readonly policy?: number;
  /** Which of an end's facts its namespace label is. */
  readonly namespace?: number;
}

/** What comes back goes to the series with the ends swapped, unless a label tells the direction. */
function place(labels: readonly LabelName[], condition: number, meaning: Meaning = {}): Place {
  const ofInside = labels.some((label) => insideLabels.includes(label));
  const forward = labels.map((label) => {
    if (label === 'direction') return ofInside ? Fact.inside + Inside.forward : Fact.original;
    return factOf(label, meaning);
  });
  const backward = labels.map((label, i) => {
    if (label === 'direction') return ofInside ? Fact.inside + Inside.backward : Fact.reverse;
    return labels.includes('direction') ? forward[i]! : swapped(forward[i]!);
  });
  return { forward, backward, condition };
}

function factOf(label: LabelName, { policy = Fact.decision, namespace = End.namespace }: Meaning): number {
  const known = plain[label];
  if (known !== undefined) return known;
  const ofPolicy = policies[label];
  if (ofPolicy !== undefined) return policy + ofPolicy;
  const [side, what] = label.split('_') as ['source' | 'destination', keyof typeof End];
  return Fact[side] + (what === 'namespace' ? namespace : End[what]);
}

function swapped(fact: number): number {
  const distance = Fact.destination - Fact.source;
  if (fact >= Fact.source && fact < Fact.destination) return fact + distance;
  if (fact >= Fact.destination && fact < Fact.destination + distance) return fact - distance;
  return fact;
}
