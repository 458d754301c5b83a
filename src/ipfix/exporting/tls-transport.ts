import { isIP, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import {
  handshakeFault,
  hasName,
  leftHandshake,
  MAX_REFUSAL_OCTETS,
  refusalIn,
  secureContextOptions,
  silentRefusal,
  type TlsEnd,
  TlsFault,
  type TlsMaterial,
  verificationFault,
  wrongName,
} from '../../tls/index.ts';
import { maxMessageOctets } from '../wire/index.ts';
import { TcpConnection } from './tcp-connection.ts';
import { connectTcp } from './tcp-transport.ts';
import type { ConnectionEvents, Transport, TransportConnection } from './transport.ts';

/**
 * In TLS 1.3 a client is done before the server has looked at its certificate. A session ticket shows that
 * the server is done, too. One that sends no ticket is given this long to refuse.
 */
const NO_TICKET_MS = 1_000;
/** A refusal that follows the ticket arrives within this time. */
const REFUSAL_MS = 100;

/** IPFIX over TLS (RFC 7011 section 10.4 and 11.1): a session over TCP with certificates at both ends. */
export class TlsTransport implements Transport {
  readonly isReliable = true;
  readonly initialMessageOctets = maxMessageOctets;
  readonly #port: number;
  readonly #vanishTimeoutMs: number;
  readonly #tls: TlsEnd;
  readonly #serverName: string;

  /** @param host of the collector: the name that its certificate must have, unless the settings have one */
  constructor(host: string, port: number, vanishTimeoutMs: number, tls: TlsEnd) {
    this.#port = port;
    this.#vanishTimeoutMs = vanishTimeoutMs;
    this.#tls = tls;
    this.#serverName = tls.settings.serverName || host;
  }

  open(address: string, events: ConnectionEvents): TransportConnection {
    const { material, settings } = this.#tls;
    const wire = connectTcp(address, this.#port, this.#vanishTimeoutMs);
    const stream = connect({
      ...secureContextOptions(settings),
      ca: material.ca,
      crl: material.crl,
      cert: material.own?.cert,
      key: material.own?.key,
      socket: wire,
      ...(isIP(this.#serverName) === 0 ? { servername: this.#serverName } : {}),
      // The result of the verification is read after the handshake, with the certificate that it is about.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    });
    watchConnection(stream, wire, events, { material, serverName: this.#serverName });
    return new TcpConnection(stream, wire);
  }
}

interface Expectation {
  readonly material: TlsMaterial;
  readonly serverName: string;
}

/** Opens the session once the collector has accepted it, and says why it did not. */
function watchConnection(
  stream: TLSSocket,
  wire: Socket,
  events: ConnectionEvents,
  expected: Expectation,
): void {
  const own = expected.material.own?.certificate;
  let isSecure = false;
  let isOpen = false;
  let failure: Error | undefined;
  let words = '';
  let timer: NodeJS.Timeout | undefined;
  const openAfter = (delayMs: number) => {
    if (isOpen) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      isOpen = true;
      events.opened(maxMessageOctets);
    }, delayMs);
  };
  const fail = (error: Error) => {
    const hasLeft = !isSecure && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
    failure ??= handshakeFault(error, own) ?? (hasLeft ? leftHandshake() : error);
  };
  wire.on('error', fail);
  stream.on('error', fail);
  stream.on('secureConnect', () => {
    isSecure = true;
    failure = collectorFault(stream, expected.serverName);
    if (failure !== undefined) leaveConnection(stream);
    else openAfter(stream.getProtocol() === 'TLSv1.3' ? NO_TICKET_MS : REFUSAL_MS);
  });
  stream.on('session', () => {
    if (isSecure && failure === undefined) openAfter(REFUSAL_MS);
  });
  // A collector sends nothing but the reason of a refusal.
  stream.on('data', (octets: Buffer) => {
    if (words.length >= MAX_REFUSAL_OCTETS) return;
    words = (words + octets.toString('utf8')).slice(0, MAX_REFUSAL_OCTETS);
    if (refusalIn(words) !== undefined) clearTimeout(timer);
  });
  stream.on('drain', () => events.writable());
  stream.on('close', () => {
    clearTimeout(timer);
    failure = refusalIn(words) ?? failure;
    if (failure === undefined && isSecure && !isOpen) failure = silentRefusal(own);
    events.closed(failure);
  });
}

/** Ends the session in order, so that the collector sees a client that left and not a broken connection. */
function leaveConnection(stream: TLSSocket): void {
  stream.end();
  const timer = setTimeout(() => stream.destroy(), REFUSAL_MS);
  stream.on('close', () => clearTimeout(timer));
}

/** What is wrong with the collector's certificate. */
function collectorFault(stream: TLSSocket, serverName: string): TlsFault | undefined {
  const certificate = stream.getPeerX509Certificate();
  if (certificate === undefined)
    return new TlsFault('certificate missing', 'the collector shows no certificate');
  if (!stream.authorized)
    return verificationFault(String(stream.authorizationError), certificate, Date.now());
  return hasName(certificate, serverName) ? undefined : wrongName(certificate, serverName);
}
