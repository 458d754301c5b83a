import { isIP } from 'node:net';
import type { KubernetesObject } from '../client/index.ts';

export interface PortNumbers {
  readonly number: number;
  /** As Kubernetes writes it: 'TCP'. */
  readonly protocol: string;
}

export interface NamedPort extends PortNumbers {
  /** Empty when it is the only one. */
  readonly name: string;
}

/** What of a Service is needed to connect to it. */
export interface ServiceView {
  readonly ports: readonly NamedPort[];
  /** Empty when it is headless. */
  readonly clusterAddresses: readonly string[];
}

/** One address that is ready, with its port. */
export interface ReadyEndpoint {
  readonly address: string;
  readonly port: number;
}

export function readService({ spec }: KubernetesObject): ServiceView {
  const { clusterIP, clusterIPs, ports } = (spec ?? {}) as Fields;
  const addresses = listOf(clusterIPs ?? [clusterIP]).filter((one) => typeof one === 'string');
  return {
    ports: listOf(ports).map((port) => readPort(port as Fields)),
    clusterAddresses: addresses.filter((address) => isIP(address) !== 0),
  };
}

/** The ready endpoints of a port in all slices of a Service. A slice has the port's number, by its name. */
export function readEndpoints(slices: readonly KubernetesObject[], wanted: NamedPort): ReadyEndpoint[] {
  return slices.flatMap(({ endpoints, ports }) => {
    const port = listOf(ports)
      .map((one) => readPort(one as Fields))
      .find(({ name, protocol }) => name === wanted.name && protocol === wanted.protocol);
    if (port === undefined) return [];
    return listOf(endpoints)
      .filter((endpoint) => isReady(endpoint as Fields))
      .flatMap((endpoint) => listOf((endpoint as Fields).addresses).slice(0, 1)) // the others mean the same
      .filter((address): address is string => typeof address === 'string' && isIP(address) !== 0)
      .map((address) => ({ address, port: port.number }));
  });
}

type Fields = Readonly<Record<string, unknown>>;

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value.filter(isThere) : []);

const isThere = (value: unknown): boolean => value !== null && value !== undefined;

function readPort({ name, port, protocol }: Fields): NamedPort {
  return {
    name: typeof name === 'string' ? name : '',
    number: Number(port),
    protocol: typeof protocol === 'string' ? protocol : 'TCP',
  };
}

/** Unknown means ready, as the API says. */
const isReady = ({ conditions }: Fields): boolean => ((conditions ?? {}) as Fields).ready !== false;
