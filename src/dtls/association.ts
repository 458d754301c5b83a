import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { datagramsOf } from './datagrams.ts';
import type { DtlsContext } from './dtls-context.ts';
import { type DtlsError, failureOf, takeErrors } from './dtls-error.ts';
import { type OpenSsl, openSsl, type Pointer } from './openssl.ts';
import { peerCertificateOf } from './peer-certificate.ts';
import { isOneRecordOfData } from './record-header.ts';
import { hasShortRecord, leastOctetsOf } from './short-records.ts';

export interface AssociationOptions {
  readonly context: DtlsContext;
  /** Maximum octets of a datagram that the path carries. */
  readonly maxDatagramOctets: number;
  readonly send: (datagram: Uint8Array) => void;
}

export interface AssociationHandler {
  /** The handshake is complete: the peer has the key of its certificate. */
  opened(): void;
  message(octets: Uint8Array): void;
  /**
   * It is over and freed; the last call.
   * @param error undefined when the peer has closed it
   */
  closed(error: DtlsError | undefined): void;
}

/** The plaintext of a record (RFC 6347 section 4.1), and of an IPFIX message over DTLS. */
export const MAX_RECORD_OCTETS = 16_384;
/** A peer's datagram may be this long: a record with header, cipher and padding, or a flight. */
export const MAX_DATAGRAM_OCTETS = 18_432;
/** Room for all records that one step of OpenSSL writes. */
const MAX_FLIGHT_OCTETS = 128 * 1024;

/** Of openssl/ssl.h, openssl/bio.h and openssl/x509v3.h. */
const SSL_ERROR_WANT_READ = 2;
const SSL_ERROR_WANT_WRITE = 3;
const SSL_ERROR_ZERO_RETURN = 6;
const SSL_CTRL_SET_MTU = 17;
const SSL_CTRL_SET_TLSEXT_HOSTNAME = 55;
const DTLS_CTRL_HANDLE_TIMEOUT = 74;
const BIO_CTRL_RESET = 1;
const BIO_CTRL_PENDING = 10;
const BIO_C_SET_BUF_MEM_EOF_RETURN = 130;
const X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS = 4;

const flight = Buffer.alloc(MAX_FLIGHT_OCTETS);
const plaintext = Buffer.alloc(MAX_RECORD_OCTETS);

/**
 * Contains the datagram that is being read. One serves all associations of a thread: OpenSSL reads a whole
 * datagram at once, and a buffer for each association would be cold memory for each datagram.
 */
let sharedInput: Pointer = null;

function inputOf(ssl: OpenSsl): Pointer {
  sharedInput ??= memoryOf(ssl);
  ssl.BIO_up_ref(sharedInput); // each association frees one
  return sharedInput;
}

function memoryOf(ssl: OpenSsl): Pointer {
  const bio = ssl.BIO_new(ssl.BIO_s_mem());
  ssl.BIO_ctrl(bio, BIO_C_SET_BUF_MEM_EOF_RETURN, -1, null); // empty is not the end
  return bio;
}

/**
 * One end of a DTLS association. Datagrams go in and out by memory: OpenSSL has no socket, and calls nothing
 * here. So the owner may end it in any callback. All of OpenSSL's objects belong to this one, and are freed
 * once: at the end of the association, whatever ends it.
 */
export class DtlsAssociation {
  readonly #options: AssociationOptions;
  readonly #handler: AssociationHandler;
  readonly #ssl = openSsl();
  #association: Pointer = null;
  #input: Pointer = null;
  /** Owned by the association. */
  #output: Pointer = null;
  #isOpen = false;
  /** Undefined until the cipher suite is known. */
  #leastRecordOctets: number | undefined;

  private constructor(options: AssociationOptions, handler: AssociationHandler) {
    const ssl = this.#ssl;
    this.#options = options;
    this.#handler = handler;
    ssl.ERR_clear_error();
    this.#association = ssl.SSL_new(options.context.pointer);
    if (this.#association === null) throw failureOf(null);
    this.#input = inputOf(ssl);
    this.#output = memoryOf(ssl);
    ssl.SSL_set_bio(this.#association, this.#input, this.#output);
    ssl.SSL_ctrl(this.#association, SSL_CTRL_SET_MTU, options.maxDatagramOctets, null);
  }

  /**
   * Begins a handshake with a server. @param serverName in its certificate: a DNS name or an address
   */
  static connect(
    options: AssociationOptions,
    serverName: string,
    handler: AssociationHandler,
  ): DtlsAssociation {
    const made = new DtlsAssociation(options, handler);
    const ssl = made.#ssl;
    if (isIP(serverName)) {
      ssl.X509_VERIFY_PARAM_set1_ip_asc(ssl.SSL_get0_param(made.#association), serverName);
    } else {
      ssl.SSL_set_hostflags(made.#association, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
      ssl.SSL_set1_host(made.#association, serverName);
      ssl.SSL_ctrl(made.#association, SSL_CTRL_SET_TLSEXT_HOSTNAME, 0, Buffer.from(`${serverName}\0`));
    }
    ssl.SSL_set_connect_state(made.#association);
    return made;
  }

  /**
   * Begins a handshake with a client whose hello had a valid cookie. `advance` answers it. Undefined when
   * OpenSSL does not accept the hello.
   */
  static accept(
    options: AssociationOptions,
    hello: Uint8Array,
    handler: AssociationHandler,
  ): DtlsAssociation | undefined {
    const made = new DtlsAssociation(options, handler);
    const ssl = made.#ssl;
    const address = ssl.BIO_ADDR_new();
    ssl.SSL_set_accept_state(made.#association);
    ssl.BIO_write(made.#input, hello, hello.length);
    const isAccepted = ssl.DTLSv1_listen(made.#association, address) === 1;
    made.#dropUnread();
    ssl.BIO_ADDR_free(address);
    if (isAccepted) return made;
    takeErrors();
    made.free();
    return undefined;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Maximum octets of a message that fits one datagram; 0 before the handshake is complete. */
  get maxMessageOctets(): number {
    if (this.#association === null || !this.#isOpen) return 0;
    return Math.min(MAX_RECORD_OCTETS, this.#ssl.DTLS_get_data_mtu(this.#association));
  }

  /** The certificate that the peer has shown. */
  get peerCertificate(): X509Certificate | undefined {
    return this.#association === null ? undefined : peerCertificateOf(this.#association);
  }

  /**
   * @param datagram a message may take its place, so that each datagram needs memory once
   * @returns the messages that were read
   */
  receive(datagram: Uint8Array): number {
    if (this.#association === null || datagram.length > MAX_DATAGRAM_OCTETS) return 0;
    if (hasShortRecord(datagram, this.#leastRecordOctets)) return 0;
    this.#ssl.BIO_write(this.#input, datagram, datagram.length);
    if (!this.#isOpen || !isOneRecordOfData(datagram)) return this.advance();
    // Looking for another record would cost as much as reading one.
    const message = this.#readInto(datagram);
    if (message === undefined) return 0;
    this.#handler.message(message);
    return 1;
  }

  /**
   * Continues the handshake, or reads what has arrived.
   * @returns the messages that were read
   */
  advance(): number {
    if (!this.#isOpen && !this.#shakeHands()) return 0;
    for (let messages = 0; ; messages++) {
      const message = this.#readInto(plaintext);
      if (message === undefined) return messages;
      this.#handler.message(Buffer.from(message));
    }
  }

  /** Sends a message as one record. Ignored when the association is not open. */
  send(message: Uint8Array): void {
    if (this.#association === null || !this.#isOpen) return;
    this.#ssl.ERR_clear_error();
    const written = this.#ssl.SSL_write(this.#association, message, message.length);
    if (written <= 0) this.#judge(written);
    else this.#flush();
  }

  /** Sends the flight again that the peer has not answered, if its time has come. */
  repeatUnanswered(): void {
    if (this.#association === null || this.#isOpen) return;
    this.#ssl.ERR_clear_error();
    const result = this.#ssl.SSL_ctrl(this.#association, DTLS_CTRL_HANDLE_TIMEOUT, 0, null);
    if (result < 0) this.#fail(failureOf(this.#association));
    else this.#flush();
  }

  /** Tells the peer the end. `closed` is called when the peer has answered; `free` does not wait for that. */
  close(): void {
    if (this.#association === null || !this.#isOpen) return;
    this.#ssl.ERR_clear_error();
    this.#ssl.SSL_shutdown(this.#association);
    this.#ssl.ERR_clear_error();
    this.#flush();
  }

  /** Ends the association without a word. Nothing is called afterwards. */
  free(): void {
    if (this.#association !== null) this.#ssl.SSL_free(this.#association);
    this.#association = null;
    this.#input = null;
    this.#output = null;
    this.#isOpen = false;
  }

  /** @returns the next message, in these octets; undefined without any */
  #readInto(octets: Uint8Array): Uint8Array | undefined {
    if (this.#association === null) return undefined;
    this.#ssl.ERR_clear_error();
    const read = this.#ssl.SSL_read(this.#association, octets, octets.length);
    this.#dropUnread();
    if (read > 0) return octets.subarray(0, read);
    this.#judge(read);
    return undefined;
  }

  /** Returns whether the association is open. */
  #shakeHands(): boolean {
    if (this.#association === null) return false;
    this.#ssl.ERR_clear_error();
    const result = this.#ssl.SSL_do_handshake(this.#association);
    this.#dropUnread();
    if (result !== 1) {
      this.#judge(result);
      return false;
    }
    this.#flush();
    const suite = this.#ssl.SSL_CIPHER_get_name(this.#ssl.SSL_get_current_cipher(this.#association));
    this.#leastRecordOctets = leastOctetsOf(suite);
    this.#isOpen = true;
    this.#handler.opened();
    return true;
  }

  /** Drops what OpenSSL left of a datagram that is longer than it reads, as it does with a socket. */
  #dropUnread(): void {
    const { BIO_ctrl } = this.#ssl;
    if (BIO_ctrl(this.#input, BIO_CTRL_PENDING, 0, null) > 0) BIO_ctrl(this.#input, BIO_CTRL_RESET, 0, null);
  }

  /** What a call means that returned nothing: wait, the peer's end, or a failure. */
  #judge(result: number): void {
    if (this.#association === null) return;
    const kind = this.#ssl.SSL_get_error(this.#association, result);
    if (kind === SSL_ERROR_WANT_READ || kind === SSL_ERROR_WANT_WRITE) {
      this.#flush();
    } else if (kind === SSL_ERROR_ZERO_RETURN) {
      this.close();
      this.#fail(undefined);
    } else {
      this.#fail(failureOf(this.#association));
    }
  }

  /** The alert that says why leaves first. */
  #fail(error: DtlsError | undefined): void {
    this.#flush();
    this.free();
    this.#handler.closed(error);
  }

  /** Sends what OpenSSL has written. */
  #flush(): void {
    if (this.#association === null) return;
    const octets = this.#ssl.BIO_read(this.#output, flight, flight.length);
    if (octets <= 0) return;
    for (const datagram of datagramsOf(flight.subarray(0, octets), this.#options.maxDatagramOctets)) {
      this.#options.send(datagram);
    }
  }
}
