import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { DtlsClient, MAX_RECORD_OCTETS } from '../../src/dtls/index.ts';
import type { AvailableTransport } from '../../src/ipfix/index.ts';
import type { Clock } from '../../src/runtime/index.ts';
import { readTlsMaterial } from '../../src/tls/index.ts';
import { contextOf } from '../support/dtls-wire.ts';
import { loopbackTls } from '../support/loopback-tls.ts';
import type { Random } from '../support/random.ts';
import type { Wire } from './fuzz-bed.ts';

const LOOPBACK = '127.0.0.1';
const MOST_UDP_OCTETS = 65_507;

/** An exporter's end of a connection over a real socket. */
export interface SocketWire extends Wire {
  /** The octets that it carries as one message; larger ones cannot be sent. */
  readonly mostOctets: number;
  /** Whether messages can be sent. */
  readonly isReady: boolean;
  /** Ends it now, without a word. */
  destroy(): void;
}

/** Dials the collector, or a relay before it. */
export function dialWire(
  transport: AvailableTransport,
  port: number,
  clock: Clock,
  random: Random,
): SocketWire {
  return { tcp: dialTcp, tls: dialTls, udp: openUdp, dtls: dialDtls }[transport](port, clock, random);
}

const dialTcp = (port: number): SocketWire => streamWire(connect(port, LOOPBACK), 'connect');

function dialTls(port: number, _: Clock, random: Random): SocketWire {
  const { ca, own } = readTlsMaterial(loopbackTls);
  const maxVersion = random.of(['TLSv1.2', 'TLSv1.3'] as const);
  const files = { ca, cert: own?.cert, key: own?.key };
  return streamWire(
    connectTls({ host: LOOPBACK, port, servername: 'localhost', maxVersion, ...files }),
    'secureConnect',
  );
}

function streamWire(socket: Socket, readyEvent: string): SocketWire {
  let isReady = false;
  socket.once(readyEvent, () => {
    isReady = true;
  });
  socket.on('error', () => {}); // 'close' follows
  socket.resume(); // a refusal is read
  return {
    mostOctets: Number.POSITIVE_INFINITY,
    get isReady() {
      return isReady;
    },
    get isOpen() {
      return !socket.destroyed && socket.writable;
    },
    write: (octets) => void socket.write(octets),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  };
}

function openUdp(port: number): SocketWire {
  const socket = createSocket('udp4');
  socket.on('error', () => {}); // nobody listens any more
  let isOpen = true;
  const destroy = () => {
    if (isOpen) socket.close();
    isOpen = false;
  };
  return {
    mostOctets: MOST_UDP_OCTETS,
    isReady: true,
    get isOpen() {
      return isOpen;
    },
    write: (octets) => socket.send(octets, port, LOOPBACK),
    end: () => {},
    destroy,
  };
}

function dialDtls(port: number, clock: Clock): SocketWire {
  const socket = createSocket('udp4');
  let isReady = false;
  let isOpen = true;
  const context = contextOf('client', loopbackTls);
  const client = new DtlsClient(
    {
      context,
      serverName: 'localhost',
      clock,
      maxDatagramOctets: 1_232,
      send: (datagram) => void (isOpen && socket.send(datagram, port, LOOPBACK)),
    },
    {
      opened: () => {
        isReady = true;
      },
      message: () => {},
      closed: () => {
        isOpen = false;
      },
    },
  );
  let isFreed = false;
  socket.on('error', () => {});
  socket.on('message', (datagram) => client.receive(datagram));
  socket.bind(0, LOOPBACK, () => client.start());
  return {
    mostOctets: MAX_RECORD_OCTETS,
    get isReady() {
      return isReady;
    },
    get isOpen() {
      return isOpen;
    },
    write: (octets) => client.send(octets),
    end: () => client.close(),
    destroy: () => {
      if (isFreed) return;
      isFreed = true;
      isOpen = false;
      client.free();
      context.free();
      socket.close();
    },
  };
}
