import koffi from 'koffi';
import { WeirError } from '../runtime/index.ts';

/** The address of an object of OpenSSL; null where OpenSSL returns NULL. */
export type Pointer = bigint | null;

/** The functions of OpenSSL that DTLS needs, under their own names. */
export interface OpenSsl {
  DTLS_server_method(): Pointer;
  DTLS_client_method(): Pointer;
  SSL_CTX_new(method: Pointer): Pointer;
  SSL_CTX_free(context: Pointer): void;
  SSL_CTX_ctrl(context: Pointer, command: number, value: number, pointer: Pointer): number;
  SSL_CTX_set_options(context: Pointer, options: number): number;
  SSL_CTX_set_cipher_list(context: Pointer, list: string): number;
  SSL_CTX_set_verify(context: Pointer, mode: number, callback: Pointer): void;
  SSL_CTX_set_verify_depth(context: Pointer, depth: number): void;
  SSL_CTX_set_cookie_verify_cb(context: Pointer, callback: Pointer): void;
  SSL_CTX_get_cert_store(context: Pointer): Pointer;
  SSL_CTX_add_client_CA(context: Pointer, certificate: Pointer): number;
  SSL_CTX_use_certificate(context: Pointer, certificate: Pointer): number;
  SSL_CTX_use_PrivateKey(context: Pointer, key: Pointer): number;
  SSL_CTX_check_private_key(context: Pointer): number;
  X509_STORE_add_cert(store: Pointer, certificate: Pointer): number;
  X509_STORE_add_crl(store: Pointer, list: Pointer): number;
  X509_STORE_set_flags(store: Pointer, flags: number): number;
  X509_CRL_free(list: Pointer): void;
  PEM_read_bio_X509_CRL(bio: Pointer, into: Pointer, callback: Pointer, password: string): Pointer;
  X509_free(certificate: Pointer): void;
  EVP_PKEY_free(key: Pointer): void;
  PEM_read_bio_X509(bio: Pointer, into: Pointer, callback: Pointer, password: string): Pointer;
  PEM_read_bio_PrivateKey(bio: Pointer, into: Pointer, callback: Pointer, password: string): Pointer;
  PEM_write_bio_X509(bio: Pointer, certificate: Pointer): number;
  SSL_new(context: Pointer): Pointer;
  SSL_free(ssl: Pointer): void;
  SSL_set_bio(ssl: Pointer, input: Pointer, output: Pointer): void;
  SSL_set_connect_state(ssl: Pointer): void;
  SSL_set_accept_state(ssl: Pointer): void;
  SSL_set1_host(ssl: Pointer, name: string): number;
  SSL_set_hostflags(ssl: Pointer, flags: number): void;
  SSL_get0_param(ssl: Pointer): Pointer;
  X509_VERIFY_PARAM_set1_ip_asc(parameters: Pointer, address: string): number;
  SSL_ctrl(ssl: Pointer, command: number, value: number, pointer: Pointer | Uint8Array): number;
  SSL_do_handshake(ssl: Pointer): number;
  SSL_get_error(ssl: Pointer, result: number): number;
  SSL_read(ssl: Pointer, into: Uint8Array, octets: number): number;
  SSL_write(ssl: Pointer, from: Uint8Array, octets: number): number;
  SSL_shutdown(ssl: Pointer): number;
  SSL_get_verify_result(ssl: Pointer): number;
  SSL_get1_peer_certificate(ssl: Pointer): Pointer;
  SSL_get0_verified_chain(ssl: Pointer): Pointer;
  OPENSSL_sk_num(stack: Pointer): number;
  OPENSSL_sk_value(stack: Pointer, index: number): Pointer;
  SSL_get_current_cipher(ssl: Pointer): Pointer;
  SSL_CIPHER_get_name(cipher: Pointer): string;
  DTLSv1_listen(ssl: Pointer, peer: Pointer): number;
  DTLS_get_data_mtu(ssl: Pointer): number;
  BIO_ADDR_new(): Pointer;
  BIO_ADDR_free(address: Pointer): void;
  BIO_s_mem(): Pointer;
  BIO_new(method: Pointer): Pointer;
  BIO_free(bio: Pointer): number;
  BIO_up_ref(bio: Pointer): number;
  BIO_read(bio: Pointer, into: Uint8Array, octets: number): number;
  BIO_write(bio: Pointer, from: Uint8Array, octets: number): number;
  BIO_ctrl(bio: Pointer, command: number, value: number, pointer: Pointer): number;
  ERR_clear_error(): void;
  ERR_get_error(): number;
  ERR_reason_error_string(error: number): string | null;
}

const prototypes: Readonly<Record<keyof OpenSsl, string>> = {
  DTLS_server_method: 'void *DTLS_server_method()',
  DTLS_client_method: 'void *DTLS_client_method()',
  SSL_CTX_new: 'void *SSL_CTX_new(void *method)',
  SSL_CTX_free: 'void SSL_CTX_free(void *context)',
  SSL_CTX_ctrl: 'long SSL_CTX_ctrl(void *context, int command, long value, void *pointer)',
  SSL_CTX_set_options: 'uint64_t SSL_CTX_set_options(void *context, uint64_t options)',
  SSL_CTX_set_cipher_list: 'int SSL_CTX_set_cipher_list(void *context, const char *list)',
  SSL_CTX_set_verify: 'void SSL_CTX_set_verify(void *context, int mode, void *callback)',
  SSL_CTX_set_verify_depth: 'void SSL_CTX_set_verify_depth(void *context, int depth)',
  SSL_CTX_set_cookie_verify_cb: 'void SSL_CTX_set_cookie_verify_cb(void *context, void *callback)',
  SSL_CTX_get_cert_store: 'void *SSL_CTX_get_cert_store(void *context)',
  SSL_CTX_add_client_CA: 'int SSL_CTX_add_client_CA(void *context, void *certificate)',
  SSL_CTX_use_certificate: 'int SSL_CTX_use_certificate(void *context, void *certificate)',
  SSL_CTX_use_PrivateKey: 'int SSL_CTX_use_PrivateKey(void *context, void *key)',
  SSL_CTX_check_private_key: 'int SSL_CTX_check_private_key(void *context)',
  X509_STORE_add_cert: 'int X509_STORE_add_cert(void *store, void *certificate)',
  X509_STORE_add_crl: 'int X509_STORE_add_crl(void *store, void *list)',
  X509_STORE_set_flags: 'int X509_STORE_set_flags(void *store, unsigned long flags)',
  X509_CRL_free: 'void X509_CRL_free(void *list)',
  PEM_read_bio_X509_CRL:
    'void *PEM_read_bio_X509_CRL(void *bio, void *into, void *callback, const char *password)',
  X509_free: 'void X509_free(void *certificate)',
  EVP_PKEY_free: 'void EVP_PKEY_free(void *key)',
  PEM_read_bio_X509: 'void *PEM_read_bio_X509(void *bio, void *into, void *callback, const char *password)',
  PEM_read_bio_PrivateKey:
    'void *PEM_read_bio_PrivateKey(void *bio, void *into, void *callback, const char *password)',
  PEM_write_bio_X509: 'int PEM_write_bio_X509(void *bio, void *certificate)',
  SSL_new: 'void *SSL_new(void *context)',
  SSL_free: 'void SSL_free(void *ssl)',
  SSL_set_bio: 'void SSL_set_bio(void *ssl, void *input, void *output)',
  SSL_set_connect_state: 'void SSL_set_connect_state(void *ssl)',
  SSL_set_accept_state: 'void SSL_set_accept_state(void *ssl)',
  SSL_set1_host: 'int SSL_set1_host(void *ssl, const char *name)',
  SSL_set_hostflags: 'void SSL_set_hostflags(void *ssl, uint flags)',
  SSL_get0_param: 'void *SSL_get0_param(void *ssl)',
  X509_VERIFY_PARAM_set1_ip_asc: 'int X509_VERIFY_PARAM_set1_ip_asc(void *parameters, const char *address)',
  SSL_ctrl: 'long SSL_ctrl(void *ssl, int command, long value, void *pointer)',
  SSL_do_handshake: 'int SSL_do_handshake(void *ssl)',
  SSL_get_error: 'int SSL_get_error(void *ssl, int result)',
  SSL_read: 'int SSL_read(void *ssl, void *into, int octets)',
  SSL_write: 'int SSL_write(void *ssl, void *from, int octets)',
  SSL_shutdown: 'int SSL_shutdown(void *ssl)',
  SSL_get_verify_result: 'long SSL_get_verify_result(void *ssl)',
  SSL_get1_peer_certificate: 'void *SSL_get1_peer_certificate(void *ssl)',
  SSL_get0_verified_chain: 'void *SSL_get0_verified_chain(void *ssl)',
  OPENSSL_sk_num: 'int OPENSSL_sk_num(void *stack)',
  OPENSSL_sk_value: 'void *OPENSSL_sk_value(void *stack, int index)',
  SSL_get_current_cipher: 'void *SSL_get_current_cipher(void *ssl)',
  SSL_CIPHER_get_name: 'const char *SSL_CIPHER_get_name(void *cipher)',
  DTLSv1_listen: 'int DTLSv1_listen(void *ssl, void *peer)',
  DTLS_get_data_mtu: 'size_t DTLS_get_data_mtu(void *ssl)',
  BIO_ADDR_new: 'void *BIO_ADDR_new()',
  BIO_ADDR_free: 'void BIO_ADDR_free(void *address)',
  BIO_s_mem: 'void *BIO_s_mem()',
  BIO_new: 'void *BIO_new(void *method)',
  BIO_free: 'int BIO_free(void *bio)',
  BIO_up_ref: 'int BIO_up_ref(void *bio)',
  BIO_read: 'int BIO_read(void *bio, void *into, int octets)',
  BIO_write: 'int BIO_write(void *bio, void *from, int octets)',
  BIO_ctrl: 'long BIO_ctrl(void *bio, int command, long value, void *pointer)',
  ERR_clear_error: 'void ERR_clear_error()',
  ERR_get_error: 'unsigned long ERR_get_error()',
  ERR_reason_error_string: 'const char *ERR_reason_error_string(unsigned long error)',
};

let loaded: OpenSsl | undefined;

/**
 * OpenSSL as this Node contains and exports it, bound at first use.
 * @throws {WeirError} WEIR_DTLS_UNAVAILABLE
 */
export function openSsl(): OpenSsl {
  loaded ??= bindOpenSsl((prototype) => koffi.load(null).func(prototype));
  return loaded;
}

/**
 * @param bind makes a function of a prototype; throws when the process does not have it
 * @throws {WeirError} WEIR_DTLS_UNAVAILABLE
 */
export function bindOpenSsl(bind: (prototype: string) => unknown): OpenSsl {
  const { openssl = 'without a version' } = process.versions;
  if (!openssl.startsWith('3.')) throw unavailableError(`contains OpenSSL ${openssl}; DTLS needs OpenSSL 3`);
  const entries = Object.entries(prototypes).map(([name, prototype]) => {
    try {
      return [name, bind(prototype)];
    } catch (cause) {
      throw unavailableError(`does not export ${name} of OpenSSL ${openssl}, which DTLS needs`, cause);
    }
  });
  return Object.fromEntries(entries) as OpenSsl;
}

const unavailableError = (what: string, cause?: unknown) =>
  new WeirError('WEIR_DTLS_UNAVAILABLE', `DTLS: this Node (${process.version}) ${what}`, {
    cause,
    remedy: 'Use a Node of nodejs.org or the one that Weir installs, or the transport tls',
  });

/** The address of a function of OpenSSL, for use as a callback that never enters JavaScript. */
export const addressOf = (name: string): Pointer => koffi.load(null).symbol(name);
