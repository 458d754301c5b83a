import {
  type EnrichableField,
  type FlowEnricher,
  type FlowFiller,
  FlowType,
  isAbsent,
  MAX_ROWS,
  type ReadableBatch,
  type ReadableColumn,
  RepeatedName,
} from '../../flow/index.ts';
import type { Account, Ledger } from '../../runtime/index.ts';
import type { ClusterNames } from './cluster-names.ts';
import {
  AGENT_FIELDS,
  destinationFields,
  type EndFields,
  FIELDS_WITHOUT_UIDS,
  sourceFields,
} from './end-fields.ts';
import { KnownNode } from './known-node.ts';
import { KnownPod } from './known-pod.ts';
import { NAMES, NODE, POD_NAME, POD_NAMESPACE } from './name-rows.ts';
import { portKey } from './port-key.ts';
import { ServiceLookup } from './service-lookup.ts';

export interface KubernetesEnricherOptions {
  /** An agent sends only names of Pods and Services: the aggregator knows the rest. */
  readonly isForAgent?: boolean;
  /** Whether records also contain UIDs. */
  readonly uids?: boolean;
}

/** Outside the cluster, or not known. */
const NO_OWNER = 'no owner';

/** Rows that are named together: few enough that the processor still has what was fetched for them. */
const MOST_TOGETHER = 64;

/** The groups of fields that are filled together. */
const groups = { source: 0, destination: 1, cluster: 2, naming: 3 };

/** Whether an end or the Service was named here, and how sure that is. */
const NOT_NAMED = 0;
const NAMED = 1;
const INFERRED = 2;

/** By the naming of source, destination and Service as the digits of a number. */
const namings = Array.from({ length: 27 }, (_, naming) => {
  const ways = [Math.floor(naming / 9), Math.floor(naming / 3) % 3, naming % 3];
  const words = ['source', 'destination', 'service'].map((what, i) =>
    ways[i] === INFERRED ? `inferred-${what}` : ways[i] === NAMED ? what : '',
  );
  return new RepeatedName(words.filter((word) => word !== '').join(' '));
});

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
  /** The entries of the owners of both ends, by row. */
  readonly #sources = new Uint32Array(MAX_ROWS);
  readonly #destinations = new Uint32Array(MAX_ROWS);
  /** For a group of one field. */
  readonly #ids = new Uint32Array(1);
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
    const all = sourceFields.inOrder.length;
    this.#namesOfEnd = isForAgent ? AGENT_FIELDS : uids ? all : FIELDS_WITHOUT_UIDS;
    const ends = [sourceFields, destinationFields].map(({ inOrder }) => inOrder.slice(0, this.#namesOfEnd));
    const service: EnrichableField[] = ['destinationServicePortName'];
    if (this.#uids) service.push('destinationServiceUUID');
    this.groups = isForAgent ? ends : [...ends, ['clusterId'], ['namedByAggregator']];
    this.fills = isForAgent
      ? [...ends.flat(), ...service]
      : [...ends.flat(), ...service, 'flowType', 'clusterId', 'namedByAggregator'];
  }

  enrich(flows: ReadableBatch, from: number, to: number, filler: FlowFiller): void {
    if (flows !== this.#batch) this.#bind(flows);
    this.#cluster.rows.use(flows.dictionary.number, this.#namesOfEnd);
    for (let first = from; first < to; first += MOST_TOGETHER)
      this.#enrichTogether(flows, first, Math.min(to, first + MOST_TOGETHER), filler);
  }

  #enrichTogether(flows: ReadableBatch, from: number, to: number, filler: FlowFiller): void {
    const { columns } = flows;
    this.#findAll(columns.sourceIP, flows, from, to, this.#sources);
    this.#findAll(columns.destinationIP, flows, from, to, this.#destinations);
    for (let row = from; row < to; row++) {
      const endMs = columns.flowEndMilliseconds[row]!;
      const startMs = columns.flowStartMilliseconds[row]!;
      const timeMs = Number.isNaN(startMs) ? endMs : startMs;
      const source = this.#sources[row]!;
      const destination = this.#destinations[row]!;
      const listener = destination === 0 ? 0 : this.#findListener(destination, columns, row, timeMs, filler);
      let naming = source === 0 ? NOT_NAMED : this.#name(source, this.#source, row, filler);
      naming *= 3;
      if (listener !== 0) naming += this.#name(listener, this.#destination, row, filler) * INFERRED;
      else if (destination !== 0) naming += this.#name(destination, this.#destination, row, filler);
      naming *= 3;
      // The flow's own node may have named the Service. It does not know the UID.
      const isUnnamed = columns.destinationServicePortName[row] === 0;
      if (isUnnamed || this.#uids) {
        const owner = this.#cluster.owners.ownerOf(listener || destination);
        const service = this.#services.find(columns, row, owner, timeMs, endMs);
        if (service !== undefined) {
          if (isUnnamed) naming += service.isInferred ? INFERRED : NAMED;
          filler.fillName('destinationServicePortName', row, service.text);
          const isThis = columns.destinationServicePortName[row] === filler.idOf(service.text);
          if (this.#uids && isThis) filler.fillName('destinationServiceUUID', row, service.uid);
        }
      }
      if (this.#isForAgent) continue;
      if (naming !== 0) this.#tell(naming, row, filler);
      this.#place(source, destination, flows, row, filler);
    }
  }

  /**
   * Finds the entries of one end's owners; 0 for none.
   */
  #findAll(
    addresses: ArrayLike<number>,
    { columns }: ReadableBatch,
    from: number,
    to: number,
    entries: Uint32Array,
  ): void {
    this.#cluster.owners.fetchPlaces(addresses, 0, from, to, entries);
    const { flowStartMilliseconds, flowEndMilliseconds } = columns;
    for (let row = from; row < to; row++) {
      const endMs = flowEndMilliseconds[row]!;
      const startMs = flowStartMilliseconds[row]!;
      const timeMs = Number.isNaN(startMs) ? endMs : startMs;
      entries[row] = this.#find(entries[row]!, addresses, row, timeMs, endMs);
    }
    this.#cluster.rows.fetch(entries, from, to);
  }

  /** The entry of an end's owner; 0 for none. @param place where the search begins */
  #find(place: number, addresses: ArrayLike<number>, row: number, timeMs: number, endMs: number): number {
    const at = row * 4;
    const { owners } = this.#cluster;
    this.#ends.received++;
    let entry = owners.findEntryFrom(place, addresses, at, 0, timeMs);
    if (entry !== 0) {
      this.#ends.sent++;
      if (owners.candidates > 1) this.#ends.note('several owners');
      return entry;
    }
    entry =
      endMs === timeMs || isAbsent(addresses, at) ? 0 : owners.findEntryFrom(place, addresses, at, 0, endMs);
    if (entry === 0) this.#ends.drop(NO_OWNER);
    else {
      this.#ends.sent++;
      this.#ends.note('owner only at the end');
    }
    return entry;
  }

  /**
   * The entry of the one Pod in the network of this node that says it listens at the port; 0 for none and
   * for several. One that has never been ready may not have started, so another program may listen.
   */
  #findListener(
    entry: number,
    columns: ReadableBatch['columns'],
    row: number,
    timeMs: number,
    filler: FlowFiller,
  ): number {
    const { owners, rows } = this.#cluster;
    const at = rows.find(entry, filler);
    if (rows.words[at + POD_NAME] !== 0) return 0;
    const owner = owners.ownerOf(entry);
    if (!(owner instanceof KnownNode)) return 0;
    const port = portKey(columns.protocolIdentifier[row]!, columns.destinationTransportPort[row]!);
    const listener = owners.findEntry(owner.portsKey, 0, port, timeMs);
    if (owners.candidates !== 1) return 0;
    const pod = owners.ownerOf(listener);
    return pod instanceof KnownPod && pod.hasBeenReady(timeMs) ? listener : 0;
  }

  #bind(flows: ReadableBatch): void {
    this.#batch = flows;
    this.#source = namedEnd(flows, groups.source, sourceFields);
    this.#destination = namedEnd(flows, groups.destination, destinationFields);
  }

  /**
   * A record that names another Pod, or names a Pod at the address of a node, gets no names beside it.
   * @returns whether the end had no name before: `NAMED` or `NOT_NAMED`
   */
  #name(entry: number, end: NamedEnd, row: number, filler: FlowFiller): number {
    const { rows } = this.#cluster;
    const at = rows.find(entry, filler);
    const { words } = rows;
    const podName = end.podNames[row]!;
    const namespace = end.podNamespaces[row]!;
    if (
      (podName !== 0 && podName !== words[at + POD_NAME]) ||
      (namespace !== 0 && namespace !== words[at + POD_NAMESPACE])
    ) {
      if (this.#cluster.owners.ownerOf(entry) instanceof KnownPod) this.#ends.note('other name');
      return NOT_NAMED;
    }
    const isNew = podName === 0 && (words[at + POD_NAME] !== 0 || end.nodeNames[row] === 0);
    filler.fillGroup(end.group, row, words, at + NAMES);
    return isNew ? NAMED : NOT_NAMED;
  }

  /** What the record did not have from a node. */
  #tell(naming: number, row: number, filler: FlowFiller): void {
    this.#ids[0] = filler.idOf(namings[naming]!);
    filler.fillGroup(groups.naming, row, this.#ids, 0);
  }

  /** What follows from where the ends are. An end without an owner is outside only if everything is known. */
  #place(source: number, destination: number, flows: ReadableBatch, row: number, filler: FlowFiller): void {
    const { clusterId } = this.#cluster;
    if (clusterId !== undefined) {
      this.#ids[0] = filler.idOf(clusterId);
      filler.fillGroup(groups.cluster, row, this.#ids, 0);
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

/** One end of the flows of a batch. */
interface NamedEnd {
  readonly group: number;
  readonly podNames: ReadableColumn;
  readonly podNamespaces: ReadableColumn;
  readonly nodeNames: ReadableColumn;
}

const namedEnd = ({ columns }: ReadableBatch, group: number, fields: EndFields): NamedEnd => ({
  group,
  podNames: columns[fields.podName],
  podNamespaces: columns[fields.podNamespace],
  nodeNames: columns[fields.nodeName],
});
