import { readFileSync } from 'node:fs';
import {
  DtlsClient,
  type DtlsClientEnd,
  DtlsContext,
  type DtlsError,
  type DtlsPeer,
  DtlsServer,
} from '../../src/dtls/index.ts';
import type { Clock } from '../../src/runtime/index.ts';
import { readTlsMaterial, type TlsPaths } from '../../src/tls/index.ts';

/** A DTLS context of an end whose files a test authority has issued. */
export const contextOf = (role: 'client' | 'server', paths: TlsPaths, cipherSuites?: string): DtlsContext =>
  new DtlsContext({ role, material: readTlsMaterial(paths), cipherSuites });

/** A context of a client that trusts the same authority and has a certificate of another. */
export const strangerContext = (own: TlsPaths, trusted: TlsPaths): DtlsContext => {
  const [cert, key, ca] = [own.certFile, own.keyFile, trusted.caFile].map((path) => readFileSync(path));
  return new DtlsContext({ role: 'client', material: { ca: ca!, own: { cert: cert!, key: key! } } });
};

export interface WiredClient {
  readonly peer: DtlsPeer;
  readonly client: DtlsClient;
  isOpen: boolean;
  /** How it ended: undefined as long as it has not, null by the server's word. */
  ending: DtlsError | null | undefined;
}

type Direction = 'to server' | 'to client';

/**
 * A server and its clients, with a wire in memory between them. Datagrams wait until a test delivers them.
 */
export class DtlsWire {
  readonly server: DtlsServer;
  readonly received: string[] = [];
  /** What clients were told. */
  readonly heard: string[] = [];
  readonly failures: string[] = [];
  readonly unread: string[] = [];
  readonly accepted: DtlsClientEnd[] = [];
  readonly ended: string[] = [];
  putOff = 0;
  /** Octets that the server has sent. */
  sentOctets = 0;
  /** Whom the server accepts. */
  admits: (client: DtlsClientEnd) => boolean = () => true;
  /** What the wire makes of a datagram: none, one or several. */
  carry: (datagram: Uint8Array, direction: Direction) => readonly Uint8Array[] = (datagram) => [datagram];
  readonly clients = new Map<string, WiredClient>();
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];

  constructor(clock: Clock, context: () => DtlsContext) {
    this.#clock = clock;
    this.server = new DtlsServer({
      clock,
      context,
      maxDatagramOctets: 1400,
      send: (datagram, peer) => {
        this.sentOctets += datagram.length;
        this.#carry(datagram, 'to client', (carried) => this.clients.get(peer.name)?.client.receive(carried));
      },
      accept: (client) => {
        if (!this.admits(client)) return 'not you';
        this.accepted.push(client);
        return {
          message: (octets) => this.received.push(Buffer.from(octets).toString()),
          closed: (error) => this.ended.push(`${client.peer.name} ${error?.code ?? 'closed'}`),
        };
      },
      failed: (_peer, { code }) => this.failures.push(code),
      unread: (_peer, reason) => this.unread.push(reason),
      putOff: () => this.putOff++,
    });
  }

  /** A new client at an address; it replaces another there, as a restarted exporter does. */
  connect(context: DtlsContext, port: number, { address = '192.0.2.1', serverName = 'localhost' } = {}) {
    const peer = { name: `${address}:${port}`, address, port };
    const wired: WiredClient = {
      peer,
      isOpen: false,
      ending: undefined,
      client: new DtlsClient(
        {
          context,
          serverName,
          clock: this.#clock,
          maxDatagramOctets: 1400,
          send: (datagram) => this.send(datagram, peer),
        },
        {
          message: (octets) => this.heard.push(Buffer.from(octets).toString()),
          opened: () => {
            wired.isOpen = true;
          },
          closed: (error) => {
            wired.ending = error ?? null;
          },
        },
      ),
    };
    this.clients.set(peer.name, wired);
    wired.client.start();
    return wired;
  }

  /** Sends a datagram to the server from an address. */
  send(datagram: Uint8Array, peer: DtlsPeer): void {
    this.#carry(datagram, 'to server', (carried) => this.server.receive(carried, peer));
  }

  /** Delivers what is on its way, and what is sent because of it. */
  deliver(): void {
    while (this.#waiting.length > 0) this.#waiting.shift()!();
  }

  /** Delivers in another order than that of sending. */
  deliverShuffled(random: () => number): void {
    while (this.#waiting.length > 0) {
      this.#waiting.splice(Math.floor(random() * this.#waiting.length), 1)[0]!();
    }
  }

  free(): void {
    this.server.stop();
    for (const { client } of this.clients.values()) client.free();
  }

  /** Each arrives as octets of its own, as from a socket: the receiver may overwrite them. */
  #carry(datagram: Uint8Array, direction: Direction, arrive: (carried: Uint8Array) => void): void {
    for (const carried of this.carry(datagram, direction)) {
      this.#waiting.push(() => arrive(Buffer.from(carried)));
    }
  }
}
