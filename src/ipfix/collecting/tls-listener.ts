import type { TLSSocket } from 'node:tls';
import { addressOfEnd } from '../../flow/index.ts';
import type { Clock } from '../../runtime/index.ts';
import { peerNameOf, TlsFault, type TlsMaterial } from '../../tls/index.ts';
import { type Client, Handshakes } from './handshakes.ts';
import type { ListenAddress } from './listen-address.ts';
import type { Listener, Reception } from './listener.ts';
import { TcpListener } from './tcp-listener.ts';

/** Octets of memory that OpenSSL and Node have for a session beside its socket, as an upper bound. */
const ENCRYPTION_OCTETS = 48 * 1024;

/** A client that has not closed its end after this long is disconnected. */
const FAREWELL_MS = 2_000;

/** IPFIX over TLS: sessions over TCP whose clients show certificates (RFC 7011 section 11.3). */
export class TlsListener implements Listener {
  readonly #reception: Reception;
  readonly #tcp: TcpListener;
  readonly #handshakes: Handshakes;

  constructor(address: ListenAddress, reception: Reception) {
    this.#reception = reception;
    const { tls, messages, clock } = reception;
    this.#tcp = new TcpListener(address, reception, (socket, peer) =>
      this.#handshakes.take({ socket, peer, address: addressOfEnd(peer) }),
    );
    this.#handshakes = new Handshakes({
      tls,
      messages,
      clock,
      admit: (stream, client, peerName) => this.#admit(stream, client, peerName),
    });
  }

  start(): Promise<ListenAddress> {
    // The clients come again, except those that are revoked.
    const { tls, clock } = this.#reception;
    tls.heedRevocation(() => this.#tcp.endSessions(FAREWELL_MS, clock));
    return this.#tcp.start();
  }

  stop(deadlineMs: number, clock: Clock): Promise<void> {
    this.#handshakes.stop();
    return this.#tcp.stop(deadlineMs, clock);
  }

  #admit(stream: TLSSocket, { peer, address }: Client, peerName: string): void {
    const { tls } = this.#reception;
    const session = this.#tcp.open(stream, peer, { peerName, overheadOctets: ENCRYPTION_OCTETS });
    tls.tell(`session with ${peer} (${peerName}) over ${stream.getProtocol()}`, { peer, peerName });
    stream.on('close', () => {
      tls.tell(`session with ${peer} (${peerName}) ended`, { peer, peerName, records: session.records });
      if (session.messages > 0) tls.admitted(address);
      else
        tls.fault(
          address,
          unusedError(tls.material),
          `${peer} (${peerName}): ${unusedError(tls.material).message}`,
        );
    });
  }
}

/** An exporter of Weir that does not accept a certificate ends the session without a word. */
const unusedError = ({ own }: TlsMaterial): TlsFault =>
  new TlsFault(
    'session without a message',
    `it ended its session without a message; it may not accept the certificate of ${own && peerNameOf(own.certificate)}`,
  );
