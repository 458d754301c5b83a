import { hostname } from 'node:os';
import { formatHostPort, readHostPort } from '../runtime/index.ts';

/** Where an HTTP server listens: an address and port, or a Unix socket. An empty host is every address. */
export type HttpAddress = { readonly host: string; readonly port: number } | { readonly socket: string };

/** Maximum octets of a socket's path (unix(7)). */
const MAX_SOCKET_PATH = 107;

/** The path of "unix:/run/weir/http.sock"; undefined for other text. */
export function readSocketPath(text: string): string | undefined {
  const path = /^unix:(?:\/\/)?(\/.*[^/])$/.exec(text)?.[1];
  return path !== undefined && Buffer.byteLength(path) <= MAX_SOCKET_PATH ? path : undefined;
}

/** Reads a loopback address and port, or a socket: 127.0.0.1:10349, unix:/run/weir/http.sock. */
export function readHttpAddress(found: unknown): HttpAddress | undefined {
  if (typeof found !== 'string') return undefined;
  const socket = readSocketPath(found);
  if (socket !== undefined) return { socket };
  const address = readHostPort(found);
  return address !== undefined && /^(127\.[\d.]+|::1|localhost)$/.test(address.host) ? address : undefined;
}

/** The address as `readHttpAddress` reads it. */
export const writeHttpAddress = (address: HttpAddress): string =>
  'socket' in address ? `unix:${address.socket}` : formatHostPort(address);

/** Reads a URL with http or https and a host. */
export function readHttpUrl(found: unknown): URL | undefined {
  const url = typeof found === 'string' && URL.canParse(found) ? new URL(found) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.hostname !== '' ? url : undefined;
}

/** The address as users write it: http://127.0.0.1:10349, unix:/run/weir/http.sock. */
export function formatHttpAddress(address: HttpAddress, scheme: 'http' | 'https' = 'http'): string {
  return 'socket' in address
    ? `unix:${address.socket}`
    : `${scheme}://${formatHost(address.host)}:${address.port}`;
}

/** A host as it appears in a URL. */
export const formatHost = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** An id of this process among all: two processes on one host cannot listen at the same address. */
export const instanceAt = (address: HttpAddress): string =>
  `${hostname()}:${'socket' in address ? address.socket : address.port}`;
