import { afterAll, beforeAll, expect, it } from 'vitest';
import { componentNames, everyComponent, helmObjects, kustomizeObjects } from '../../support/deployment.ts';
import { type Kubernetes, quietControllers, startKubernetes } from '../../support/kubernetes.ts';
import type { ApiObject } from '../../support/kubernetes-api.ts';
import { requires } from '../../support/requires.ts';
import { until } from '../../support/until.ts';

/*
 * The deployment in a real API server. It accepts every object and every field, admits the Pods, and gives
 * each ServiceAccount the rights that it needs and no other.
 */

const agentNamespace = 'weir-agent';
const aggregatorNamespace = 'flow-aggregator';

/** Kinds of the Prometheus operator, with any fields. */
const monitoringKinds = ['PodMonitor', 'ServiceMonitor', 'PrometheusRule'].map((kind): ApiObject => {
  const plural = `${kind.toLowerCase()}s`;
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.monitoring.coreos.com` },
    spec: {
      group: 'monitoring.coreos.com',
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
});

interface Account {
  readonly namespace: string;
  readonly name: string;
}

const agent: Account = { namespace: agentNamespace, name: 'weir-agent' };
const aggregator: Account = { namespace: aggregatorNamespace, name: 'flow-aggregator' };

/** What is asked: a verb on a resource, in a namespace or in all, of a name or of all. */
type Right = string;

const rightText = (verb: string, resource: string, namespace = '', name = ''): Right =>
  `${verb} ${resource}${name && ` ${name}`}${namespace && ` in ${namespace}`}`;

const watched = (resources: readonly string[], namespaces: readonly string[], name?: string): Right[] =>
  resources.flatMap((resource) =>
    ['get', 'list', 'watch'].flatMap((verb) =>
      namespaces.map((namespace) => rightText(verb, resource, namespace, name)),
    ),
  );

/** A right on one object: verb and resource, and its name. */
const namedObject = /^(\S+ \S+) (?!in )\S+/;

/** Cluster-wide, and in four namespaces. */
const scopes = ['', 'default', 'kube-system', agentNamespace, aggregatorNamespace];

const needs = {
  agent: [
    ...watched(['pods', 'services', 'endpointslices.discovery.k8s.io'], scopes),
    ...watched(['configmaps'], [aggregatorNamespace], 'flow-aggregator-ca'),
    ...watched(['secrets'], [aggregatorNamespace], 'flow-aggregator-client-tls'),
  ],
  aggregator: [
    ...watched(['pods', 'services', 'events', 'endpointslices.discovery.k8s.io'], scopes),
    ...watched(
      ['replicasets', 'deployments', 'statefulsets', 'daemonsets'].map((kind) => `${kind}.apps`),
      scopes,
    ),
    ...watched(['jobs.batch'], scopes),
    ...watched(['nodes', 'namespaces'], ['']),
    rightText('create', 'tokenreviews.authentication.k8s.io'),
    rightText('create', 'subjectaccessreviews.authorization.k8s.io'),
    ...(
      [
        ['configmaps', 'flow-aggregator-ca'],
        ['secrets', 'flow-aggregator-ca-tls'],
        ['secrets', 'flow-aggregator-client-tls'],
      ] as const
    ).flatMap(([resource, name]) => [
      ...watched([resource], [aggregatorNamespace], name),
      rightText('update', resource, aggregatorNamespace, name),
    ]),
  ],
};

requires(
  'kubernetes',
  'openssl',
  'deploy-tools',
)('the deployment in a cluster', () => {
  let kubernetes: Kubernetes;

  beforeAll(async () => {
    const controllers = [...quietControllers, 'resourcequota-controller', 'daemonset-controller'];
    kubernetes = await startKubernetes({ controllers });
    const metadata = { name: 'node-1', labels: { 'kubernetes.io/os': 'linux' } };
    await kubernetes.admin.create({ apiVersion: 'v1', kind: 'Node', metadata });
    await applyAll(await kustomizeObjects());
  });

  afterAll(() => kubernetes?.stop());

  /** Strict: fields that the server does not know are an error. */
  async function applyAll(objects: readonly ApiObject[]): Promise<ApiObject[]> {
    const stored: ApiObject[] = [];
    for (const object of objects) stored.push(await kubernetes.admin.apply(object));
    return stored;
  }

  const podsIn = (namespace: string) => kubernetes.admin.list(`/api/v1/namespaces/${namespace}/pods`);

  it('is accepted without the kinds of the Prometheus operator, and with them as a whole', async () => {
    await expect(applyAll(await kustomizeObjects(['pod-monitors']))).rejects.toThrow('monitoring.coreos.com');
    await applyAll(monitoringKinds);
    await until('the new kinds', async () => {
      const answer = await kubernetes.admin.send('GET', '/apis/monitoring.coreos.com/v1');
      const kinds = ['PrometheusRule', 'PodMonitor', 'ServiceMonitor'];
      return answer.status === 200 && kinds.every((kind) => answer.body.includes(`"${kind}"`));
    });
    expect((await applyAll(await kustomizeObjects(componentNames))).length).toBeGreaterThan(40);
  });

  it('is accepted as Helm renders it, also over what Kustomize rendered', async () => {
    expect((await applyAll(await helmObjects(everyComponent))).length).toBeGreaterThan(40);
  });

  it('runs an agent on a node and one aggregator, in namespaces that admit just them', async () => {
    for (const { namespace } of [agent, aggregator]) {
      const firstPod = async () => (await podsIn(namespace))[0];
      const pod = await until(`a Pod in ${namespace}`, firstPod);
      expect(pod.spec).toMatchObject({ priority: expect.any(Number), enableServiceLinks: false });
    }
    const [agentPod] = await podsIn(agentNamespace);
    const { spec } = agentPod as unknown as { spec: object };
    const elsewhere = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'intruder', namespace: aggregatorNamespace },
      spec: { ...spec, serviceAccountName: 'default', serviceAccount: 'default' },
    };
    const refusal = /violates PodSecurity "restricted:latest": host namespaces.*NET_ADMIN/;
    await expect(kubernetes.admin.create(elsewhere)).rejects.toThrow(refusal);
  });

  it.each([
    ['agent', agent],
    ['aggregator', aggregator],
  ] as const)(
    'gives the %s every right that it needs, and refuses every other one',
    async (kind, account) => {
      const everybody = new Set(await rightsOf({ namespace: 'default', name: 'default' }));
      const own = (await rightsOf(account)).filter((right) => !everybody.has(right));
      expect(own.sort()).toEqual([...new Set(needs[kind])].sort());
    },
  );

  /** All rights of an account: each verb on each resource that the server has, asked one by one. */
  async function rightsOf(account: Account): Promise<Right[]> {
    const resources = await resourcesOfServer();
    const questions = resources.flatMap((resource) => questionsAbout(resource));
    expect(questions.length).toBeGreaterThan(1_500);
    const rights: Right[] = [];
    for (let index = 0; index < questions.length; index += 50) {
      const some = questions.slice(index, index + 50);
      const answers = await Promise.all(some.map((question) => isAllowed(account, question)));
      rights.push(...some.filter((_, at) => answers[at]).map((question) => question.text));
    }
    // who may read all of a kind may read each by its name
    const isImplied = (right: Right) => rights.includes(right.replace(namedObject, '$1'));
    return rights.filter((right) => !namedObject.test(right) || !isImplied(right));
  }

  async function isAllowed({ namespace, name }: Account, { attributes }: Question): Promise<boolean> {
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: `system:serviceaccount:${namespace}:${name}`,
        groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
        resourceAttributes: attributes,
      },
    };
    const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    const { status } = await kubernetes.admin.ask<{ status: { allowed: boolean } }>('POST', path, review);
    return status.allowed;
  }

  async function resourcesOfServer(): Promise<Resource[]> {
    const { groups } = await kubernetes.admin.get<{
      groups: { preferredVersion: { groupVersion: string } }[];
    }>('/apis');
    const paths = [
      '/api/v1',
      ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`),
    ];
    const lists = await Promise.all(
      paths.map(async (path) => {
        const group = path === '/api/v1' ? '' : path.split('/')[2]!;
        const { resources } = await kubernetes.admin.get<{ resources: Omit<Resource, 'group'>[] }>(path);
        return resources.map((resource) => ({ ...resource, group }));
      }),
    );
    return lists.flat();
  }
});

interface Resource {
  readonly group: string;
  /** With its subresource: pods/log. */
  readonly name: string;
  readonly namespaced: boolean;
}

interface Question {
  readonly text: Right;
  readonly attributes: object;
}

const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];

/** Objects that are asked about by name, the last of each being somebody else's. */
const namesOf: Readonly<Record<string, readonly string[]>> = {
  secrets: ['flow-aggregator-ca-tls', 'flow-aggregator-client-tls', 'other'],
  configmaps: ['flow-aggregator-ca', 'other'],
  namespaces: ['kube-system', 'default'],
};

function questionsAbout({ group, name: full, namespaced }: Resource): Question[] {
  const [resource, subresource] = full.split('/');
  const title = `${resource}${group && `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
  const places = namespaced ? scopes : [''];
  const named = group === '' && subresource === undefined ? (namesOf[resource!] ?? []) : [];
  return verbs.flatMap((verb) =>
    places.flatMap((namespace) =>
      [undefined, ...named].map((name) => ({
        text: rightText(verb, title, namespace, name),
        attributes: { verb, group, resource, subresource, namespace, name },
      })),
    ),
  );
}
