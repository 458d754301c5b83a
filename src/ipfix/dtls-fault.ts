import type { X509Certificate } from 'node:crypto';
import type { DtlsError } from '../dtls/index.ts';
import { certificateMissing, handshakeFault, TlsFault, verificationFault, wrongName } from '../tls/index.ts';

/**
 * Why a session of DTLS did not come about, as one sentence.
 * @param own certificate that this end has shown
 * @param serverName that the other end's certificate must have, if it is a collector's
 */
export function dtlsFault(error: DtlsError, own: X509Certificate | undefined, serverName = ''): TlsFault {
  const { certificate, code, message } = error;
  if (code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') return certificateMissing();
  if (code === 'ERR_DTLS_TIMEOUT') return new TlsFault('handshake timed out', message);
  if (certificate === undefined) {
    return handshakeFault(error, own) ?? new TlsFault('handshake failed', `the handshake failed: ${message}`);
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return wrongName(certificate, serverName);
  return verificationFault(code, certificate, Date.now());
}
