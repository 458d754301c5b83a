import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import {
  certificateMissing,
  isAllowed,
  namesOf,
  notAllowed,
  type TlsFault,
  verificationFault,
} from '../../tls/index.ts';

/**
 * Why a client may not send; undefined if it may. A resumed session keeps the result of its first handshake,
 * so times are compared here as well.
 */
export function clientFault(
  { authorized, authorizationError }: TLSSocket,
  certificate: X509Certificate | undefined,
  allowedClients: readonly string[] | undefined,
  nowMs: number,
): TlsFault | undefined {
  if (certificate === undefined) return certificateMissing();
  if (!authorized) return verificationFault(String(authorizationError), certificate, nowMs);
  if (certificate.validToDate.getTime() < nowMs)
    return verificationFault('CERT_HAS_EXPIRED', certificate, nowMs);
  const isKnown = allowedClients === undefined || isAllowed(namesOf(certificate), allowedClients);
  return isKnown ? undefined : notAllowed(certificate);
}
