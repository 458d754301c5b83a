import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { batchOf } from '../../src/flow/index.ts';
import { requires } from '../support/requires.ts';
import { TestAuthority } from '../support/test-authority.ts';
import { ClusteredAggregator } from './clustered-aggregator.ts';

let aggregator: ClusteredAggregator;

const run = (...words: string[]) => aggregator.weir(...words).ended;

requires('openssl')('weir with a context', () => {
  beforeEach(async () => {
    aggregator = await new ClusteredAggregator().start();
  });
  afterEach(() => aggregator[Symbol.asyncDispose]());

  it('reaches the aggregator by a port-forward, with a token for Weir alone', async () => {
    aggregator.server.recent.write(batchOf([{ sourcePodNamespace: 'shop', sourcePodName: 'cart' }]));
    const { code, stdout, stderr } = await run('flows', '-o', 'json');
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({ sourcePodNamespace: 'shop', sourcePodName: 'cart' });
    const root = '/api/v1/namespaces/flow-aggregator';
    expect(aggregator.asked).toEqual([
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
      ...['--server', `https://127.0.0.1:${aggregator.port}`],
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ numRecordsReceived: 7 });
    expect(aggregator.asked).toHaveLength(2);
  });

  it('asks as another ServiceAccount, and says what the aggregator refuses', async () => {
    const { code, stderr } = await run('flows', '--namespace', 'bank', '--service-account', 'bank/teller');
    expect(code).toBe(1);
    expect(stderr).toContain('flow-aggregator/new says 401: found no token for the audience "weir"');
  });

  it('says what the API server refuses', async () => {
    const { code, stderr } = await run('flows', '--service-account', 'nobody');
    expect(code).toBe(1);
    expect(stderr.match(/serviceaccounts\/token/g)).toHaveLength(1);
    expect(stderr).toContain('kubectl -n shop create serviceaccount nobody');
    const elsewhere = await run('flows', '--aggregator', 'flow/aggregator');
    expect(elsewhere.stderr).toMatch(/cannot get .* in namespace flow .*\n.*--aggregator NAMESPACE\/NAME/);
    const unnamed = await run('flows', '--aggregator', 'Flow Aggregator');
    expect(unnamed.code).toBe(2);
    expect(unnamed.stderr).toContain('--aggregator: expected NAMESPACE/NAME, found "Flow Aggregator"');
  });

  it('trusts no other authority than the published one, also at the end of a port-forward', async () => {
    const other = new TestAuthority(aggregator.directory.path, 'other');
    await aggregator.publish(readFileSync(other.caFile, 'utf8'));
    const { code, stderr } = await run('flows');
    expect(code).toBe(1);
    expect(stderr).toContain('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect(stderr).toContain('--ca-file');
    expect(aggregator.server.reviews.reviews).toBe(0);
  });
});

requires('openssl')('weir with a context whose aggregator is not ready', () => {
  beforeEach(async () => {
    aggregator = await new ClusteredAggregator().start(false);
  });
  afterEach(() => aggregator[Symbol.asyncDispose]());

  it('says where to look', async () => {
    const { code, stderr } = await run('flows');
    expect(code).toBe(1);
    expect(stderr).toContain('Service flow-aggregator/flow-aggregator has no Pod that is ready');
  });
});
