import { expect, it } from 'vitest';
import { clusterDomainIn, serviceNames } from '../../../src/kubernetes/identity/index.ts';

it('the names of a Service begin with the one that certificates are checked against', () => {
  expect(serviceNames('weir', 'flows', 'k8s.example')).toEqual([
    'flows.weir.svc',
    'flows.weir.svc.k8s.example',
    'flows.weir',
    'flows',
  ]);
});

it.each([
  ['search weir.svc.k8s.example svc.k8s.example k8s.example\nnameserver 10.96.0.10', 'k8s.example'],
  ['search weir.svc.cluster.local svc.cluster.local. cluster.local\n', 'cluster.local'],
  ['nameserver 10.96.0.10\nsearch example.org', undefined],
  ['', undefined],
])('the domain of a cluster is found in %j', (text, domain) => {
  expect(clusterDomainIn(text)).toBe(domain);
});
