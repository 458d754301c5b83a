import type { CertificateSource } from '../../kubernetes/index.ts';
import type { TlsPaths } from '../../tls/index.ts';
import { isInPod } from '../pod.ts';
import { placesByDefault } from './default-places.ts';

/** Where a process has its certificates from: as its file says, or as it runs. */
export function certificateSourceOf(
  tls: TlsPaths & { readonly source?: CertificateSource | undefined },
  kind: 'agent' | 'aggregator',
  runsInPod: boolean = isInPod(),
): CertificateSource {
  if (tls.source !== undefined) return tls.source;
  const { caFile, certFile, keyFile } = placesByDefault(kind);
  const namesNone = tls.caFile === caFile && tls.certFile === certFile && tls.keyFile === keyFile;
  return namesNone && runsInPod ? 'cluster' : 'files';
}
