import { DtlsError, takeErrors } from './dtls-error.ts';
import { addressOf, openSsl, type Pointer } from './openssl.ts';

/** Certificates and the key, as PEM. */
export interface DtlsMaterial {
  /** The authorities whose certificates are accepted. */
  readonly ca: Uint8Array;
  /** Their revocation lists: certificates in them are not accepted. */
  readonly crl?: Uint8Array | undefined;
  /** Undefined for a client that shows no certificate. */
  readonly own: DtlsIdentity | undefined;
}

export interface DtlsIdentity {
  /** The own certificate, followed by those between it and its authority. */
  readonly cert: Uint8Array;
  readonly key: Uint8Array;
}

export interface DtlsContextOptions {
  readonly role: 'client' | 'server';
  readonly material: DtlsMaterial;
  /** Cipher suites of DTLS 1.2 by OpenSSL's names, separated by colons. */
  readonly cipherSuites?: string | undefined;
}

/** Forward secrecy and authenticated encryption, as RFC 9325 section 4.2 recommends. */
const DEFAULT_CIPHER_SUITES = 'ECDHE+AESGCM:ECDHE+CHACHA20';
/** Without suites with a separate MAC: for them, short forged records would end associations. */
const NO_SEPARATE_MAC = ':!SHA1:!SHA256:!SHA384:!MD5';
/** Maximum certificates between a peer's and the authority's, and octets of all: each costs a signature. */
const MAX_CHAIN = 4;
const MAX_CHAIN_OCTETS = 16 * 1024;

/** Of openssl/ssl.h and openssl/x509_vfy.h. */
const SSL_VERIFY_PEER = 1;
const SSL_VERIFY_FAIL_IF_NO_PEER_CERT = 2;
const SSL_CTRL_MODE = 33;
const SSL_CTRL_SESS_CACHE_MODE = 44;
const SSL_CTRL_SET_MAX_CERT_LIST = 51;
const SSL_CTRL_CHAIN_CERT = 89;
const SSL_CTRL_SET_MIN_PROTO_VERSION = 123;
/** The root stays here: the other end has it. */
const SSL_MODE_NO_AUTO_CHAIN = 8;
/** Idle associations keep no buffer for writing. */
const SSL_MODE_RELEASE_BUFFERS = 16;
const DTLS1_2_VERSION = 0xfefd;
const X509_V_FLAG_CRL_CHECK = 4;
const X509_V_FLAG_CRL_CHECK_ALL = 8;
const SSL_OP_NO_QUERY_MTU = 0x1000;
const SSL_OP_NO_TICKET = 0x4000;
const SSL_OP_CIPHER_SERVER_PREFERENCE = 0x40_0000;
const SSL_OP_NO_RENEGOTIATION = 0x4000_0000;

/**
 * What the associations of one end have in common: certificates, key, cipher suites. DTLS 1.2 only. Every
 * peer must have a certificate. No session is resumed, so each handshake checks the certificate.
 */
export class DtlsContext {
  readonly role: 'client' | 'server';
  #context: Pointer;

  /** @throws {DtlsError} when certificates or key cannot be used */
  constructor({ role, material, cipherSuites = DEFAULT_CIPHER_SUITES }: DtlsContextOptions) {
    const ssl = openSsl();
    this.role = role;
    ssl.ERR_clear_error();
    const context = ssl.SSL_CTX_new(role === 'server' ? ssl.DTLS_server_method() : ssl.DTLS_client_method());
    if (context === null) throw unusableError('the start of OpenSSL');
    this.#context = context;
    try {
      ssl.SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, DTLS1_2_VERSION, null);
      ssl.SSL_CTX_ctrl(context, SSL_CTRL_SESS_CACHE_MODE, 0, null);
      ssl.SSL_CTX_ctrl(context, SSL_CTRL_MODE, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN, null);
      ssl.SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_CERT_LIST, MAX_CHAIN_OCTETS, null);
      ssl.SSL_CTX_set_options(
        context,
        SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION,
      );
      if (ssl.SSL_CTX_set_cipher_list(context, cipherSuites + NO_SEPARATE_MAC) !== 1) {
        throw unusableError(`cipher suites "${cipherSuites}"`);
      }
      ssl.SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, null);
      ssl.SSL_CTX_set_verify_depth(context, MAX_CHAIN);
      // Weir has checked each cookie before OpenSSL sees it. OpenSSL wants a function that answers yes. This
      // one does for every DTLS association, and nothing enters JavaScript from within OpenSSL.
      ssl.SSL_CTX_set_cookie_verify_cb(context, addressOf('SSL_is_dtls'));
      this.#trust(material.ca);
      if (material.crl !== undefined) this.#revoke(material.crl);
      if (material.own !== undefined) this.#identify(material.own);
    } catch (error) {
      this.free();
      throw error;
    }
  }

  /** For `SSL_new`. */
  get pointer(): Pointer {
    if (this.#context === null) throw new Error('this DTLS context is freed');
    return this.#context;
  }

  /** Associations that were made of it continue. */
  free(): void {
    if (this.#context !== null) openSsl().SSL_CTX_free(this.#context);
    this.#context = null;
  }

  #trust(pem: Uint8Array): void {
    const ssl = openSsl();
    const store = ssl.SSL_CTX_get_cert_store(this.#context);
    const count = forEachCertificate(pem, (certificate) => {
      if (ssl.X509_STORE_add_cert(store, certificate) !== 1)
        throw unusableError('a certificate of the authority');
      if (this.role === 'server') ssl.SSL_CTX_add_client_CA(this.#context, certificate);
    });
    if (count === 0) throw unusableError("the authority's certificates: there is none");
  }

  /** As Node does for TLS: each certificate of a chain needs a list of its authority. */
  #revoke(pem: Uint8Array): void {
    const ssl = openSsl();
    const store = ssl.SSL_CTX_get_cert_store(this.#context);
    const count = withBio(pem, (bio) => {
      let lists = 0;
      for (;;) {
        const list = ssl.PEM_read_bio_X509_CRL(bio, null, null, '');
        if (list === null) break;
        const isTaken = ssl.X509_STORE_add_crl(store, list) === 1;
        ssl.X509_CRL_free(list);
        if (!isTaken) throw unusableError('a revocation list');
        lists++;
      }
      ssl.ERR_clear_error(); // the end of the text
      return lists;
    });
    if (count === 0) throw unusableError('the revocation lists: there is none');
    ssl.X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  }

  #identify({ cert, key }: DtlsIdentity): void {
    const ssl = openSsl();
    const count = forEachCertificate(cert, (certificate, index) => {
      const isTaken =
        index === 0
          ? ssl.SSL_CTX_use_certificate(this.#context, certificate)
          : ssl.SSL_CTX_ctrl(this.#context, SSL_CTRL_CHAIN_CERT, 1, certificate);
      if (isTaken !== 1) throw unusableError('the own certificate');
    });
    if (count === 0) throw unusableError('the own certificate: there is none');
    withBio(key, (bio) => {
      // An empty password; without one, OpenSSL asks at the terminal for that of an encrypted key.
      const read = ssl.PEM_read_bio_PrivateKey(bio, null, null, '');
      if (read === null) throw unusableError('the key');
      const isTaken = ssl.SSL_CTX_use_PrivateKey(this.#context, read) === 1;
      ssl.EVP_PKEY_free(read);
      if (!isTaken || ssl.SSL_CTX_check_private_key(this.#context) !== 1) throw unusableError('the key');
    });
  }
}

/** Calls back for each certificate of a PEM text; OpenSSL frees them afterwards. Returns their number. */
function forEachCertificate(pem: Uint8Array, use: (certificate: Pointer, index: number) => void): number {
  const ssl = openSsl();
  return withBio(pem, (bio) => {
    let index = 0;
    for (;;) {
      const certificate = ssl.PEM_read_bio_X509(bio, null, null, '');
      if (certificate === null) break;
      try {
        use(certificate, index++);
      } finally {
        ssl.X509_free(certificate);
      }
    }
    ssl.ERR_clear_error(); // the end of the text
    return index;
  });
}

function withBio<T>(octets: Uint8Array, use: (bio: Pointer) => T): T {
  const ssl = openSsl();
  const bio = ssl.BIO_new(ssl.BIO_s_mem());
  try {
    if (octets.length > 0) ssl.BIO_write(bio, octets, octets.length);
    return use(bio);
  } finally {
    ssl.BIO_free(bio);
  }
}

function unusableError(what: string): DtlsError {
  const reasons = takeErrors().map(({ text }) => text);
  return new DtlsError('ERR_DTLS_MATERIAL', `DTLS cannot use ${[what, ...reasons.slice(0, 1)].join(': ')}`);
}
