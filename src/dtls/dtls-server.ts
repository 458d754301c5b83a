import type { X509Certificate } from 'node:crypto';
import { type Clock, PeerMap } from '../runtime/index.ts';
import { DtlsAssociation } from './association.ts';
import { type ClientHello, readClientHello } from './client-hello.ts';
import type { DtlsContext } from './dtls-context.ts';
import type { DtlsError } from './dtls-error.ts';
import type { DtlsPeer } from './dtls-peer.ts';
import { Handshake } from './handshake.ts';
import { HandshakePace } from './handshake-pace.ts';
import { HelloCookies } from './hello-cookies.ts';
import { PendingHandshakes } from './pending-handshakes.ts';
import { APPLICATION_DATA, isRecordAt } from './record-header.ts';
import { resetFor } from './stateless-reset.ts';

/** Takes the messages of one client. */
export interface DtlsConsumer {
  message(octets: Uint8Array): void;
  /** The association is over; the last call. */
  closed(error: DtlsError | undefined): void;
}

/** A client whose handshake is complete. */
export interface DtlsClientEnd {
  readonly peer: DtlsPeer;
  readonly certificate: X509Certificate | undefined;
  /** Ends the association from this side, and tells the client. The consumer is not called. */
  end(): void;
}

/**
 * Why nothing in a datagram was read. Records of no session belong to one that this process does not have, or
 * had.
 */
export type UnreadReason = 'no DTLS session' | 'not DTLS' | 'repeated or not authentic';

export interface DtlsServerOptions {
  readonly clock: Clock;
  /** For a new handshake: certificates may be renewed. */
  readonly context: () => DtlsContext;
  readonly maxDatagramOctets: number;
  readonly send: (datagram: Uint8Array, peer: DtlsPeer) => void;
  /** A text refuses the client, and is sent to it. */
  readonly accept: (client: DtlsClientEnd) => DtlsConsumer | string;
  /** A handshake failed: what is wrong with the client's certificate, or the alert of the client. */
  readonly failed: (peer: DtlsPeer, error: DtlsError) => void;
  /** Nothing in a datagram was read. */
  readonly unread: (peer: DtlsPeer, reason: UnreadReason) => void;
  /** A client must try later. */
  readonly putOff: (peer: DtlsPeer) => void;
}

/** Resets a second at most. */
const MAX_RESETS = 1_000;

interface Session {
  readonly association: DtlsAssociation;
  readonly peer: DtlsPeer;
  readonly random: Uint8Array;
  readonly consumer: DtlsConsumer;
}

/**
 * A DTLS server for any number of clients on one UDP socket. Nothing is kept for a client before a valid
 * cookie shows that it receives at its address. A client may begin anew from the same address and port. Its
 * old session continues until the new handshake is complete (RFC 6347 section 4.2.8).
 */
export class DtlsServer {
  readonly #options: DtlsServerOptions;
  readonly #cookies: HelloCookies;
  readonly #pace: HandshakePace;
  readonly #handshakes: PendingHandshakes;
  readonly #sessions = new PeerMap<Session>();
  #resets = 0;
  #resetsSinceMs = 0;

  constructor(options: DtlsServerOptions) {
    const { clock } = options;
    const nowMs = () => clock.monotonic();
    this.#options = options;
    this.#cookies = new HelloCookies(nowMs);
    this.#pace = new HandshakePace(nowMs);
    this.#handshakes = new PendingHandshakes(clock, ({ peer }, error) => options.failed(peer, error));
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  get handshakes(): number {
    return this.#handshakes.size;
  }

  receive(datagram: Uint8Array, peer: DtlsPeer): void {
    const { unread } = this.#options;
    if (!isRecordAt(datagram, 0)) {
      unread(peer, 'not DTLS');
      return;
    }
    const session = this.#sessions.get(peer);
    // Nobody sends data within a handshake: it belongs to the session.
    if (session !== undefined && datagram[0] === APPLICATION_DATA) {
      if (session.association.receive(datagram) === 0) unread(peer, 'repeated or not authentic');
      return;
    }
    const hello = readClientHello(datagram);
    const handshake = this.#handshakes.of(peer.name);
    const isKnown = hello !== undefined && [handshake, session].some((known) => isOf(hello, known));
    if (hello !== undefined && !isKnown) {
      this.#meet(hello, datagram, peer, handshake);
      return;
    }
    if (handshake !== undefined && this.#handshakes.admits(handshake, datagram)) {
      this.#pace.spend(peer.address, () => handshake.association.receive(datagram));
    }
    if (session !== undefined) session.association.receive(datagram);
    else if (handshake === undefined) this.#refuse(datagram, peer);
  }

  /** Tells all clients the end. */
  stop(): void {
    this.#handshakes.stop();
    this.endSessions();
  }

  /** The same for those with a session. It tells their consumers. */
  endSessions(): void {
    for (const { peer, consumer } of [...this.#sessions]) {
      this.#end(peer);
      consumer.closed(undefined);
    }
  }

  /** A new client, or one that begins anew. */
  #meet(hello: ClientHello, datagram: Uint8Array, peer: DtlsPeer, earlier: Handshake | undefined): void {
    if (!this.#cookies.isValid(peer.name, hello)) {
      this.#options.send(this.#cookies.request(peer.name, hello), peer);
      return;
    }
    if (!this.#pace.admits(peer.address)) {
      this.#options.putOff(peer);
      return;
    }
    if (earlier !== undefined) {
      this.#handshakes.remove(earlier);
      earlier.association.free();
    }
    if (!this.#handshakes.makeRoom(peer.address)) {
      this.#options.putOff(peer);
      return;
    }
    this.#pace.spend(peer.address, () => this.#begin(hello, datagram, peer));
  }

  #begin({ random }: ClientHello, datagram: Uint8Array, peer: DtlsPeer): void {
    const { clock, context, maxDatagramOctets, send, failed } = this.#options;
    let consumer: DtlsConsumer | undefined;
    const association = DtlsAssociation.accept(
      { context: context(), maxDatagramOctets, send: (octets) => send(octets, peer) },
      datagram,
      {
        opened: () => {
          this.#handshakes.remove(handshake);
          consumer = this.#establish(handshake);
        },
        message: (octets) => consumer?.message(octets),
        closed: (error) => {
          this.#handshakes.remove(handshake);
          if (consumer === undefined && error !== undefined) failed(peer, error);
          if (this.#sessions.get(peer)?.association === association) this.#sessions.delete(peer);
          consumer?.closed(error);
        },
      },
    );
    if (association === undefined) return;
    const handshake = new Handshake(peer, association, Buffer.from(random), clock.monotonic());
    this.#handshakes.add(handshake);
    association.advance();
  }

  /** The client has shown its certificate. A session that it had before is over. */
  #establish({ association, peer, random }: Handshake): DtlsConsumer | undefined {
    const client = {
      peer,
      certificate: association.peerCertificate,
      end: () => this.#end(peer, association),
    };
    const consumer = this.#options.accept(client);
    if (typeof consumer === 'string') {
      association.send(Buffer.from(consumer));
      association.close();
      association.free();
      return undefined;
    }
    const earlier = this.#sessions.get(peer);
    earlier?.association.free();
    earlier?.consumer.closed(undefined);
    this.#sessions.set(peer, { association, peer, random, consumer });
    return consumer;
  }

  /** A datagram of no session: the client may believe that there is one. */
  #refuse(datagram: Uint8Array, peer: DtlsPeer): void {
    const reset = resetFor(datagram);
    if (datagram[0] === APPLICATION_DATA) this.#options.unread(peer, 'no DTLS session');
    if (reset !== undefined && this.#mayReset()) this.#options.send(reset, peer);
  }

  #mayReset(): boolean {
    const now = this.#options.clock.monotonic();
    if (now - this.#resetsSinceMs >= 1_000) {
      this.#resetsSinceMs = now;
      this.#resets = 0;
    }
    return this.#resets++ < MAX_RESETS;
  }

  /** @param association ends only if it is still the client's */
  #end(peer: DtlsPeer, association?: DtlsAssociation): void {
    const session = this.#sessions.get(peer);
    if (session === undefined || (association !== undefined && session.association !== association)) return;
    this.#sessions.delete(peer);
    session.association.close();
    session.association.free();
  }
}

const isOf = ({ random }: ClientHello, known: { readonly random: Uint8Array } | undefined): boolean =>
  known !== undefined && Buffer.compare(random, known.random) === 0;
