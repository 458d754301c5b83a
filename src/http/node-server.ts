import { constants } from 'node:crypto';
import type { RequestListener, Server, ServerOptions } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { createServer } from '../runtime/node-http.ts';
import { secureContextOptions, type TlsSuites } from '../tls/index.ts';
import type { ServerCertificateSource } from './server-certificate.ts';

/** TLS of a server. Clients need no certificate: they show a token. */
export interface HttpsOptions extends TlsSuites {
  readonly certificate: ServerCertificateSource;
}

/**
 * A whole request must arrive within REQUEST_MS of its connection or its first octet. Node checks this every
 * CHECK_MS.
 */
const REQUEST_MS = 10_000;
const CHECK_MS = 5_000;
const HANDSHAKE_MS = 10_000;
/**
 * A client may close its sending half after its request. Most that do so have left, and only a write would
 * tell. So an answer to one must go on within this time, or it is given up, with what it costs.
 */
const HALF_CLOSED_MS = 1_000;
/** More than a path and query may have, so that a URL that is too long gets an answer in words. */
export const MAX_HEADER_OCTETS = 65_536;

const limits: ServerOptions = {
  requestTimeout: REQUEST_MS,
  connectionsCheckingInterval: CHECK_MS,
  maxHeaderSize: MAX_HEADER_OCTETS,
};

/** What the two kinds of servers of Node have in common. */
export type NodeServer = Server | SecureServer;

/**
 * A server of Node with the limits that all have. One with TLS has no certificate before `showCertificate`.
 */
export function createNodeServer(https: HttpsOptions | undefined, answer: RequestListener): NodeServer {
  if (https === undefined) return answeringHalfClosed(createServer(limits, answer), 'connection');
  const { minVersion, cipherSuites } = https;
  const options = { ...secureContextOptions({ minVersion, cipherSuites }), handshakeTimeout: HANDSHAKE_MS };
  const server = createSecureServer({ ...limits, ...options, ALPNProtocols: ['http/1.1'] }, answer);
  return answeringHalfClosed(server, 'secureConnection');
}

/** @param opened the event with the socket that requests come from */
function answeringHalfClosed(server: NodeServer, opened: 'connection' | 'secureConnection'): NodeServer {
  server.on(opened, (socket: Socket) => {
    socket.allowHalfOpen = true; // With TLS, Node would end the answer.
    socket.once('end', () => socket.setTimeout(HALF_CLOSED_MS, () => socket.destroy()));
  });
  return Object.assign(server, { httpAllowHalfOpen: true }); // Node's types do not have it
}

/** New connections get the newest certificate; others keep theirs. */
export function showCertificate(server: NodeServer, { certificate, ...suites }: HttpsOptions): void {
  const { cert, key } = certificate.current;
  const context: SecureContextOptions = {
    ...secureContextOptions(suites),
    ...{ cert, key },
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  };
  (server as SecureServer).setSecureContext(context);
}
