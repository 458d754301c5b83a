import { createPrivateKey, X509Certificate } from 'node:crypto';
import { keyText, newKeyPair, signOwnAuthority } from './authority.ts';
import type { LeafRequest } from './issue.ts';
import { signLeaf, validityOf } from './signed-certificate.ts';

/** A certificate and its private key, in PEM. It is never written to a file here. */
export interface PemPair {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Makes an authority.
 * @param now milliseconds since 1970
 */
export async function newAuthorityPair(now: number, days: number): Promise<PemPair> {
  const { certificate, keys } = await signOwnAuthority(now, days);
  return { certificate: certificate.toString(), key: keyText(keys) };
}

/** Makes the certificate of a host, signed by an authority. It ends no later than the authority. */
export async function newLeafPair(
  authority: PemPair,
  { role, names, days }: LeafRequest,
  now: number,
): Promise<PemPair> {
  const keys = newKeyPair();
  const signer = {
    certificate: new X509Certificate(authority.certificate),
    key: createPrivateKey(authority.key),
  };
  const validity = validityOf(now, days, signer.certificate);
  const certificate = await signLeaf(names, role === 'aggregator', keys.publicKey, signer, validity);
  return { certificate: certificate.toString(), key: keyText(keys) };
}
