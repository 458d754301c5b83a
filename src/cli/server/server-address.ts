import type { RequestOptions } from 'node:https';
import { formatHttpAddress, readSocketPath } from '../../http/client.ts';
import { WeirError } from '../../runtime/index.ts';
import { defaultHttp } from '../default-addresses.ts';

/** An aggregator, or `weir up`, that answers over HTTP. */
export interface ServerAddress {
  /** Its name for people, without a path. */
  readonly name: string;
  /** What stands before the paths of its routes: "" or "/weir". */
  readonly basePath: string;
  readonly target: Pick<
    RequestOptions,
    'protocol' | 'hostname' | 'port' | 'socketPath' | 'ca' | 'servername' | 'createConnection' | 'agent'
  >;
}

/** The server to ask, and what to show it. */
export interface NamedServer {
  readonly address: ServerAddress;
  readonly token: string | undefined;
}

/** What the options of a command say about the server. */
export interface ServerOptions {
  readonly server?: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
  readonly context?: string;
  readonly serviceAccount?: string;
  readonly aggregator?: string;
}

/**
 * Reads a server's address: a URL, which may have a path or end in /flows, or unix:/run/weir/http.sock.
 * @throws {WeirError} WEIR_USAGE_SERVER
 */
export function parseServerAddress(text: string): ServerAddress {
  const socketPath = readSocketPath(text);
  if (socketPath !== undefined) return { name: `unix:${socketPath}`, basePath: '', target: { socketPath } };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (url === undefined || !isHttp || text.includes('@')) {
    const found = text.includes('@') ? 'one with credentials' : `"${text}"`;
    throw new WeirError('WEIR_USAGE_SERVER', `--server: expected the URL of an aggregator, found ${found}`, {
      remedy: `Write it as ${formatHttpAddress(defaultHttp)}, or as unix:/run/weir/http.sock.`,
    });
  }
  const { protocol, port } = url;
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const basePath = url.pathname.replace(/(\/flows)?\/*$/, '');
  return { name: url.origin, basePath, target: { protocol, hostname, port } };
}

/** The address with the authorities that sign its certificate, in PEM; undefined: those of Node. */
export const withAuthorities = (address: ServerAddress, ca: string | undefined): ServerAddress =>
  ca === undefined ? address : { ...address, target: { ...address.target, ca } };
