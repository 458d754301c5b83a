import { isIP } from 'node:net';
import { type HttpAddress, readSocketPath } from '../../http/index.ts';
import {
  type CollectorAddress,
  type CollectorProtocol,
  type ListenAddress,
  parseCollectorAddress,
  parseListenAddress,
} from '../../ipfix/index.ts';
import { WeirError } from '../../runtime/index.ts';

/** A collector's address; undefined when it is none. The port may be empty: HOST::PROTO. */
export function readCollectorAddress(
  found: unknown,
  defaultProtocol: CollectorProtocol,
): CollectorAddress | undefined {
  if (typeof found !== 'string') return undefined;
  const text = found.replace(/:(?=:[a-z]+$)/i, '');
  return attempt(() => parseCollectorAddress(text, defaultProtocol));
}

/** The address of a collector as it is read; of a Service as namespace/service. */
export function writeCollectorAddress({ host, port, protocol }: CollectorAddress): string {
  const [, service, namespace] = /^([^.]+)\.([^.]+)\.svc$/.exec(host) ?? [];
  return `${service === undefined ? host : `${namespace}/${service}`}:${port}:${protocol}`;
}

/** Where to listen, as a URL; undefined when it is none. */
export function readListenAddress(found: unknown): ListenAddress | undefined {
  return typeof found === 'string' ? attempt(() => parseListenAddress(found)) : undefined;
}

/** A loopback address and port without a protocol: 127.0.0.1:10349, [::1]:10349. */
function readLoopbackAddress(found: unknown): { host: string; port: number } | undefined {
  const address = readListenAddress(`tcp://${found}`);
  if (address === undefined || !/^(127\.[\d.]+|::1|localhost)$/.test(address.host)) return undefined;
  return { host: address.host, port: address.port };
}

/** A loopback address and port, or a socket: 127.0.0.1:10349, unix:/run/weir/http.sock. */
export function readHttpAddress(found: unknown): HttpAddress | undefined {
  const socket = typeof found === 'string' ? readSocketPath(found) : undefined;
  return socket === undefined ? readLoopbackAddress(found) : { socket };
}

export function writeHttpAddress(address: HttpAddress): string {
  return 'socket' in address ? `unix:${address.socket}` : writeHostPort(address);
}

export const writeHostPort = ({ host, port }: { host: string; port: number }): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** An address and port without a protocol: 0.0.0.0:9464, [::]:9464. */
export function readHostPort(found: unknown): { host: string; port: number } | undefined {
  if (typeof found !== 'string' || !/:\d+$/.test(found)) return undefined;
  const address = readListenAddress(`tcp://${found}`);
  return address === undefined ? undefined : { host: address.host, port: address.port };
}

/** A URL with http or https and a host. */
export function readHttpUrl(found: unknown): URL | undefined {
  const url = typeof found === 'string' && URL.canParse(found) ? new URL(found) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.hostname !== '' ? url : undefined;
}

/** What was read, unless it cannot be an address: 10.0.0.777 is no name of a host. */
function attempt<A extends { readonly host: string }>(parse: () => A): A | undefined {
  try {
    const address = parse();
    const isNumeric = /^[\d.]+$/.test(address.host) || address.host.includes(':');
    return isNumeric && isIP(address.host) === 0 ? undefined : address;
  } catch (error) {
    if (error instanceof WeirError) return undefined;
    throw error;
  }
}
