import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

/** Maximum characters of a name from a certificate; labels and logs contain it. */
const MAX_CHARACTERS = 253;
/** Maximum names of a certificate that are looked at. */
const MAX_NAMES = 256;

/** The DNS names and addresses in a certificate (subjectAltName), in its order; without any, the CN. */
export function namesOf(certificate: X509Certificate): string[] {
  const alternatives = alternativeNames(certificate.subjectAltName ?? '');
  if (alternatives.length > 0) return alternatives;
  const common = commonName(certificate);
  return common === undefined ? [] : [common];
}

/** Who a peer is: the first of its certificate's names. */
export const peerNameOf = (certificate: X509Certificate): string =>
  namesOf(certificate)[0] ?? certificate.fingerprint256;

/** Whether a certificate is for a name or an address. */
export const hasName = (certificate: X509Certificate, wanted: string): boolean =>
  (isIP(wanted) === 0 ? certificate.checkHost(wanted) : certificate.checkIP(wanted)) !== undefined;

/** Node writes `DNS:a.example, IP Address:192.0.2.1`; a name with special characters stands in quotes. */
function alternativeNames(text: string): string[] {
  const names: string[] = [];
  for (const [, kind, quoted, plain] of text.matchAll(/([^:,"]+):(?:("(?:[^"\\]|\\.)*")|([^,]*))(?:, |$)/g)) {
    if (kind !== 'DNS' && kind !== 'IP Address') continue;
    const name = (quoted === undefined ? plain : unquotedText(quoted)) ?? '';
    if (name !== '' && name.length <= MAX_CHARACTERS) names.push(name);
    if (names.length === MAX_NAMES) break;
  }
  return names;
}

function unquotedText(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return '';
  }
}

function commonName(certificate: X509Certificate): string | undefined {
  const { CN } = certificate.toLegacyObject().subject as { readonly CN?: string | readonly string[] };
  const name = typeof CN === 'string' ? CN : CN?.[0];
  return name === undefined || name === '' ? undefined : name.slice(0, MAX_CHARACTERS);
}
