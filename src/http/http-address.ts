import { hostname } from 'node:os';

/** Where an HTTP server listens: an address and port, or a socket of the file system. */
export type HttpAddress = { readonly host: string; readonly port: number } | { readonly socket: string };

/** Octets of a socket's path at most (unix(7)). */
const MAX_SOCKET_PATH = 107;

/** The path of "unix:/run/weir/http.sock"; undefined when the text is no such address. */
export function readSocketPath(text: string): string | undefined {
  const path = /^unix:(?:\/\/)?(\/.*[^/])$/.exec(text)?.[1];
  return path !== undefined && Buffer.byteLength(path) <= MAX_SOCKET_PATH ? path : undefined;
}

/** As people write it: http://127.0.0.1:10349, unix:/run/weir/http.sock. */
export function formatHttpAddress(address: HttpAddress): string {
  return 'socket' in address
    ? `unix:${address.socket}`
    : `http://${formatHost(address.host)}:${address.port}`;
}

/** A host as it stands in a URL. */
export const formatHost = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** What tells a process from all others: two of one host cannot listen at one place. */
export const instanceAt = (address: HttpAddress): string =>
  `${hostname()}:${'socket' in address ? address.socket : address.port}`;
