import { DatagramConnection } from './datagram-connection.ts';
import type { ConnectionEvents, Transport, TransportConnection } from './transport.ts';

/** The payload of UDP over IPv6 in an Ethernet frame, until the interface is known. */
const COMMON_DATAGRAM_OCTETS = 1500 - 40 - 8;

/** IPFIX over UDP (RFC 7011 section 10.3). */
export class UdpTransport implements Transport {
  readonly isReliable = false;
  readonly initialMessageOctets: number;
  readonly #port: number;
  readonly #maxMessageOctets: number | undefined;

  /** @param maxMessageOctets overrides the interface's MTU */
  constructor(port: number, maxMessageOctets?: number) {
    this.initialMessageOctets = maxMessageOctets ?? COMMON_DATAGRAM_OCTETS;
    this.#port = port;
    this.#maxMessageOctets = maxMessageOctets;
  }

  open(address: string, events: ConnectionEvents): TransportConnection {
    return new DatagramConnection(address, this.#port, {
      connected: (octets) => events.opened(this.#maxMessageOctets ?? octets),
      received: () => {}, // a collector sends nothing
      writable: () => events.writable(),
      closed: (error) => events.closed(error),
    });
  }
}
