import {
  type EnrichableField,
  type FlowEnricher,
  type FlowFiller,
  FlowType,
  isAbsent,
  type ReadableBatch,
  type ReadableColumn,
  type RepeatedName,
} from '../../flow/index.ts';
import type { Account, Ledger } from '../../runtime/index.ts';
import type { AddressOwner } from './address-owner.ts';
import type { ClusterNames } from './cluster-names.ts';
import { destinationFields, type EndFields, sourceFields } from './end-fields.ts';
import type { KnownNode } from './known-node.ts';
import { KnownPod } from './known-pod.ts';
import { ServiceLookup } from './service-lookup.ts';

export interface KubernetesEnricherOptions {
  /** An agent sends only names of Pods and Services: the aggregator knows the rest. */
  readonly isForAgent?: boolean;
  /** Whether records also contain UIDs. */
  readonly uids?: boolean;
}

/** Outside the cluster, or not known. */
const NO_OWNER = 'no owner';

const fieldsOfAgent = (fields: EndFields) => [fields.podNamespace, fields.podName];
const fieldsOfEnd = ({ podUid, nodeUid, ...fields }: EndFields, uids: boolean) => [
  ...Object.values<EnrichableField>(fields),
  ...(uids ? [podUid, nodeUid] : []),
];

/**
 * Names both ends of flows and the Service between them, as of the time when the flow began. Two Pods with
 * one address one after the other so have each their own flows.
 *
 * Account `kubernetes names`: ends of records, named or without an owner. Its events are ends with several
 * owners, with one only when the flow ended, and with another name by their own node.
 */
export class KubernetesEnricher implements FlowEnricher {
  readonly name = 'kubernetes';
  readonly fills: readonly EnrichableField[];
  readonly #cluster: ClusterNames;
  readonly #ends: Account;
  readonly #services: ServiceLookup;
  readonly #isForAgent: boolean;
  readonly #uids: boolean;
  #batch: ReadableBatch | undefined;
  #source!: NamedEnd;
  #destination!: NamedEnd;

  constructor(
    cluster: ClusterNames,
    ledger: Ledger,
    { isForAgent = false, uids = false }: KubernetesEnricherOptions = {},
  ) {
    this.#cluster = cluster;
    this.#ends = ledger.open('kubernetes names', 'ends of records', undefined, { expectedDrops: [NO_OWNER] });
    this.#isForAgent = isForAgent;
    this.#uids = uids && !isForAgent;
    this.#services = new ServiceLookup(cluster, isForAgent);
    const ends = [sourceFields, destinationFields];
    const ofCluster: EnrichableField[] = [
      'flowType',
      'clusterId',
      ...(uids ? (['destinationServiceUUID'] as const) : []),
    ];
    this.fills = isForAgent
      ? [...ends.flatMap(fieldsOfAgent), 'destinationServicePortName']
      : [...ends.flatMap((fields) => fieldsOfEnd(fields, uids)), 'destinationServicePortName', ...ofCluster];
  }

  enrich(flows: ReadableBatch, from: number, to: number, filler: FlowFiller): void {
    if (flows !== this.#batch) this.#bind(flows);
    const { columns } = flows;
    for (let row = from; row < to; row++) {
      const endMs = columns.flowEndMilliseconds[row]!;
      const startMs = columns.flowStartMilliseconds[row]!;
      const timeMs = Number.isNaN(startMs) ? endMs : startMs;
      const source = this.#find(columns.sourceIP, row, timeMs, endMs);
      const destination = this.#find(columns.destinationIP, row, timeMs, endMs);
      if (source !== undefined) this.#name(source, this.#source, row, filler);
      if (destination !== undefined) this.#name(destination, this.#destination, row, filler);
      if (columns.destinationServicePortName[row] === 0) {
        const service = this.#services.find(columns, row, destination, timeMs, endMs);
        if (service !== undefined) {
          filler.fillName('destinationServicePortName', row, service.text);
          if (this.#uids) filler.fillName('destinationServiceUUID', row, service.uid);
        }
      }
      if (!this.#isForAgent) this.#place(source, destination, flows, row, filler);
    }
  }

  #find(addresses: ArrayLike<number>, row: number, timeMs: number, endMs: number): AddressOwner | undefined {
    const at = row * 4;
    const { owners } = this.#cluster;
    this.#ends.received++;
    let owner = owners.find(addresses, at, 0, timeMs);
    if (owner !== undefined) {
      this.#ends.sent++;
      if (owners.candidates > 1) this.#ends.note('several owners');
      return owner;
    }
    owner = endMs === timeMs || isAbsent(addresses, at) ? undefined : owners.find(addresses, at, 0, endMs);
    if (owner === undefined) this.#ends.drop(NO_OWNER);
    else {
      this.#ends.sent++;
      this.#ends.note('owner only at the end');
    }
    return owner;
  }

  #bind(flows: ReadableBatch): void {
    this.#batch = flows;
    this.#source = namedEnd(flows, sourceFields);
    this.#destination = namedEnd(flows, destinationFields);
  }

  #name(owner: AddressOwner, end: NamedEnd, row: number, filler: FlowFiller): void {
    const { fields } = end;
    if (!(owner instanceof KnownPod)) {
      if (!this.#isForAgent && end.podNames[row] === 0) this.#nameNode(owner, fields, row, filler);
      return;
    }
    const { object, node } = owner;
    const { dictionary } = this.#batch!;
    if (
      isOtherName(end.podNames[row]!, object.name, dictionary) ||
      isOtherName(end.podNamespaces[row]!, object.namespace, dictionary)
    ) {
      this.#ends.note('other name');
      return;
    }
    filler.fillName(fields.podNamespace, row, object.namespace);
    filler.fillName(fields.podName, row, object.name);
    if (this.#isForAgent) return;
    this.#cluster.workloads.resolve(owner);
    filler.fillName(fields.workloadKind, row, owner.workloadKind);
    filler.fillName(fields.workloadName, row, owner.workloadName);
    if (object.labels.text !== '') filler.fillName(fields.podLabels, row, object.labels);
    if (this.#uids) filler.fill(fields.podUid, row, object.uid);
    if (node !== undefined) this.#nameNode(node, fields, row, filler);
  }

  #nameNode(node: KnownNode, fields: EndFields, row: number, filler: FlowFiller): void {
    filler.fillName(fields.nodeName, row, node.name);
    if (node.zone.text !== '') filler.fillName(fields.zone, row, node.zone);
    if (this.#uids) filler.fillName(fields.nodeUid, row, node.uid);
  }

  /** What follows from where the ends are. An end without an owner is outside only if everything is known. */
  #place(
    source: AddressOwner | undefined,
    destination: AddressOwner | undefined,
    flows: ReadableBatch,
    row: number,
    filler: FlowFiller,
  ): void {
    const { clusterId, isComplete } = this.#cluster;
    if (clusterId !== undefined) filler.fillName('clusterId', row, clusterId);
    if (flows.columns.flowType[row] !== FlowType.unspecified) return;
    if (source !== undefined && destination !== undefined) {
      filler.fill(
        'flowType',
        row,
        nodeOf(source) === nodeOf(destination) ? FlowType.intraNode : FlowType.interNode,
      );
    } else if (isComplete && source !== undefined) filler.fill('flowType', row, FlowType.toExternal);
    else if (isComplete && destination !== undefined) filler.fill('flowType', row, FlowType.fromExternal);
  }
}

const nodeOf = (owner: AddressOwner): KnownNode | undefined =>
  owner instanceof KnownPod ? owner.node : owner;

/** One end of the flows of a batch. */
interface NamedEnd {
  readonly fields: EndFields;
  readonly podNames: ReadableColumn;
  readonly podNamespaces: ReadableColumn;
}

const namedEnd = ({ columns }: ReadableBatch, fields: EndFields): NamedEnd => ({
  fields,
  podNames: columns[fields.podName],
  podNamespaces: columns[fields.podNamespace],
});

/** Whether a record with this id has another name. */
function isOtherName(id: number, name: RepeatedName, dictionary: ReadableBatch['dictionary']): boolean {
  if (id === 0 || (name.dictionary === dictionary.number && name.id === id)) return false;
  if (dictionary.text(id) !== name.text) return true;
  name.dictionary = dictionary.number;
  name.id = id;
  return false;
}
