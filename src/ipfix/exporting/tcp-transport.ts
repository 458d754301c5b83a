import { connect, type Socket } from 'node:net';
import { maxMessageOctets } from '../wire/index.ts';
import { TcpConnection } from './tcp-connection.ts';
import type { ConnectionEvents, Transport, TransportConnection } from './transport.ts';

/** Node's probes of an idle connection: at most ten, one a second; a second more for the last answer. */
const PROBING_MS = 11_000;

/** IPFIX over TCP (RFC 7011 section 10.4), or likewise over a Unix socket, whose path is then the host. */
export class TcpTransport implements Transport {
  readonly isReliable = true;
  readonly initialMessageOctets = maxMessageOctets;
  readonly #port: number;
  readonly #vanishTimeoutMs: number;

  /** @param vanishTimeoutMs within which an idle connection to a lost host ends; at least 12,000 */
  constructor(port: number, vanishTimeoutMs: number) {
    this.#port = port;
    this.#vanishTimeoutMs = vanishTimeoutMs;
  }

  open(address: string, events: ConnectionEvents): TransportConnection {
    const socket = connectTcp(address, this.#port, this.#vanishTimeoutMs);
    let failure: Error | undefined;
    socket.on('connect', () => events.opened(maxMessageOctets));
    socket.on('drain', () => events.writable());
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('close', () => events.closed(failure));
    socket.resume(); // a collector sends nothing; its data is ignored, and its end is noticed
    return new TcpConnection(socket, socket, address.startsWith('/'));
  }
}

/** A socket that connects, also to the path of a Unix socket. It probes an idle connection. */
export function connectTcp(address: string, port: number, vanishTimeoutMs: number): Socket {
  return connect({
    ...(address.startsWith('/') ? { path: address } : { host: address, port }),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: Math.max(1_000, vanishTimeoutMs - PROBING_MS),
  });
}
