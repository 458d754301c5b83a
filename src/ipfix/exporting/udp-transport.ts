import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Connection, ConnectionEvents, Transport } from './transport.ts';

/** Messages that may wait in the process for the kernel to take them. */
const MAX_WAITING = 64;
/** What every path carries; for an interface of which nothing is known. */
const COMMON_MTU = 1500;
/** No larger message even where the interface would carry it: loopback's 64 KB overrun a receive buffer. */
const GREATEST_MTU = 9000;
/** IP and UDP headers before a message. */
const headerOctets = { 4: 20 + 8, 6: 40 + 8 } as const;

/** IPFIX over UDP (RFC 7011 section 10.3). */
export class UdpTransport implements Transport {
  readonly isReliable = false;
  readonly #host: string;
  readonly #port: number;
  readonly #maxMessageOctets: number | undefined;

  /** @param maxMessageOctets when it shall not be told by the interface's MTU */
  constructor(host: string, port: number, maxMessageOctets?: number) {
    this.#host = host;
    this.#port = port;
    this.#maxMessageOctets = maxMessageOctets;
  }

  open(events: ConnectionEvents): Connection {
    const connection = new UdpConnection(events);
    lookup(this.#host, (error, address) => {
      if (error) connection.end(error);
      else connection.connect(address, this.#port, this.#maxMessageOctets);
    });
    return connection;
  }
}

class UdpConnection implements Connection {
  readonly #events: ConnectionEvents;
  #socket: Socket | undefined;
  #waiting = 0;
  #isEnding = false;
  #isOver = false;

  constructor(events: ConnectionEvents) {
    this.#events = events;
  }

  /** A connected socket gets the kernel's word when nobody listens at the other end. */
  connect(address: string, port: number, maxMessageOctets: number | undefined): void {
    if (this.#isOver) return;
    const family = isIP(address) === 6 ? 6 : 4;
    const socket = createSocket(`udp${family}`);
    this.#socket = socket;
    socket.on('error', (error) => this.end(error));
    socket.on('connect', () =>
      this.#events.opened(maxMessageOctets ?? mtuOf(socket.address().address) - headerOctets[family]),
    );
    socket.connect(port, address);
  }

  /**
   * An error here is that of an earlier datagram which the other end's host refused; this one was not
   * sent. It ends the session: the next begins with templates, when somebody listens again.
   */
  write(message: Uint8Array, taken: () => void): boolean {
    this.#waiting++;
    this.#socket!.send(message, (error) => {
      this.#waiting--;
      if (this.#isOver) return;
      if (error) return this.end(error);
      taken();
      if (this.#isEnding && this.#waiting === 0) this.end();
      else if (this.#waiting === MAX_WAITING / 2) this.#events.writable();
    });
    return this.#waiting < MAX_WAITING;
  }

  close(): void {
    this.#isEnding = true;
    if (this.#waiting === 0) this.destroy();
  }

  destroy(): void {
    queueMicrotask(() => this.end());
  }

  end(error?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket?.close();
    this.#events.closed(error);
  }
}

/** Octets that the interface with this address sends in one packet. */
function mtuOf(address: string): number {
  const named = Object.entries(networkInterfaces()).find(([, addresses]) =>
    addresses?.some((own) => own.address === address.split('%')[0]),
  );
  if (named === undefined) return COMMON_MTU;
  try {
    return Math.min(
      GREATEST_MTU,
      Number(readFileSync(`/sys/class/net/${named[0]}/mtu`, 'utf8')) || COMMON_MTU,
    );
  } catch {
    return COMMON_MTU; // no such file where there is no Linux, or no sysfs
  }
}
