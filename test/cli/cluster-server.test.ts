import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { batchOf } from '../../src/flow/index.ts';
import { FileCertificate } from '../../src/http/index.ts';
import { Log, systemClock } from '../../src/runtime/index.ts';
import { GuardedServer } from '../api/guarded-server.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { TestAuthority } from '../support/test-authority.ts';
import { MadeUpCluster } from './made-up-cluster.ts';
import { startWeir } from './weir.ts';

vi.setConfig({ testTimeout: 120_000 }); // each start of the program takes seconds on a busy machine

let directory: TemporaryDirectory;
let aggregator: GuardedServer;
let cluster: MadeUpCluster;
let ca: string;

const portOf = ({ server }: GuardedServer) => Number(new URL(server.url).port);

/** An aggregator in a cluster, with a certificate for its Service. */
async function startCluster(isReady = true): Promise<void> {
  directory = new TemporaryDirectory();
  const authority = new TestAuthority(directory.path);
  const names = ['DNS:flow-aggregator.flow-aggregator.svc', 'IP:127.0.0.1'];
  const paths = authority.issue('aggregator', { names });
  ca = readFileSync(authority.caFile, 'utf8');
  const log = new Log(systemClock, () => {});
  const certificate = new FileCertificate(paths, { name: 'api', clock: systemClock, log });
  aggregator = await new GuardedServer({ https: { certificate, minVersion: 'VersionTLS12' } }).start();
  aggregator.know('reader', 'list flows shop', 'get /recordmetrics');
  const tokens = {
    'shop/weir-flow-reader': 'token-of-reader',
    'bank/teller': 'token-of-nobody',
  };
  cluster = await new MadeUpCluster({ ca, tokens, port: portOf(aggregator), isReady }).start();
  writeFileSync(directory.file('kubeconfig'), cluster.kubeconfig);
}

async function stopCluster(): Promise<void> {
  await cluster[Symbol.asyncDispose]();
  await aggregator[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
}

const run = (...words: string[]) =>
  startWeir([...words, '--context', 'production'], {
    environment: { KUBECONFIG: directory.file('kubeconfig') },
  }).ended;

requires('openssl')('weir with a context', () => {
  beforeEach(() => startCluster());
  afterEach(() => stopCluster());

  it('reaches the aggregator by a port-forward, with a token for Weir alone', async () => {
    aggregator.recent.write(batchOf([{ sourcePodNamespace: 'shop', sourcePodName: 'cart' }]));
    const { code, stdout, stderr } = await run('flows', '-o', 'json');
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({ sourcePodNamespace: 'shop', sourcePodName: 'cart' });
    const root = '/api/v1/namespaces/flow-aggregator';
    expect(cluster.asked).toEqual([
      [
        '/api/v1/namespaces/shop/serviceaccounts/weir-flow-reader/token',
        {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: { audiences: ['weir'], expirationSeconds: 3_600 },
        },
      ],
      `${root}/configmaps/flow-aggregator-ca`,
      `${root}/services/flow-aggregator`,
      `${root}/pods?labelSelector=app%3Dweir`,
      `${root}/pods/new/portforward?ports=10348`,
    ]);
  });

  it('reaches it directly where --server says', async () => {
    const { code, stdout, stderr } = await run(
      ...['get', 'recordmetrics', '-o', 'json'],
      ...['--server', `https://127.0.0.1:${portOf(aggregator)}`],
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ numRecordsReceived: 7 });
    expect(cluster.asked).toHaveLength(2);
  });

  it('asks as another ServiceAccount, and says what the aggregator refuses', async () => {
    const { code, stderr } = await run('flows', '--namespace', 'bank', '--service-account', 'bank/teller');
    expect(code).toBe(1);
    expect(stderr).toContain('flow-aggregator/new says 401: found no token for the audience "weir"');
  });

  it('says what the API server refuses', async () => {
    const { code, stderr } = await run('flows', '--service-account', 'nobody');
    expect(code).toBe(1);
    expect(stderr).toContain('serviceaccounts/token');
    const unnamed = await run('flows', '--aggregator', 'Flow Aggregator');
    expect(unnamed.code).toBe(2);
    expect(unnamed.stderr).toContain('--aggregator: expected NAMESPACE/NAME, found "Flow Aggregator"');
  });

  it('trusts no other authority than the published one, also at the end of a port-forward', async () => {
    const other = new TestAuthority(directory.path, 'other');
    await cluster[Symbol.asyncDispose]();
    const objects = { ca: readFileSync(other.caFile, 'utf8'), tokens: { 'shop/weir-flow-reader': 'a' } };
    cluster = await new MadeUpCluster({ ...objects, port: portOf(aggregator) }).start();
    writeFileSync(directory.file('kubeconfig'), cluster.kubeconfig);
    const { code, stderr } = await run('flows');
    expect(code).toBe(1);
    expect(stderr).toContain('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect(stderr).toContain('--ca-file');
    expect(aggregator.reviews.reviews).toBe(0);
  });
});

requires('openssl')('weir with a context whose aggregator is not ready', () => {
  beforeEach(() => startCluster(false));
  afterEach(() => stopCluster());

  it('says where to look', async () => {
    const { code, stderr } = await run('flows');
    expect(code).toBe(1);
    expect(stderr).toContain('Service flow-aggregator/flow-aggregator has no Pod that is ready');
  });
});
