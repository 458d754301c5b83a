import { expect, it } from 'vitest';
import {
  AccessReviewer,
  AUDIENCE,
  Guard,
  KubernetesReviews,
  ReviewDesk,
  rowsIn,
  TokenReviewer,
} from '../../src/api/index.ts';
import { batchOf, FlowFilter, noCondition } from '../../src/flow/index.ts';
import { KubernetesClient } from '../../src/kubernetes/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { type Kubernetes, startKubernetes } from '../support/kubernetes.ts';
import { requires } from '../support/requires.ts';

const RBAC = 'rbac.authorization.k8s.io/v1';
const flow = {
  ...{ sourceIP: '10.0.0.1', sourcePodNamespace: 'shop', sourcePodName: 'cart' },
  ...{ destinationIP: '10.0.1.2', destinationPodNamespace: 'bank', destinationPodName: 'ledger' },
};

/** Asks a real API server, with a token of its own. */
function guardOf(kubernetes: Kubernetes, token: string): Guard {
  const access = {
    server: new URL(kubernetes.url),
    namespace: 'flow-aggregator',
    remedy: 'Look at the token.',
    credentials: async () => ({ headers: { authorization: `Bearer ${token}` }, tls: { ca: kubernetes.ca } }),
    forget: () => {},
  };
  const parts = { clock: systemClock, ledger: new Ledger(), log: new Log(systemClock, () => {}) };
  const api = new KubernetesReviews(new KubernetesClient({ access, ...parts }));
  const desk = new ReviewDesk({ api, ...parts });
  const authenticator = new TokenReviewer(desk, AUDIENCE);
  return new Guard({ authenticator, authorizer: new AccessReviewer(desk), log: parts.log });
}

/** Makes a ServiceAccount that is named for its namespace, binds it, and returns its tokens by audience. */
async function makeReader(kubernetes: Kubernetes, namespace: string, role: string | undefined) {
  const { admin } = kubernetes;
  const account = { kind: 'ServiceAccount', name: namespace, namespace };
  await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await admin.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: namespace, namespace } });
  if (role !== undefined)
    await admin.create({
      ...{ apiVersion: RBAC, kind: 'RoleBinding', metadata: { name: 'flows', namespace } },
      ...{
        subjects: [account],
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      },
    });
  return (audience: string) => admin.serviceAccountToken(namespace, namespace, { audiences: [audience] });
}

requires('kubernetes', 'openssl')('reviews by a real API server', () => {
  it('show three readers exactly what is theirs, and refuse a token for others', async () => {
    await using kubernetes = await startKubernetes();
    const { admin } = kubernetes;
    await admin.create({
      ...{ apiVersion: RBAC, kind: 'ClusterRole', metadata: { name: 'weir-flow-reader' } },
      rules: [{ apiGroups: ['weir.dev'], resources: ['flows', 'flows/identity'], verbs: ['list', 'watch'] }],
    });
    const readers = {
      shop: await makeReader(kubernetes, 'shop', 'weir-flow-reader'),
      bank: await makeReader(kubernetes, 'bank', 'weir-flow-reader'),
      dev: await makeReader(kubernetes, 'dev', undefined),
    };
    const guard = guardOf(kubernetes, kubernetes.tokenOf('admin'));
    const seenWith = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` };
      const scope = await guard.scopeOf({ url: '/flows', headers, socket: {} } as never, 'list');
      const view = await scope.view(batchOf([flow]));
      return [...view.batch].filter((_, row) => rowsIn(view, new FlowFilter(noCondition))(row));
    };
    const { sourceIP, sourcePodNamespace, sourcePodName, ...destination } = flow;
    const source = { sourceIP, sourcePodNamespace, sourcePodName };
    expect(await seenWith(await readers.shop('weir'))).toEqual([source]);
    expect(await seenWith(await readers.bank('weir'))).toEqual([destination]);
    expect(await seenWith(await readers.dev('weir'))).toEqual([]);
    await expect(seenWith(await readers.shop('elsewhere'))).rejects.toMatchObject({ status: 401 });
    await expect(seenWith('no-token-of-anybody')).rejects.toMatchObject({ status: 401 });
    const powerless = guardOf(kubernetes, await readers.dev('https://kubernetes.default.svc'));
    const headers = { authorization: `Bearer ${await readers.shop('weir')}` };
    await expect(
      powerless.scopeOf({ url: '/flows?namespace=shop', headers, socket: {} } as never, 'list'),
    ).rejects.toThrow(/cannot be checked now/);
  }, 180_000);
});
