import {
  type AddressRanges,
  type Columns,
  conditionOfWords,
  type Dictionary,
  type FlowBatch,
  FlowFilter,
  FlowType,
  hasPorts,
  RuleAction,
} from '../../flow/index.ts';
import type { DefinedMetric } from './defined-metric.ts';
import { End, Fact, Inside, Policy, Reached } from './fact.ts';
import type { LabelValues, NameLabels } from './label-values.ts';
import { NumberLabels } from './number-labels.ts';

/** The columns of one end. */
interface EndColumns {
  readonly pods: Uint32Array;
  readonly namespaces: Uint32Array;
  readonly nodes: Uint32Array;
  readonly podLabels: Uint32Array;
  readonly workloads: Uint32Array;
  readonly zones: Uint32Array;
  readonly ranges: Uint32Array;
  readonly addresses: Uint32Array;
}

/** The columns of the policy at one end. */
interface PolicyColumns {
  readonly namespaces: Uint32Array;
  readonly names: Uint32Array;
  readonly types: Uint8Array;
  readonly rules: Uint32Array;
  readonly actions: Uint8Array;
}

/**
 * Reads the facts of a flow out of its record, as label values. It reads only what a table uses, and looks
 * each name up once for each dictionary.
 */
export class FlowFacts {
  /** By `Fact`. */
  readonly values: Uint32Array;
  /** The facts that tables use and that differ between flows: they distinguish classes. */
  readonly needed: Uint32Array;
  /** Their values, once `fillKey` has been called. */
  readonly key: Uint32Array;
  readonly #labels: LabelValues;
  readonly #ranges: AddressRanges;
  readonly #filters: readonly (FlowFilter | undefined)[];
  readonly #needs: Readonly<
    Record<
      'cluster' | 'ends' | 'workload' | 'pod' | 'node' | 'zone' | 'service' | 'policy' | 'inside' | 'port',
      boolean
    >
  >;

  #batch: FlowBatch | undefined;
  #columns!: Columns;
  #source!: EndColumns;
  #destination!: EndColumns;
  #ingress!: PolicyColumns;
  #egress!: PolicyColumns;
  #names!: NameLabels;
  #dictionary: Dictionary | undefined;
  /** Filters bound to the batch, and the size of its dictionary then: names may have been added since. */
  #tests: (((row: number) => boolean) | undefined)[] = [];
  #boundSize = 0;

  // Ids in the current dictionary.
  #kinds = { pod: 0, node: 0, range: 0, service: 0 };
  #directions = { ingress: 0, egress: 0, transmit: 0, receive: 0 };
  #rangeIds: readonly number[] = [];
  #internet = 0;
  readonly #protocols = new NumberLabels('protocolIdentifier');
  readonly #policyTypes = new NumberLabels('ingressNetworkPolicyType');
  readonly #actions = new NumberLabels('ingressNetworkPolicyRuleAction');
  readonly #ports = new NumberLabels();

  /** @param asked the facts that tables use, in any order, with repeats */
  constructor(
    labels: LabelValues,
    ranges: AddressRanges,
    defined: readonly DefinedMetric[],
    asked: Iterable<number>,
  ) {
    this.#labels = labels;
    this.#ranges = ranges;
    this.#filters = defined.map(({ filter }) => filter && new FlowFilter(conditionOfWords(filter)));
    const all = new Set(asked);
    this.needed = Uint32Array.from(
      [...all].filter((fact) => fact === Fact.cluster || fact > Fact.always),
    ).toSorted();
    this.key = new Uint32Array(Math.max(1, this.needed.length));
    this.values = new Uint32Array(Fact.filters + defined.length);
    const anyOf = (from: number, to: number) => this.needed.some((fact) => fact >= from && fact < to);
    const anEnd = (what: number) => all.has(Fact.source + what) || all.has(Fact.destination + what);
    const inside = anyOf(Fact.inside, Fact.protocol);
    const service = anyOf(Fact.service, Fact.ingress);
    this.#needs = {
      cluster: all.has(Fact.cluster),
      ends: inside || service || anyOf(Fact.source, Fact.service),
      workload: inside || service || anEnd(End.workload),
      pod: anEnd(End.pod),
      node: anEnd(End.node),
      zone: anEnd(End.zone),
      service,
      policy: anyOf(Fact.ingress, Fact.inside),
      inside,
      port: all.has(Fact.protocol) || all.has(Fact.port),
    };
    this.renew();
  }

  /** Whether any field of a record can change its facts, not only its names. */
  get hasFilters(): boolean {
    return this.#filters.length > 0;
  }

  /** Call when the dictionary of label values has been replaced. */
  renew(): void {
    const textId = (text: string) => this.#labels.dictionary.internText(text);
    this.values[Fact.original] = textId('original');
    this.values[Fact.reverse] = textId('reverse');
    this.values[Fact.always] = 1;
    this.#kinds = {
      pod: textId('Pod'),
      node: textId('Node'),
      range: textId('Range'),
      service: textId('Service'),
    };
    this.#directions = {
      ingress: textId('ingress'),
      egress: textId('egress'),
      transmit: textId('transmit'),
      receive: textId('receive'),
    };
    this.#rangeIds = this.#ranges.names.map(textId);
    this.#internet = textId('internet');
    for (const numbers of [this.#protocols, this.#policyTypes, this.#actions, this.#ports]) {
      numbers.begin(this.#labels.dictionary);
    }
    this.#dictionary = undefined;
  }

  /** Reads a record into `values`. */
  read(batch: FlowBatch, row: number): void {
    if (batch !== this.#batch) this.#bind(batch);
    if (batch.dictionary !== this.#dictionary) this.#bindNames(batch.dictionary);
    const needs = this.#needs;
    const values = this.values;
    const columns = this.#columns;
    if (needs.cluster) values[Fact.cluster] = this.#names.label(columns.clusterId[row]!);
    if (needs.ends) {
      this.#readEnd(this.#source, Fact.source, row);
      this.#readEnd(this.#destination, Fact.destination, row);
    }
    if (needs.port) {
      const protocol = columns.protocolIdentifier[row]!;
      values[Fact.protocol] = protocol === 0 ? 0 : this.#protocols.label(protocol);
      values[Fact.port] = this.#port(row, columns.destinationTransportPort[row]!);
    }
    if (needs.service) this.#readService(row);
    if (needs.policy) this.#readPolicies(row);
    if (needs.inside) this.#readInside(columns.flowType[row]!);
    if (this.#filters.length > 0) this.#readFilters(batch, row);
  }

  /** Fills `key` from `values`. */
  fillKey(): Uint32Array {
    const { needed, key, values } = this;
    for (let i = 0; i < needed.length; i++) key[i] = values[needed[i]!]!;
    return key;
  }

  /** Reads only what it needs: most of its time goes by in waiting for memory. */
  #readEnd(columns: EndColumns, at: number, row: number): void {
    const values = this.values;
    const names = this.#names;
    const needs = this.#needs;
    const pod = columns.pods[row]!;
    if (needs.node) values[at + End.node] = names.label(columns.nodes[row]!);
    if (needs.zone) values[at + End.zone] = this.#zone(columns, row);
    if (pod === 0) {
      this.#readEndWithoutPod(columns, at, row);
      return;
    }
    const namespace = names.label(columns.namespaces[row]!);
    values[at + End.kind] = this.#kinds.pod;
    values[at + End.namespace] = namespace;
    values[at + End.group] = namespace;
    if (needs.workload) {
      const workload = columns.workloads[row]!;
      values[at + End.workload] =
        workload === 0 ? names.workload(pod, columns.podLabels[row]!) : names.label(workload);
    }
    if (needs.pod) values[at + End.pod] = names.label(pod);
  }

  #zone({ zones, nodes }: EndColumns, row: number): number {
    const node = nodes[row]!;
    return this.#names.label(zones[row]!) || (node === 0 ? 0 : this.#names.zone(node));
  }

  #readEndWithoutPod(columns: EndColumns, at: number, row: number): void {
    const values = this.values;
    const node = columns.nodes[row]!;
    let name = this.#names.label(node);
    let kind = this.#kinds.node;
    if (node === 0) {
      const range = this.#ranges.find(columns.addresses, row * 4);
      name = this.#names.label(columns.ranges[row]!) || (range < 0 ? 0 : this.#rangeIds[range]!);
      // An agent reported the end as inside the cluster: it is not the internet, even without its node.
      if (areBothInside(this.#columns.flowType[row]!) && name === this.#internet) name = 0;
      kind = name === 0 ? 0 : this.#kinds.range;
    }
    values[at + End.kind] = kind;
    values[at + End.namespace] = 0;
    values[at + End.workload] = name;
    values[at + End.pod] = name;
    values[at + End.group] = name;
  }

  /**
   * A Service, else the reached node or range with the port. A Pod reached by its own address is no Service.
   */
  #readService(row: number): void {
    const values = this.values;
    const columns = this.#columns;
    const { service } = Fact;
    const id = columns.destinationServicePortName[row]!;
    if (id !== 0) {
      this.#names.service(id, values, service);
      if (values[service + Reached.port] === 0) {
        values[service + Reached.port] = this.#ports.label(columns.destinationServicePort[row]!);
      }
      values[service + Reached.kind] = this.#kinds.service;
      return;
    }
    const kind = values[Fact.destination + End.kind]!;
    values[service + Reached.namespace] = 0;
    if (kind === this.#kinds.pod || kind === 0) {
      values[service + Reached.name] = values[service + Reached.port] = values[service + Reached.kind] = 0;
      return;
    }
    const port = columns.destinationServicePort[row]! || columns.destinationTransportPort[row]!;
    values[service + Reached.name] = values[Fact.destination + End.workload]!;
    values[service + Reached.port] = this.#port(row, port);
    values[service + Reached.kind] = kind;
  }

  #readPolicies(row: number): void {
    const values = this.values;
    this.#readPolicy(this.#ingress, Fact.ingress, this.#directions.ingress, row);
    this.#readPolicy(this.#egress, Fact.egress, this.#directions.egress, row);
    const isEgress =
      values[Fact.ingress + Policy.direction] === 0 ||
      (isDenial(this.#egress.actions[row]!) && !isDenial(this.#ingress.actions[row]!));
    const from = isEgress ? Fact.egress : Fact.ingress;
    for (let i = 0; i <= Policy.direction; i++) values[Fact.decision + i] = values[from + i]!;
  }

  #readPolicy(columns: PolicyColumns, at: number, direction: number, row: number): void {
    const values = this.values;
    const names = this.#names;
    const name = columns.names[row]!;
    const rule = columns.rules[row]!;
    const action = columns.actions[row]!;
    if ((name | rule | action) === 0) {
      for (let i = 0; i <= Policy.direction; i++) values[at + i] = 0;
      return;
    }
    const type = columns.types[row]!;
    values[at + Policy.namespace] = names.label(columns.namespaces[row]!);
    values[at + Policy.name] = names.label(name);
    values[at + Policy.type] = type === 0 ? 0 : this.#policyTypes.label(type);
    values[at + Policy.rule] = names.label(rule);
    values[at + Policy.action] = action === 0 ? 0 : this.#actions.label(action);
    values[at + Policy.direction] = direction;
  }

  /**
   * Finds the inside end: a Pod or node whose other end is neither, or, of two ranges, the one that is not
   * the internet. An agent that knows the cluster's networks reports when both ends are inside, even while
   * the other node's half is missing.
   */
  #readInside(flowType: number): void {
    const values = this.values;
    const { inside } = Fact;
    const sourceIsOutside = this.#isOutside(Fact.source, Fact.destination);
    const destinationIsOutside = this.#isOutside(Fact.destination, Fact.source);
    if (areBothInside(flowType) || sourceIsOutside === destinationIsOutside) {
      for (let i = 0; i <= Inside.backward; i++) values[inside + i] = 0;
      return;
    }
    const own = sourceIsOutside ? Fact.destination : Fact.source;
    const other = sourceIsOutside ? Fact.source : Fact.destination;
    const { transmit, receive } = this.#directions;
    values[inside + Inside.namespace] = values[own + End.namespace]!;
    values[inside + Inside.workload] = values[own + End.workload]!;
    values[inside + Inside.kind] = values[own + End.kind]!;
    values[inside + Inside.range] = values[other + End.workload]!;
    values[inside + Inside.forward] = sourceIsOutside ? receive : transmit;
    values[inside + Inside.backward] = sourceIsOutside ? transmit : receive;
  }

  #isOutside(end: number, other: number): boolean {
    const values = this.values;
    const { range } = this.#kinds;
    if (values[end + End.kind] !== range || values[other + End.kind] === 0) return false;
    return values[other + End.kind] !== range || values[end + End.workload] === this.#internet;
  }

  #readFilters(batch: FlowBatch, row: number): void {
    const { size } = batch.dictionary;
    if (size !== this.#boundSize) {
      this.#boundSize = size;
      this.#tests = this.#filters.map((filter) => filter?.bind(batch));
    }
    for (let i = 0; i < this.#tests.length; i++) {
      const test = this.#tests[i];
      this.values[Fact.filters + i] = test === undefined || test(row) ? 1 : 0;
    }
  }

  /** Only some protocols have ports. */
  #port(row: number, port: number): number {
    return hasPorts[this.#columns.protocolIdentifier[row]!] === 1 ? this.#ports.label(port) : 0;
  }

  #bind(batch: FlowBatch): void {
    const { columns } = batch;
    this.#batch = batch;
    this.#columns = columns;
    this.#source = endColumns(columns, 'source');
    this.#destination = endColumns(columns, 'destination');
    this.#ingress = policyColumns(columns, 'ingress');
    this.#egress = policyColumns(columns, 'egress');
    this.#boundSize = 0;
  }

  #bindNames(dictionary: Dictionary): void {
    this.#dictionary = dictionary;
    this.#names = this.#labels.namesFrom(dictionary);
    this.#boundSize = 0;
  }
}

const endColumns = (columns: Columns, end: 'source' | 'destination'): EndColumns => ({
  pods: columns[`${end}PodName`],
  namespaces: columns[`${end}PodNamespace`],
  nodes: columns[`${end}NodeName`],
  podLabels: columns[`${end}PodLabels`],
  workloads: columns[`${end}WorkloadName`],
  zones: columns[`${end}Zone`],
  ranges: columns[`${end}RangeName`],
  addresses: columns[`${end}IP`],
});

const policyColumns = (columns: Columns, direction: 'ingress' | 'egress'): PolicyColumns => ({
  namespaces: columns[`${direction}NetworkPolicyNamespace`],
  names: columns[`${direction}NetworkPolicyName`],
  types: columns[`${direction}NetworkPolicyType`],
  rules: columns[`${direction}NetworkPolicyRuleName`],
  actions: columns[`${direction}NetworkPolicyRuleAction`],
});

const areBothInside = (flowType: number): boolean =>
  flowType === FlowType.interNode || flowType === FlowType.intraNode;

export const isDenial = (action: number): boolean =>
  action === RuleAction.drop || action === RuleAction.reject;
