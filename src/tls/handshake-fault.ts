import type { X509Certificate } from 'node:crypto';
import { expiredSince, issuerOf, TlsFault } from './certificate-fault.ts';
import { peerNameOf } from './peer-name.ts';

/** Maximum octets of a collector's words about a refusal. */
export const MAX_REFUSAL_OCTETS = 1_024;
const REFUSAL = 'weir: refused: ';

/**
 * What a collector of Weir writes into a session that it refuses, before it ends it. Node sends no alert for
 * a certificate that is verified after the handshake, so the other end would not learn why.
 */
export const refusalText = ({ message }: TlsFault): string =>
  `${REFUSAL}${message}`.slice(0, MAX_REFUSAL_OCTETS - 1).concat('\n');

/** The fault that a collector has written; undefined for other text. */
export function refusalIn(text: string): TlsFault | undefined {
  if (!text.startsWith(REFUSAL)) return undefined;
  const message = text.slice(REFUSAL.length).trim();
  return new TlsFault('certificate refused', `the collector refuses this process: ${message}`);
}

/** A collector that ends a new session without a word. Often it does not accept the certificate. */
export const silentRefusal = (own: X509Certificate | undefined): TlsFault =>
  own === undefined
    ? unshownFault(
        'the collector ended the session right after the handshake, as one does that wants a certificate',
      )
    : new TlsFault(
        'certificate refused',
        `the collector ended the session right after the handshake, as one does that does not accept ${ownText(own)}`,
      );

const unshownFault = (text: string): TlsFault =>
  new TlsFault('certificate missing', `${text}: this end shows none, because certFile is not there`);

/** The other end closed the connection before the handshake was done. */
export const leftHandshake = (): TlsFault =>
  new TlsFault(
    'handshake failed',
    'the other end left during the handshake: it may not speak TLS, or not accept a certificate',
  );

/** What an alert of the other end says about the own certificate, or a handshake with something else. */
export function handshakeFault(
  error: NodeJS.ErrnoException,
  own: X509Certificate | undefined,
): TlsFault | undefined {
  const { code = '', message } = error;
  if (!code.startsWith('ERR_SSL_') && !code.startsWith('ERR_TLS_')) return undefined;
  const [, alert] = /ALERT_(.+)$/.exec(code) ?? [];
  if (alert !== undefined) return own === undefined ? alertWithoutOwn(alert) : alertFault(alert, own);
  if (
    /WRONG_VERSION_NUMBER|HTTP_REQUEST|HTTPS_PROXY_REQUEST|UNEXPECTED_MESSAGE|UNSUPPORTED_RECORD/.test(code)
  )
    return new TlsFault(
      'no TLS',
      'the other end does not speak TLS, but perhaps IPFIX over tcp: both ends need the same protocol',
    );
  if (/PROTOCOL|VERSION|CIPHER|SIGNATURE_ALGORITHM/.test(code)) return noCommon();
  return new TlsFault('handshake failed', `the handshake failed: ${code} (${message.trim()})`);
}

/** The alert of a peer to an end that has shown no certificate. */
function alertWithoutOwn(alert: string): TlsFault {
  const mayWantOne = ['CERTIFICATE_REQUIRED', 'HANDSHAKE_FAILURE', 'BAD_CERTIFICATE', 'CERTIFICATE_UNKNOWN'];
  if (mayWantOne.includes(alert)) return unshownFault('the other end wants a certificate');
  return VERSION_ALERTS.includes(alert) ? noCommon() : endedFault(alert);
}

const VERSION_ALERTS = ['PROTOCOL_VERSION', 'HANDSHAKE_FAILURE', 'INSUFFICIENT_SECURITY'];

const endedFault = (alert: string): TlsFault =>
  new TlsFault(
    'handshake failed',
    `the other end ended it: alert ${alert.toLowerCase().replaceAll('_', ' ')}`,
  );

function alertFault(alert: string, own: X509Certificate): TlsFault {
  const refusedFault = (why: string) =>
    new TlsFault('certificate refused', `the other end refuses ${ownText(own)}: ${why}`);
  switch (alert) {
    case 'CERTIFICATE_REQUIRED':
      return new TlsFault('certificate missing', 'the other end wants a certificate and was shown none');
    case 'CERTIFICATE_EXPIRED':
      return refusedFault(
        own.validToDate.getTime() < Date.now() ? `it ${expiredSince(own)}` : 'it has expired',
      );
    case 'UNKNOWN_CA':
      return refusedFault(`unknown authority ${issuerOf(own)}`);
    case 'CERTIFICATE_REVOKED':
      return refusedFault('it is revoked');
    case 'ACCESS_DENIED':
      return refusedFault('it is not allowed');
    case 'BAD_CERTIFICATE':
    case 'CERTIFICATE_UNKNOWN':
    case 'UNSUPPORTED_CERTIFICATE':
      return refusedFault(`alert ${alert.toLowerCase().replaceAll('_', ' ')}`);
    default:
      return VERSION_ALERTS.includes(alert) ? noCommon() : endedFault(alert);
  }
}

const noCommon = (): TlsFault =>
  new TlsFault(
    'no common version or cipher suite',
    'the two ends have no version of TLS or no cipher suite in common, or the other end wants a certificate',
  );

const ownText = (own: X509Certificate): string =>
  `the certificate of ${peerNameOf(own)}, signed by ${issuerOf(own)}`;
