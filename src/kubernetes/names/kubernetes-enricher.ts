import {
  type EnrichableField,
  type FlowEnricher,
  type FlowFiller,
  FlowType,
  isAbsent,
  type ReadableBatch,
  type ReadableColumn,
} from '../../flow/index.ts';
import type { Account, Ledger } from '../../runtime/index.ts';
import type { ClusterNames } from './cluster-names.ts';
import { AGENT_FIELDS, destinationFields, FIELDS_WITHOUT_UIDS, sourceFields } from './end-fields.ts';
import { KnownPod } from './known-pod.ts';
import { NAMES, NODE, POD_NAME, POD_NAMESPACE } from './name-rows.ts';
import { ServiceLookup } from './service-lookup.ts';

export interface KubernetesEnricherOptions {
  /** An agent sends only names of Pods and Services: the aggregator knows the rest. */
  readonly isForAgent?: boolean;
  /** Whether records also contain UIDs. */
  readonly uids?: boolean;
}

/** Outside the cluster, or not known. */
const NO_OWNER = 'no owner';

/** The groups of fields that are filled together. */
const groups = { source: 0, destination: 1, cluster: 2 };

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
  readonly groups: readonly (readonly EnrichableField[])[];
  readonly #cluster: ClusterNames;
  readonly #ends: Account;
  readonly #services: ServiceLookup;
  readonly #isForAgent: boolean;
  readonly #uids: boolean;
  /** How many names of an end it fills. */
  readonly #namesOfEnd: number;
  /** The id of the cluster's name. */
  readonly #clusterIds = new Uint32Array(1);

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
    const all = sourceFields.inOrder.length;
    this.#namesOfEnd = isForAgent ? AGENT_FIELDS : uids ? all : FIELDS_WITHOUT_UIDS;
    const ends = [sourceFields, destinationFields].map(({ inOrder }) => inOrder.slice(0, this.#namesOfEnd));
    const service: EnrichableField[] = ['destinationServicePortName'];
    if (this.#uids) service.push('destinationServiceUUID');
    this.groups = isForAgent ? ends : [...ends, ['clusterId']];
    this.fills = isForAgent
      ? [...ends.flat(), ...service]
      : [...ends.flat(), ...service, 'flowType', 'clusterId'];
  }

  enrich(flows: ReadableBatch, from: number, to: number, filler: FlowFiller): void {
    const { columns } = flows;
    this.#cluster.rows.use(flows.dictionary.number, this.#namesOfEnd);
    for (let row = from; row < to; row++) {
      const endMs = columns.flowEndMilliseconds[row]!;
      const startMs = columns.flowStartMilliseconds[row]!;
      const timeMs = Number.isNaN(startMs) ? endMs : startMs;
      const source = this.#find(columns.sourceIP, row, timeMs, endMs);
      const destination = this.#find(columns.destinationIP, row, timeMs, endMs);
      if (source !== 0)
        this.#name(source, groups.source, columns.sourcePodNamespace, columns.sourcePodName, row, filler);
      if (destination !== 0)
        this.#name(
          destination,
          groups.destination,
          columns.destinationPodNamespace,
          columns.destinationPodName,
          row,
          filler,
        );
      if (columns.destinationServicePortName[row] === 0) {
        const owner = this.#cluster.owners.ownerOf(destination);
        const service = this.#services.find(columns, row, owner, timeMs, endMs);
        if (service !== undefined) {
          filler.fillName('destinationServicePortName', row, service.text);
          if (this.#uids) filler.fillName('destinationServiceUUID', row, service.uid);
        }
      }
      if (!this.#isForAgent) this.#place(source, destination, flows, row, filler);
    }
  }

  /** The entry of an end's owner; 0 for none. */
  #find(addresses: ArrayLike<number>, row: number, timeMs: number, endMs: number): number {
    const at = row * 4;
    const { owners } = this.#cluster;
    this.#ends.received++;
    let entry = owners.findEntry(addresses, at, 0, timeMs);
    if (entry !== 0) {
      this.#ends.sent++;
      if (owners.candidates > 1) this.#ends.note('several owners');
      return entry;
    }
    entry = endMs === timeMs || isAbsent(addresses, at) ? 0 : owners.findEntry(addresses, at, 0, endMs);
    if (entry === 0) this.#ends.drop(NO_OWNER);
    else {
      this.#ends.sent++;
      this.#ends.note('owner only at the end');
    }
    return entry;
  }

  /** A record that names another Pod, or names a Pod at the address of a node, gets no names beside it. */
  #name(
    entry: number,
    group: number,
    podNamespaces: ReadableColumn,
    podNames: ReadableColumn,
    row: number,
    filler: FlowFiller,
  ): void {
    const { rows } = this.#cluster;
    const at = rows.find(entry, filler);
    const { words } = rows;
    const [name, namespace] = [podNames[row]!, podNamespaces[row]!];
    if (
      (name !== 0 && name !== words[at + POD_NAME]) ||
      (namespace !== 0 && namespace !== words[at + POD_NAMESPACE])
    ) {
      if (this.#cluster.owners.ownerOf(entry) instanceof KnownPod) this.#ends.note('other name');
      return;
    }
    filler.fillGroup(group, row, words, at + NAMES);
  }

  /** What follows from where the ends are. An end without an owner is outside only if everything is known. */
  #place(source: number, destination: number, flows: ReadableBatch, row: number, filler: FlowFiller): void {
    const { clusterId } = this.#cluster;
    if (clusterId !== undefined) {
      this.#clusterIds[0] = filler.idOf(clusterId);
      filler.fillGroup(groups.cluster, row, this.#clusterIds, 0);
    }
    if (flows.columns.flowType[row] === FlowType.unspecified) {
      const type = this.#typeOf(source, destination, filler);
      if (type !== FlowType.unspecified) filler.fill('flowType', row, type);
    }
  }

  #typeOf(source: number, destination: number, filler: FlowFiller): number {
    const { isComplete, rows } = this.#cluster;
    if (source !== 0 && destination !== 0) {
      const [from, to] = [rows.find(source, filler), rows.find(destination, filler)];
      return rows.words[from + NODE] === rows.words[to + NODE] ? FlowType.intraNode : FlowType.interNode;
    }
    if (source !== 0 && isComplete) return FlowType.toExternal;
    return destination !== 0 && isComplete ? FlowType.fromExternal : FlowType.unspecified;
  }
}
