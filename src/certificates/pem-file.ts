import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { describeError } from '../runtime/index.ts';

/** A block of a PEM file (RFC 7468). */
interface PemBlock {
  readonly label: string;
  readonly text: string;
}

/** A certificate or a private key in a file, or why a part of the file is neither. */
export type PemContent =
  | { readonly kind: 'certificate'; readonly certificate: X509Certificate }
  | { readonly kind: 'key'; readonly key: KeyObject }
  /** A key under a passphrase, which Weir never has. */
  | { readonly kind: 'encrypted key' }
  /** A file that this user may not read. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'broken'; readonly reason: string };

const certificateLabels = ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE'];

/**
 * The certificates and private keys of a PEM file, in its order. Other blocks, such as parameters, are
 * skipped.
 */
export function readPem(text: string): PemContent[] {
  return blocksOf(text).flatMap(({ label, text: block }) => {
    if (certificateLabels.includes(label)) return [certificateIn(block, label)];
    if (label.endsWith('PRIVATE KEY')) return [keyIn(block, label)];
    return [];
  });
}

function blocksOf(text: string): PemBlock[] {
  const blocks = text.matchAll(/-----BEGIN ([A-Z0-9 ]{1,40})-----[\s\S]*?-----END \1-----/g);
  return [...blocks].map(([block, label]) => ({ label: label!, text: block }));
}

function certificateIn(block: string, label: string): PemContent {
  try {
    return {
      kind: 'certificate',
      certificate: new X509Certificate(block.replaceAll(label, 'CERTIFICATE')),
    };
  } catch (error) {
    return { kind: 'broken', reason: `a certificate that cannot be read (${describeError(error)})` };
  }
}

function keyIn(block: string, label: string): PemContent {
  if (label.startsWith('ENCRYPTED') || block.includes('Proc-Type: 4,ENCRYPTED'))
    return { kind: 'encrypted key' };
  try {
    return { kind: 'key', key: createPrivateKey(block) };
  } catch (error) {
    return { kind: 'broken', reason: `a private key that cannot be read (${describeError(error)})` };
  }
}

/** Whether a private key belongs to a certificate. */
export const areOneKey = (key: KeyObject, certificate: X509Certificate): boolean => {
  try {
    return certificate.checkPrivateKey(key);
  } catch {
    return false; // keys of different kinds
  }
};
