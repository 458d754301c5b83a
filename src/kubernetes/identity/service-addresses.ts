import { type Clock, hashOfText, type Log, WeirError } from '../../runtime/index.ts';
import { type KubernetesClient, resourceKinds } from '../client/index.ts';
import { type PortNumbers, readEndpoints, readService } from './service-view.ts';

export interface ServiceAddressesParts {
  readonly client: Pick<KubernetesClient, 'get' | 'list'>;
  /** Of the Service. */
  readonly namespace: string;
  readonly name: string;
  /** The port of the Service that is wanted. */
  readonly port: PortNumbers;
  /** Of this node: nodes spread over the endpoints by it. */
  readonly nodeName: string;
  /** Finds addresses while the API server does not answer, as the cluster's DNS does. */
  readonly otherwise: () => Promise<readonly string[]>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Maximum endpoints that it returns. A connection tries one after the other. */
const MAX_ADDRESSES = 64;
const CALL = { timeLimitMs: 8_000 } as const;

/**
 * Finds the addresses behind a Service through the API: those of its ready endpoints, in an order that
 * differs from node to node. Where endpoints have another port than the Service, it gives the Service's own
 * addresses. /
 */
export class ServiceAddresses {
  readonly #parts: ServiceAddressesParts;

  constructor(parts: ServiceAddressesParts) {
    this.#parts = parts;
  }

  /** @throws {WeirError} WEIR_SERVICE_ADDRESS: what the Service lacks; or why nobody answers */
  async find(): Promise<readonly string[]> {
    try {
      return await this.#ask();
    } catch (error) {
      if (error instanceof WeirError && error.code === 'WEIR_SERVICE_ADDRESS') throw error;
      return this.#findOtherwise(error);
    }
  }

  async #ask(): Promise<readonly string[]> {
    const { client, namespace, name, port } = this.#parts;
    const service = readService(await client.get({ kind: resourceKinds.services, namespace, name }, CALL));
    const [found] = service.ports.filter(
      (one) => one.number === port.number && one.protocol === port.protocol,
    );
    if (found === undefined) {
      const has = service.ports.map(({ number, protocol }) => `${number}/${protocol}`).join(', ') || 'none';
      throw this.#error(`has no port ${port.number}/${port.protocol}; its ports are ${has}`);
    }
    const query = { labelSelector: `kubernetes.io/service-name=${name}` };
    const slices = await client.list({ kind: resourceKinds.endpointSlices, namespace }, { ...CALL, query });
    const endpoints = readEndpoints(slices, found);
    if (endpoints.length === 0) throw this.#error('has no ready endpoint');
    const direct = endpoints.filter((one) => one.port === port.number).map(({ address }) => address);
    if (direct.length === endpoints.length) return this.#spread(direct);
    if (service.clusterAddresses.length > 0) return service.clusterAddresses;
    throw this.#error(`is headless, and its endpoints have another port than ${port.number}`);
  }

  async #findOtherwise(error: unknown): Promise<readonly string[]> {
    const { log, otherwise, namespace, name } = this.#parts;
    try {
      const found = await otherwise();
      const reason = (error as Error).message;
      log.limited(
        'service address',
        'found by DNS',
        `finds ${namespace}/${name} by DNS, because the API server does not tell: ${reason}`,
      );
      return found;
    } catch {
      throw error;
    }
  }

  /** The order is the same at each lookup, so that a connection does not move without a reason. */
  #spread(addresses: readonly string[]): string[] {
    const rankOf = (address: string) => hashOfText(`${this.#parts.nodeName} ${address}`);
    const ordered = [...new Set(addresses)].toSorted((a, b) => rankOf(a) - rankOf(b));
    return ordered.slice(0, MAX_ADDRESSES);
  }

  #error(what: string): WeirError {
    const { namespace, name } = this.#parts;
    return new WeirError('WEIR_SERVICE_ADDRESS', `Service ${name} in namespace ${namespace} ${what}`);
  }
}
