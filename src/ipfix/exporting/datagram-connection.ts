import { createSocket, type Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { ConnectionEnds, ConnectionEvents, OtherEnd, TransportConnection } from './transport.ts';

export interface DatagramEvents extends Pick<ConnectionEvents, 'writable' | 'closed'> {
  /** @param maxDatagramOctets that the interface carries in one packet */
  connected(maxDatagramOctets: number): void;
  /** The other end has sent something. */
  received(datagram: Uint8Array): void;
}

/** An ended session waits this long for refusals of its last messages. */
const LINGER_MS = 100;
/** Messages that may wait in the process until the kernel takes them. */
const MAX_WAITING = 64;
/** The MTU of every path; for an interface whose MTU is unknown. */
const COMMON_MTU = 1500;
/** No larger message even when the interface would carry it: loopback's 64 KB overrun a receive buffer. */
const GREATEST_MTU = 9000;
/** Octets of IP and UDP headers before a message. */
const headerOctets = { 4: 20 + 8, 6: 40 + 8 } as const;

/** Datagrams to one address. A connected socket gets the kernel's error when nobody listens there. */
export class DatagramConnection implements TransportConnection {
  readonly #events: DatagramEvents;
  readonly #socket: Socket;
  #ends: ConnectionEnds | undefined;
  #waiting = 0;
  #isEnding = false;
  #isOver = false;

  constructor(address: string, port: number, events: DatagramEvents) {
    this.#events = events;
    const family = isIP(address) === 6 ? 6 : 4;
    const socket = createSocket(`udp${family}`);
    this.#socket = socket;
    socket.on('error', (error) => this.end(error));
    socket.on('connect', () => {
      const [local, remote] = [socket.address(), socket.remoteAddress()];
      this.#ends = {
        localAddress: local.address,
        localPort: local.port,
        remoteAddress: remote.address,
        remotePort: remote.port,
      };
      events.connected(mtuOf(local.address) - headerOctets[family]);
    });
    socket.on('message', (datagram) => {
      if (!this.#isOver) events.received(datagram);
    });
    socket.connect(port, address);
  }

  /**
   * An error here belongs to an earlier datagram that the other host refused; this one was not sent. It ends
   * the session: the next begins with templates, when a collector listens again.
   */
  write(message: Uint8Array, taken: () => void): boolean {
    this.#waiting++;
    this.#socket.send(message, (error) => {
      this.#waiting--;
      if (this.#isOver) return;
      if (error) return this.end(error);
      taken();
      if (this.#isEnding && this.#waiting === 0) this.#linger();
      else if (this.#waiting === MAX_WAITING / 2) this.#events.writable();
    });
    return this.#waiting < MAX_WAITING;
  }

  probe(): void {
    this.write(new Uint8Array(0), () => {});
  }

  close(): void {
    this.#isEnding = true;
    if (this.#waiting === 0) this.#linger();
  }

  destroy(): void {
    queueMicrotask(() => this.end());
  }

  #linger(): void {
    setTimeout(() => this.end(), LINGER_MS);
  }

  /** Nobody confirms a datagram. */
  otherEnd(): OtherEnd | undefined {
    return undefined;
  }

  ends(): ConnectionEnds | undefined {
    return this.#ends;
  }

  end(error?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.close();
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
    return COMMON_MTU; // no such file without Linux or sysfs
  }
}
