import {
  AccessReviewer,
  AUDIENCE,
  Guard,
  KubernetesReviews,
  ReviewDesk,
  TokenReviewer,
} from '../../src/api/index.ts';
import { KubernetesClient } from '../../src/kubernetes/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import type { Kubernetes } from './kubernetes.ts';

const RBAC = 'rbac.authorization.k8s.io/v1';

/** Asks a real API server who a caller is and what he may do, with a token of its own. */
export function guardOf(kubernetes: Kubernetes, token: string): Guard {
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

/** Makes the role for readers, as the deployment has it. */
export async function makeReaderRole({ admin }: Kubernetes): Promise<void> {
  await admin.create({
    ...{ apiVersion: RBAC, kind: 'ClusterRole', metadata: { name: 'weir-flow-reader' } },
    rules: [{ apiGroups: ['weir.dev'], resources: ['flows', 'flows/identity'], verbs: ['list', 'watch'] }],
  });
}

/** Makes a ServiceAccount that is named for its namespace, binds it, and returns its tokens by audience. */
export async function makeReader(kubernetes: Kubernetes, namespace: string, role: string | undefined) {
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
