import { describe, expect, it } from 'vitest';
import {
  resourceKinds,
  resourceName,
  resourcePath,
  resourceScope,
} from '../../../src/kubernetes/client/resource.ts';

const { pods, endpointSlices, serviceAccounts, nodes } = resourceKinds;

describe('the address of a resource', () => {
  it.each([
    [{ kind: pods }, '/api/v1/pods', 'pods', 'in the whole cluster'],
    [{ kind: nodes, name: 'n1' }, '/api/v1/nodes/n1', 'nodes', 'n1'],
    [
      { kind: endpointSlices, namespace: 'shop' },
      '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices',
      'endpointslices.discovery.k8s.io',
      'in namespace shop',
    ],
    [
      { kind: serviceAccounts, namespace: 'shop', name: 'agent', subresource: 'token' },
      '/api/v1/namespaces/shop/serviceaccounts/agent/token',
      'serviceaccounts/token',
      'agent in namespace shop',
    ],
  ])('%j has the path %s', (address, path, name, scope) => {
    expect(resourcePath(address)).toBe(path);
    expect(resourceName(address)).toBe(name);
    expect(resourceScope(address)).toBe(scope);
  });

  it('keeps names from outside inside their part of the path', () => {
    expect(resourcePath({ kind: pods, namespace: '../nodes', name: 'a?b' })).toBe(
      '/api/v1/namespaces/..%2Fnodes/pods/a%3Fb',
    );
  });
});
