import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Kubernetes, quietControllers, startKubernetes } from '../../support/kubernetes.ts';
import { Program } from '../../support/program.ts';
import { requires } from '../../support/requires.ts';
import { until } from '../../support/until.ts';

const configMap = (name: string, namespace: string, data: object) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data,
});

/** Running programs with this text in their command. */
function programsWith(text: string): string[] {
  const commands = readdirSync('/proc').map((pid) => {
    try {
      return /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
    } catch {
      return ''; // it has ended meanwhile
    }
  });
  return commands.filter((command) => command.includes(text));
}

requires('kubernetes', 'openssl')('a Kubernetes API for tests', () => {
  let kubernetes: Kubernetes;

  beforeAll(async () => {
    kubernetes = await startKubernetes({ controllers: quietControllers, users: { ada: ['readers'] } });
    await kubernetes.admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  });

  afterAll(() => kubernetes?.stop());

  it('says its version', async () => {
    const { gitVersion } = await kubernetes.admin.get<{ gitVersion: string }>('/version');
    expect(gitVersion).toBe('v1.36.3');
  });

  it('makes, applies, patches, lists and deletes objects', async () => {
    const { admin } = kubernetes;
    const made = await admin.create(configMap('prices', 'shop', { apple: '1' }));
    await admin.apply(configMap('prices', 'shop', { pear: '2' }));
    await admin.patch(made, { data: { plum: '3' } });
    const stored = await admin.list('/api/v1/namespaces/shop/configmaps');
    const prices = stored.find(({ metadata }) => metadata.name === 'prices');
    expect(prices).toMatchObject({
      data: { apple: '1', pear: '2', plum: '3' },
      metadata: { uid: made.metadata.uid },
    });
    await admin.delete(made);
    expect((await admin.send('GET', await admin.pathOf(made))).status).toBe(404);
  });

  it('refuses fields that it does not know', async () => {
    const typo = { ...configMap('typo', 'shop', {}), dta: { a: 'b' } };
    await expect(kubernetes.admin.create(typo)).rejects.toThrow('unknown field "dta"');
    await expect(kubernetes.admin.apply(typo)).rejects.toThrow('dta');
  });

  it('gives a user only the rights of its groups', async () => {
    const ada = kubernetes.as('ada');
    await expect(ada.list('/api/v1/namespaces/shop/pods')).rejects.toThrow('403');
    const rbac = 'rbac.authorization.k8s.io';
    const metadata = { name: 'pod-readers', namespace: 'shop' };
    await kubernetes.admin.create({
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }],
    });
    await kubernetes.admin.create({
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'pod-readers' },
      subjects: [{ apiGroup: rbac, kind: 'Group', name: 'readers' }],
    });
    await until(
      'the right',
      async () => (await ada.send('GET', '/api/v1/namespaces/shop/pods')).status === 200,
    );
    await expect(ada.list('/api/v1/namespaces/shop/secrets')).rejects.toThrow('403');
  });

  it('issues tokens of ServiceAccounts for an audience', async () => {
    const { admin } = kubernetes;
    await admin.create({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'robot', namespace: 'shop' },
    });
    const own = await admin.serviceAccountToken('shop', 'robot');
    const foreign = await admin.serviceAccountToken('shop', 'robot', { audiences: ['weir'] });
    const review = async (token: string, audiences?: string[]) => {
      const object = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token, audiences },
      };
      const path = '/apis/authentication.k8s.io/v1/tokenreviews';
      return (await admin.ask<{ status: object }>('POST', path, object)).status;
    };
    const user = { username: 'system:serviceaccount:shop:robot' };
    expect(await review(own)).toMatchObject({ authenticated: true, user });
    expect(await review(foreign, ['weir'])).toMatchObject({ authenticated: true, user, audiences: ['weir'] });
    expect(await review(foreign)).not.toHaveProperty('authenticated');
    expect((await kubernetes.withToken(own).send('GET', '/version')).status).toBe(200);
    expect((await kubernetes.withToken(foreign).send('GET', '/version')).status).toBe(401);
  });

  it('runs controllers: a Deployment gets its ReplicaSet and Pod, a Namespace its account', async () => {
    const { admin } = kubernetes;
    const labels = { app: 'till' };
    await admin.create({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'till', namespace: 'shop' },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'none' }] } },
      },
    });
    const pod = await until('the Pod', async () => (await admin.list('/api/v1/namespaces/shop/pods'))[0]);
    expect(pod.metadata).toMatchObject({ ownerReferences: [{ kind: 'ReplicaSet', controller: true }] });
    expect(pod.spec).toMatchObject({ serviceAccountName: 'default' });
  });

  it('keeps its objects while the API server is away', async () => {
    const { admin } = kubernetes;
    await admin.apply(configMap('kept', 'shop', { a: 'b' }));
    await kubernetes.stopApiServer();
    await expect(admin.list('/api/v1/pods')).rejects.toThrow(/ECONNREFUSED|ECONNRESET|socket hang up/);
    await kubernetes.startApiServer();
    expect(await admin.get('/api/v1/namespaces/shop/configmaps/kept')).toMatchObject({ data: { a: 'b' } });
  });

  it('ends together with the tests, also when they are killed', async () => {
    const support = new URL('../../support/kubernetes.ts', import.meta.url).href;
    const tests = new Program([
      ...[process.execPath, '--input-type=module-typescript', '--eval'],
      `const { startKubernetes } = await import('${support}');
       const { directory } = await startKubernetes();
       console.log('started in ' + directory.path);
       setInterval(() => {}, 1000);`,
    ]);
    const [, directory] = await tests.says(/started in (\S+)/);
    expect(programsWith(directory!)).toHaveLength(2);
    await tests.stop('SIGKILL');
    await until('the end of its programs', () => programsWith(directory!).length === 0);
    rmSync(directory!, { recursive: true });
  });

  it('writes a kubeconfig that others cannot read', () => {
    const path = kubernetes.kubeconfig('ada', kubernetes.tokenOf('ada'));
    expect(statSync(path).mode & 0o077).toBe(0);
    const { clusters, users } = JSON.parse(readFileSync(path, 'utf8'));
    expect(clusters[0].cluster.server).toBe(kubernetes.url);
    expect(users[0].user.token).toBe(kubernetes.tokenOf('ada'));
  });
});
