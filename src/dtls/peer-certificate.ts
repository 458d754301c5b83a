import { X509Certificate } from 'node:crypto';
import { openSsl, type Pointer } from './openssl.ts';

/** Maximum octets of one certificate as PEM: OpenSSL takes no longer list. */
const MAX_OCTETS = 64 * 1024;

/** The certificate that a client or server has shown, as Node reads it. */
export function peerCertificateOf(association: Pointer): X509Certificate | undefined {
  const certificate = openSsl().SSL_get1_peer_certificate(association);
  try {
    return certificateOf(certificate);
  } finally {
    if (certificate !== null) openSsl().X509_free(certificate);
  }
}

/** A certificate of OpenSSL, which stays its owner's. Undefined when Node cannot read it. */
export function certificateOf(certificate: Pointer): X509Certificate | undefined {
  if (certificate === null) return undefined;
  const ssl = openSsl();
  const bio = ssl.BIO_new(ssl.BIO_s_mem());
  try {
    if (ssl.PEM_write_bio_X509(bio, certificate) !== 1) return undefined;
    const pem = Buffer.alloc(MAX_OCTETS);
    const octets = ssl.BIO_read(bio, pem, pem.length);
    return new X509Certificate(pem.subarray(0, Math.max(0, octets)));
  } catch {
    return undefined;
  } finally {
    ssl.BIO_free(bio);
    ssl.ERR_clear_error();
  }
}
