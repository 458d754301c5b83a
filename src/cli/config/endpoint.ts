import { isIP } from 'node:net';

export const transports = ['tcp', 'udp', 'tls', 'dtls', 'grpc'] as const;
export type Transport = (typeof transports)[number];

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly transport: Transport;
}

/** The port that IANA gave to IPFIX. */
export const IPFIX_PORT = 4739;

/**
 * A collector's address as the reference system writes it: HOST[:PORT][:PROTO], HOST being a name, an IPv4
 * address, an IPv6 address in brackets, or namespace/service (the name of that Service in the cluster's DNS).
 * Undefined when it is none.
 */
export function parseCollectorAddress(text: string, defaultTransport: Transport): Endpoint | undefined {
  const parts = text.match(
    /^(?<host>\[[^\]]+\]|[^:[\]\s]+)(?::(?<port>\d*))?(?::(?<transport>[a-z]*))?$/i,
  )?.groups;
  if (parts === undefined) return undefined;
  const transport = (parts.transport || defaultTransport).toLowerCase() as Transport;
  return endpoint(parts.host!, parts.port || String(IPFIX_PORT), transport);
}

/** An address to listen on or to connect to as a URL: tcp://127.0.0.1:4739, udp://[::1]:4739. */
export function parseEndpointUrl(text: string): Endpoint | undefined {
  const parts = text.match(
    /^(?<transport>[a-z]+):\/\/(?<host>\[[^\]]+\]|[^:/[\]\s]+)(?::(?<port>\d+))?$/i,
  )?.groups;
  if (parts === undefined) return undefined;
  const transport = parts.transport!.toLowerCase() as Transport;
  return endpoint(parts.host!, parts.port ?? String(IPFIX_PORT), transport);
}

function endpoint(hostText: string, portText: string, transport: Transport): Endpoint | undefined {
  const host = hostOf(hostText);
  const port = Number(portText);
  if (host === undefined || port < 1 || port > 65535 || !transports.includes(transport)) return undefined;
  return { host, port, transport };
}

function hostOf(text: string): string | undefined {
  if (text.startsWith('[')) {
    const address = text.slice(1, -1);
    return isIP(address) === 6 ? address : undefined;
  }
  const service = text.match(/^([a-z0-9-]+)\/([a-z0-9-]+)$/);
  if (service !== null) return `${service[2]}.${service[1]}.svc`;
  if (/^[\d.]+$/.test(text)) return isIP(text) === 4 ? text : undefined;
  return /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?\.?$/i.test(text) ? text : undefined;
}

/** The endpoint as its URL. */
export function formatEndpoint({ host, port, transport }: Endpoint): string {
  return `${transport}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
