import { isAbsent, type ReadableBatch, type RepeatedName } from '../../flow/index.ts';
import type { AddressOwner } from './address-owner.ts';
import type { ClusterNames } from './cluster-names.ts';
import { KnownNode } from './known-node.ts';
import { noName } from './name-pool.ts';

/** The Service of a flow. */
export interface FoundService {
  readonly text: RepeatedName;
  readonly uid: RepeatedName;
  /** Others may have the same. */
  readonly isInferred: boolean;
}

/**
 * Finds the Service of a flow by what it asked for:
 *
 *     destination before NAT   its address, protocol and port; or, at a node, its protocol and port
 *     no NAT, no owner         the same of the destination: a datapath that translates where nobody sees it
 *     no NAT, a node           its protocol and port
 *     no NAT, a Pod            inferred: a headless Service with this Pod and port
 */
export class ServiceLookup {
  readonly #cluster: ClusterNames;
  readonly #isForAgent: boolean;

  /** @param isForAgent it knows no nodes: every translated address may be its own */
  constructor(cluster: ClusterNames, isForAgent: boolean) {
    this.#cluster = cluster;
    this.#isForAgent = isForAgent;
  }

  /** At the first time, else at the other. */
  find(
    columns: ReadableBatch['columns'],
    row: number,
    destination: AddressOwner | undefined,
    timeMs: number,
    endMs: number,
  ): FoundService | undefined {
    const found = this.#findAt(columns, row, destination, timeMs);
    if (found !== undefined || endMs === timeMs) return found;
    return this.#findAt(columns, row, destination, endMs);
  }

  #findAt(
    columns: ReadableBatch['columns'],
    row: number,
    destination: AddressOwner | undefined,
    timeMs: number,
  ): FoundService | undefined {
    const { services, headless } = this.#cluster;
    const protocol = columns.protocolIdentifier[row]!;
    const port = columns.destinationServicePort[row]!;
    if (port !== 0 && !isAbsent(columns.destinationServiceIP, row * 4)) {
      const found = services.find(columns.destinationServiceIP, row * 4, protocol, port, timeMs);
      if (found !== undefined || !this.#mayBeNode(columns, row, timeMs)) return found;
      return services.findNodePort(protocol, port, timeMs);
    }
    const ownPort = columns.destinationTransportPort[row]!;
    if (ownPort === 0) return undefined;
    if (destination === undefined) {
      return services.find(columns.destinationIP, row * 4, protocol, ownPort, timeMs);
    }
    if (destination instanceof KnownNode) return services.findNodePort(protocol, ownPort, timeMs);
    const text =
      headless.size === 0 ? undefined : headless.find(destination.object, protocol, ownPort, timeMs);
    return text === undefined ? undefined : { text, uid: noName, isInferred: true };
  }

  /** Whether the destination before NAT is a node. */
  #mayBeNode(columns: ReadableBatch['columns'], row: number, timeMs: number): boolean {
    if (this.#isForAgent) return true;
    return this.#cluster.owners.find(columns.destinationServiceIP, row * 4, 0, timeMs) instanceof KnownNode;
  }
}
