import { WeirError } from '../../runtime/index.ts';
import { DEFAULT_PORT, type TransportName, transportKinds, transportNames } from '../transport-kind.ts';

/** Where a collector is, and its protocol. */
export interface CollectorAddress {
  /** DNS name or address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly protocol: CollectorProtocol;
  /** The Kubernetes Service that the address names; `host` is its DNS name. */
  readonly service?: ServiceName | undefined;
}

/** A Service of Kubernetes. */
export interface ServiceName {
  readonly namespace: string;
  readonly name: string;
}

/** Transports of IPFIX; and grpc, which Antrea's agents support and Weir's do not. */
export type CollectorProtocol = TransportName | 'grpc';
export const collectorProtocols: readonly CollectorProtocol[] = [...transportNames, 'grpc'];

/** Whether certificates are needed to export there. */
export const isSecured = ({ protocol }: CollectorAddress): boolean =>
  protocol !== 'grpc' && transportKinds[protocol].isSecured;

/**
 * Parses a collector's address as in a configuration: HOST[:PORT][:PROTO]. HOST is a DNS name, an IPv4
 * address or an IPv6 address in brackets. A Service of Kubernetes is namespace/service or its DNS name. The
 * defaults are port 4739 and `defaultProtocol`.
 * @throws {WeirError} WEIR_COLLECTOR_ADDRESS_INVALID
 */
export function parseCollectorAddress(
  text: string,
  defaultProtocol: CollectorProtocol = 'tcp',
): CollectorAddress {
  const parts =
    /^(?:\[(?<v6>[^\]]*)\]|(?<name>[^:[\]]+))(?::(?<port>\d+))?(?::(?<protocol>[A-Za-z]+))?$/.exec(
      text.trim(),
    )?.groups;
  if (parts === undefined)
    throw invalidAddressError(text, 'HOST[:PORT][:PROTO], an IPv6 address in brackets');
  const port = parts.port === undefined ? DEFAULT_PORT : Number(parts.port);
  if (port < 1 || port > 65535) throw invalidAddressError(text, 'a port from 1 to 65535');
  const named = parts.protocol?.toLowerCase() ?? defaultProtocol;
  const protocol = collectorProtocols.find((known) => known === named);
  if (protocol === undefined)
    throw invalidAddressError(text, `one of the protocols ${collectorProtocols.join(', ')}`);
  if (parts.v6 !== undefined && !/^[0-9a-fA-F:.]+(%.+)?$/.test(parts.v6)) {
    throw invalidAddressError(text, 'an IPv6 address between the brackets');
  }
  const service = serviceIn(text, parts.name);
  const host = service === undefined ? (parts.v6 ?? parts.name!) : dnsNameOf(service);
  return { host, port, protocol, ...(service && { service }) };
}

/**
 * Parses a collector's address as on the command line: PROTOCOL://HOST[:PORT].
 * @throws {WeirError} WEIR_COLLECTOR_ADDRESS_INVALID
 */
export function parseCollectorUrl(text: string): CollectorAddress {
  const [, protocol, end] = /^([a-z]+):\/\/(.*[^/])\/?$/.exec(text.trim()) ?? [];
  if (end === undefined) throw invalidAddressError(text, 'PROTOCOL://HOST[:PORT]');
  return parseCollectorAddress(`${end}:${protocol}`);
}

/** The Service that a host of namespace/service names, or of service.namespace.svc. */
function serviceIn(text: string, host = ''): ServiceName | undefined {
  const [, service, within] = /^([^./]+)\.([^./]+)\.svc$/.exec(host) ?? [];
  if (service !== undefined) return { namespace: within!, name: service };
  const [namespace, name, ...rest] = host.split('/');
  if (name === undefined) return undefined;
  if (rest.length > 0 || !namespace || !name) throw invalidAddressError(text, 'namespace/service');
  return { namespace, name };
}

/**
 * The name of a Service in the cluster's DNS. Certificates have it, whatever the domain of the cluster is.
 */
export const dnsNameOf = ({ namespace, name }: ServiceName): string => `${name}.${namespace}.svc`;

/** The address in the form that `parseCollectorAddress` reads. */
export function formatCollectorAddress({ host, port, protocol, service }: CollectorAddress): string {
  if (host.startsWith('/')) return `unix:${host}`;
  if (service !== undefined) return `${service.namespace}/${service.name}:${port}:${protocol}`;
  return `${host.includes(':') ? `[${host}]` : host}:${port}:${protocol}`;
}

const invalidAddressError = (text: string, expected: string) =>
  new WeirError(
    'WEIR_COLLECTOR_ADDRESS_INVALID',
    `collector address: expected ${expected}, found "${text}"`,
    {
      remedy:
        'Write for example 192.0.2.1:4739:tcp, [2001:db8::1]:4739:udp or flow-aggregator/flow-aggregator',
    },
  );
