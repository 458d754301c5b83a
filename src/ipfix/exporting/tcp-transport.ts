import { connect } from 'node:net';
import { maxMessageOctets } from '../wire/index.ts';
import type { Connection, ConnectionEvents, Transport } from './transport.ts';

/** A silent connection is probed after so long; a peer that is gone shows ten seconds later. */
const KEEP_ALIVE_MS = 30_000;

/** IPFIX over TCP (RFC 7011 section 10.4). */
export class TcpTransport implements Transport {
  readonly isReliable = true;
  readonly #host: string;
  readonly #port: number;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  open(events: ConnectionEvents): Connection {
    const socket = connect({
      host: this.#host,
      port: this.#port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    });
    let failure: Error | undefined;
    socket.on('connect', () => events.opened(maxMessageOctets));
    socket.on('drain', () => events.writable());
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('close', () => events.closed(failure));
    socket.resume(); // a collector has nothing to say; what it says is passed over, and its end is seen
    return {
      write: (message, taken) =>
        socket.write(message, (error) => {
          // A write that the end of the connection cancelled is reported without an error, too.
          if (!error && !socket.destroyed) taken();
        }),
      close: () => socket.end(),
      destroy: () => socket.destroy(),
    };
  }
}
