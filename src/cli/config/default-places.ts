import { CERTIFICATE_FOLDER, type TlsPaths } from '../../tls/index.ts';

/** Where a process reads its files, unless its configuration names others. */
export const placesByDefault = (kind: 'agent' | 'aggregator'): TlsPaths => ({
  caFile: `${CERTIFICATE_FOLDER}/ca.crt`,
  certFile: `${CERTIFICATE_FOLDER}/${kind}.crt`,
  keyFile: `${CERTIFICATE_FOLDER}/${kind}.key`,
});
