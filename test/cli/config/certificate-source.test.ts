import { expect, it } from 'vitest';
import { certificateSourceOf } from '../../../src/cli/config/certificate-source.ts';
import { placesByDefault } from '../../../src/cli/config/index.ts';

const own = { caFile: '/run/tls/ca.crt', certFile: '/run/tls/tls.crt', keyFile: '/run/tls/tls.key' };

it.each([
  ['in a Pod', {}, true, 'cluster'],
  ['elsewhere', {}, false, 'files'],
  ['in a Pod whose file names others', own, true, 'files'],
  ['in a Pod whose file names one other', { keyFile: '/run/tls/tls.key' }, true, 'files'],
  ['in a Pod whose file asks for files', { source: 'files' }, true, 'files'],
  ['elsewhere where the file asks for the cluster', { source: 'cluster', ...own }, false, 'cluster'],
] as const)('%s the certificates come from the right place', (_, tls, isInPod, source) => {
  for (const kind of ['agent', 'aggregator'] as const)
    expect(certificateSourceOf({ ...placesByDefault(kind), ...tls }, kind, isInPod)).toBe(source);
});
