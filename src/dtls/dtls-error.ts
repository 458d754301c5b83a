import type { X509Certificate } from 'node:crypto';
import { openSsl, type Pointer } from './openssl.ts';
import { certificateOf } from './peer-certificate.ts';

/** What OpenSSL found wrong with a certificate (X509_V_ERR_*), by the codes that Node has for it in TLS. */
const certificateCodes: Readonly<Record<number, string>> = {
  2: 'UNABLE_TO_GET_ISSUER_CERT',
  3: 'UNABLE_TO_GET_CRL',
  7: 'CERT_SIGNATURE_FAILURE',
  9: 'CERT_NOT_YET_VALID',
  10: 'CERT_HAS_EXPIRED',
  12: 'CRL_HAS_EXPIRED',
  18: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  19: 'SELF_SIGNED_CERT_IN_CHAIN',
  20: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  21: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  22: 'CERT_CHAIN_TOO_LONG',
  23: 'CERT_REVOKED',
  24: 'INVALID_CA',
  26: 'INVALID_PURPOSE',
  62: 'ERR_TLS_CERT_ALTNAME_INVALID',
  64: 'ERR_TLS_CERT_ALTNAME_INVALID',
};

/** The bits of an error of OpenSSL that are its reason. */
const REASON_BITS = 0x7f_ffff;
const CERTIFICATE_VERIFY_FAILED = 134;

/** Why an association failed. */
export class DtlsError extends Error {
  /** As Node's own TLS has it: CERT_HAS_EXPIRED, ERR_SSL_NO_SHARED_CIPHER. */
  readonly code: string;
  /** The peer's certificate, when it is the cause. */
  readonly certificate: X509Certificate | undefined;

  constructor(code: string, message: string, certificate?: X509Certificate) {
    super(message);
    this.name = 'DtlsError';
    this.code = code;
    this.certificate = certificate;
  }
}

/** Empties OpenSSL's queue of errors. Returns the reasons, with the first cause first. */
export function takeErrors(): { readonly number: number; readonly text: string }[] {
  const ssl = openSsl();
  const errors = [];
  for (let error = ssl.ERR_get_error(); error !== 0; error = ssl.ERR_get_error()) {
    const text = ssl.ERR_reason_error_string(error) ?? `error ${error.toString(16)}`;
    errors.push({ number: error & REASON_BITS, text });
  }
  return errors;
}

/** The error of a call that failed on an association, which OpenSSL has in its queue. */
export function failureOf(ssl: Pointer): DtlsError {
  const [first] = takeErrors();
  if (first === undefined) return new DtlsError('ERR_SSL_UNKNOWN', 'DTLS failed without a reason');
  if (first.number === CERTIFICATE_VERIFY_FAILED) {
    const code = certificateCodes[openSsl().SSL_get_verify_result(ssl)] ?? 'CERT_UNTRUSTED';
    return new DtlsError(code, code.toLowerCase().replaceAll('_', ' '), certificateOf(firstOfChain(ssl)));
  }
  return new DtlsError(`ERR_SSL_${first.text.toUpperCase().replaceAll(' ', '_')}`, first.text);
}

/** The certificate of the peer that was checked; the chain stays OpenSSL's own. */
function firstOfChain(ssl: Pointer): Pointer {
  const chain = openSsl().SSL_get0_verified_chain(ssl);
  return chain !== null && openSsl().OPENSSL_sk_num(chain) > 0 ? openSsl().OPENSSL_sk_value(chain, 0) : null;
}
