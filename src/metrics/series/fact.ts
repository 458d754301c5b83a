import type { GroupingName, LabelName } from './grouping.ts';

/** Facts of one end. `group` is the namespace, or the node or range of an end without one. */
export const End = numberedNames('kind', 'namespace', 'workload', 'pod', 'node', 'zone', 'group');
/** Facts of the reached Service, or of the node or range in its place. */
export const Reached = numberedNames('namespace', 'name', 'port', 'kind');
export const Policy = numberedNames('namespace', 'name', 'type', 'rule', 'action', 'direction');
/**
 * Facts of the inside end of a flow to or from an outside range, and the name of each direction from there.
 */
export const Inside = numberedNames('namespace', 'workload', 'kind', 'range', 'forward', 'backward');

/**
 * Position of each fact in the vector of facts of a flow's record. Each fact is the id of a label value, 0
 * for unknown. A block of several facts is given by its first; the facts inside are numbered from there.
 */
export const Fact = laidOut({
  none: 1,
  cluster: 1,
  // Constants: "original", "reverse", and a number other than 0.
  original: 1,
  reverse: 1,
  always: 1,
  source: sizeOf(End),
  destination: sizeOf(End),
  service: sizeOf(Reached),
  // The policies at the destination and at the source, and the one that decided.
  ingress: sizeOf(Policy),
  egress: sizeOf(Policy),
  decision: sizeOf(Policy),
  inside: sizeOf(Inside),
  protocol: 1,
  port: 1,
  // One fact for each user-defined metric: whether the record passes its filter.
  filters: 0,
});

/** A series in which a flow counts, for traffic to the destination and for traffic back. */
export interface LabelPlace {
  /** The fact of each label. */
  readonly forward: readonly number[];
  readonly backward: readonly number[];
  /** A flow without this fact has no series here. */
  readonly condition: number;
}

/** The places of a flow in a grouping. */
export function placesOf(grouping: GroupingName, labels: readonly LabelName[]): LabelPlace[] {
  switch (grouping) {
    case 'policy':
      return [Fact.ingress, Fact.egress].map((policy) =>
        placeOf(labels, policy + Policy.direction, { policy }),
      );
    case 'service':
      return [placeOf(labels, Fact.service + Reached.kind)];
    case 'external':
      return [placeOf(labels, Fact.inside + Inside.range)];
    case 'namespace':
      return [placeOf(labels, Fact.always, { namespace: End.group })];
    default:
      return [placeOf(labels, Fact.always)];
  }
}

/** The place of a flow in a user-defined metric. */
export function definedPlace(labels: readonly LabelName[], condition: number): LabelPlace {
  const isNamed = labels.some((label) => /^(source|destination)_(workload|pod)$/.test(label));
  return placeOf(labels, condition, { namespace: isNamed ? End.namespace : End.group });
}

const insideLabels: readonly LabelName[] = ['range', 'workload_namespace', 'workload', 'kind'];

interface Meaning {
  /** Block of the policy to use. */
  readonly policy?: number;
  /** Which fact of an end its namespace label shows. */
  readonly namespace?: number;
}

/** Traffic back counts in the series with the ends swapped, unless a label gives the direction. */
function placeOf(labels: readonly LabelName[], condition: number, meaning: Meaning = {}): LabelPlace {
  const { policy = Fact.decision, namespace = End.namespace } = meaning;
  const isOfInside = labels.some((label) => insideLabels.includes(label));
  const hasDirection = labels.includes('direction');
  const { source, destination, inside } = Fact;
  const forward = factOfEachLabel({
    source,
    destination,
    policy,
    namespace,
    direction: isOfInside ? inside + Inside.forward : Fact.original,
  });
  const backward = factOfEachLabel({
    source: hasDirection ? source : destination,
    destination: hasDirection ? destination : source,
    policy,
    namespace,
    direction: isOfInside ? inside + Inside.backward : Fact.reverse,
  });
  return {
    forward: labels.map((label) => forward[label]),
    backward: labels.map((label) => backward[label]),
    condition,
  };
}

/** The meaning of labels in one place: blocks of facts, and single facts. */
interface Reading {
  readonly source: number;
  readonly destination: number;
  readonly policy: number;
  readonly namespace: number;
  readonly direction: number;
}

/** The fact of each label. One line each: a label without its line does not compile. */
function factOfEachLabel(reading: Reading): Record<LabelName, number> {
  const { source, destination, policy, namespace, direction } = reading;
  const { service, inside } = Fact;
  return {
    cluster: Fact.cluster,
    source_node: source + End.node,
    destination_node: destination + End.node,
    source_namespace: source + namespace,
    source_workload: source + End.workload,
    source_pod: source + End.pod,
    source_kind: source + End.kind,
    source_zone: source + End.zone,
    destination_namespace: destination + namespace,
    destination_workload: destination + End.workload,
    destination_pod: destination + End.pod,
    destination_kind: destination + End.kind,
    destination_zone: destination + End.zone,
    service_namespace: service + Reached.namespace,
    service_name: service + Reached.name,
    service_port: service + Reached.port,
    service_kind: service + Reached.kind,
    policy_namespace: policy + Policy.namespace,
    policy: policy + Policy.name,
    policy_type: policy + Policy.type,
    rule: policy + Policy.rule,
    action: policy + Policy.action,
    policy_direction: policy + Policy.direction,
    workload_namespace: inside + Inside.namespace,
    workload: inside + Inside.workload,
    kind: inside + Inside.kind,
    range: inside + Inside.range,
    protocol: Fact.protocol,
    port: Fact.port,
    direction,
  };
}

/** Numbers the names from 0, in order. */
function numberedNames<Name extends string>(...names: Name[]): Readonly<Record<Name, number>> {
  return Object.fromEntries(names.map((name, i) => [name, i])) as Record<Name, number>;
}

function sizeOf(block: Readonly<Record<string, number>>): number {
  return Object.keys(block).length;
}

/** Lays out blocks one after the other, in order. */
function laidOut<Name extends string>(sizes: Readonly<Record<Name, number>>): Readonly<Record<Name, number>> {
  let next = 0;
  const starts = {} as Record<Name, number>;
  for (const name of Object.keys(sizes) as Name[]) {
    starts[name] = next;
    next += sizes[name];
  }
  return starts;
}
