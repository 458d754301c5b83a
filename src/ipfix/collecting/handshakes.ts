import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Account, Clock } from '../../runtime/index.ts';
import {
  handshakeFault,
  leftHandshake,
  peerNameOf,
  refusalText,
  secureContextOptions,
  type TlsEnd,
  TlsFault,
  type TlsMaterial,
} from '../../tls/index.ts';
import { clientFault } from './client-fault.ts';
import { formatEnd, plainAddress } from './listen-address.ts';

/** Time for a handshake, and before it for the first octet. */
const HANDSHAKE_MS = 10_000;
/** Time for a refused client to take the reason. */
const REFUSAL_MS = 1_000;
/**
 * Maximum connections that have no session yet, in all and under way, and of those the part of one address.
 */
const MAX_PENDING = 4_096;
const MAX_HANDSHAKES = 256;
const MAX_OF_ADDRESS = 128;
/** Handshakes cost up to a millisecond each; between a few, others get their turn. */
const STARTS_A_TURN = 8;

export interface HandshakesParts {
  readonly tls: TlsEnd;
  readonly messages: Account;
  readonly clock: Clock;
  /** A client that may send now. */
  readonly admit: (stream: TLSSocket, client: Client, peerName: string) => void;
}

/** A connection, and who is at its other end. */
export interface Client {
  readonly socket: Socket;
  /** Address and port. */
  readonly peer: string;
  readonly address: string;
}

interface Pending extends Client {
  isUnderWay: boolean;
  cancel: () => void;
}

/**
 * The TLS handshakes of a listener, bounded in number, in time and for each address. A connection counts as a
 * handshake from its first octet: a silent one keeps nobody out.
 */
export class Handshakes {
  readonly #parts: HandshakesParts;
  readonly #pending = new Map<string, Pending>();
  /** Connections with octets that wait for their handshake. */
  readonly #waiting = new Set<Pending>();
  readonly #underWay = new Map<string, number>();
  #handshakes = 0;
  #isTurning = false;
  #server: Server | undefined;
  #material: TlsMaterial | undefined;

  constructor(parts: HandshakesParts) {
    this.#parts = parts;
  }

  /** Takes a connection that has just been accepted. */
  take(client: Client): void {
    const { socket, peer } = client;
    if (this.#pending.size >= MAX_PENDING) this.#giveWay();
    const pending: Pending = { ...client, isUnderWay: false, cancel: () => {} };
    this.#pending.set(peer, pending);
    this.#limit(pending);
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => this.#onClosed(pending));
    socket.once('readable', () => {
      if (!this.#pending.has(peer) || socket.readableLength === 0) return;
      this.#waiting.add(pending);
      this.#turnLater();
    });
  }

  /** Ends all connections without a session. */
  stop(): void {
    for (const pending of [...this.#pending.values()]) this.#drop(pending);
  }

  #turnLater(): void {
    if (this.#isTurning) return;
    this.#isTurning = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#isTurning = false;
    let starts = 0;
    for (const pending of this.#waiting) {
      if (this.#handshakes >= MAX_HANDSHAKES) return; // the end of one goes on here
      if ((this.#underWay.get(pending.address) ?? 0) >= MAX_OF_ADDRESS) continue;
      if (starts++ === STARTS_A_TURN) {
        this.#turnLater();
        return;
      }
      this.#begin(pending);
    }
  }

  #begin(pending: Pending): void {
    this.#waiting.delete(pending);
    pending.isUnderWay = true;
    this.#handshakes++;
    this.#underWay.set(pending.address, (this.#underWay.get(pending.address) ?? 0) + 1);
    this.#limit(pending);
    this.#current().emit('connection', pending.socket);
  }

  /** The server with the newest certificates; sessions that exist keep theirs. */
  #current(): Server {
    const { tls } = this.#parts;
    const { material } = tls;
    if (this.#server !== undefined && material === this.#material) return this.#server;
    this.#material = material;
    const { ca, crl, own } = material;
    // A new context has new keys for tickets: no client resumes a session that the new files would refuse.
    const context = {
      ...secureContextOptions(tls.settings),
      ...{ ca, crl, cert: own?.cert, key: own?.key },
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    };
    if (this.#server !== undefined) {
      this.#server.setSecureContext(context);
      return this.#server;
    }
    const server = createServer({
      ...context,
      requestCert: true,
      // The result of the verification is read after the handshake, so that the client learns the reason.
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE_MS,
    });
    server.on('secureConnection', (stream) => this.#onSecure(stream));
    server.on('tlsClientError', (error, stream) => this.#onFailed(error, stream));
    this.#server = server;
    return server;
  }

  #onSecure(stream: TLSSocket): void {
    const pending = this.#pendingOf(stream);
    stream.on('error', () => {}); // 'close' follows
    if (pending === undefined) {
      stream.destroy();
      return;
    }
    this.#forget(pending);
    const { tls, clock, admit } = this.#parts;
    const certificate = stream.getPeerX509Certificate();
    const fault = clientFault(stream, certificate, tls.settings.allowedClients, clock.now());
    if (fault === undefined && certificate !== undefined) {
      admit(stream, pending, peerNameOf(certificate));
      return;
    }
    if (fault !== undefined) this.#refuse(stream, pending, fault);
  }

  /** Reads on until the client has taken the reason: unread octets would make the system discard it. */
  #refuse(stream: TLSSocket, pending: Pending, fault: TlsFault): void {
    this.#tell(pending, fault);
    stream.end(refusalText(fault));
    stream.resume();
    const cancel = this.#parts.clock.after(REFUSAL_MS, () => stream.destroy());
    stream.on('close', cancel);
  }

  #onFailed(error: Error, stream: TLSSocket): void {
    const pending = this.#pendingOf(stream);
    if (pending === undefined) return;
    this.#forget(pending);
    const own = this.#material?.own?.certificate;
    const fault = handshakeFault(error, own) ?? leftHandshake();
    this.#tell(pending, fault);
    stream.destroy();
  }

  #onClosed(pending: Pending): void {
    if (!this.#pending.has(pending.peer)) return;
    this.#forget(pending);
    if (pending.isUnderWay) this.#tell(pending, leftHandshake());
    else this.#parts.messages.note('connections without an octet');
  }

  #limit(pending: Pending): void {
    pending.cancel();
    pending.cancel = this.#parts.clock.after(HANDSHAKE_MS, () => {
      this.#drop(pending);
      const seconds = HANDSHAKE_MS / 1_000;
      this.#tell(pending, new TlsFault('handshake timed out', `no handshake within ${seconds} s`));
    });
  }

  /** The address with the most connections loses its oldest one. */
  #giveWay(): void {
    const counts = new Map<string, number>();
    for (const { address } of this.#pending.values()) counts.set(address, (counts.get(address) ?? 0) + 1);
    const most = Math.max(...counts.values());
    const oldest = [...this.#pending.values()].find(({ address }) => counts.get(address) === most);
    this.#parts.messages.note('handshakes gave way');
    if (oldest !== undefined) this.#drop(oldest);
  }

  #drop(pending: Pending): void {
    this.#forget(pending);
    pending.socket.destroy();
  }

  #forget(pending: Pending): void {
    pending.cancel();
    this.#pending.delete(pending.peer);
    this.#waiting.delete(pending);
    if (!pending.isUnderWay) return;
    this.#handshakes--;
    const left = this.#underWay.get(pending.address)! - 1;
    if (left === 0) this.#underWay.delete(pending.address);
    else this.#underWay.set(pending.address, left);
    if (this.#waiting.size > 0) this.#turnLater();
  }

  #pendingOf({ remoteAddress, remotePort }: TLSSocket): Pending | undefined {
    return remoteAddress === undefined
      ? undefined
      : this.#pending.get(formatEnd(plainAddress(remoteAddress), remotePort ?? 0));
  }

  #tell({ peer, address }: Pending, fault: TlsFault): void {
    this.#parts.tls.fault(address, fault, `${peer}: no session: ${fault.message}`);
  }
}
