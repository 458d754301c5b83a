import { describe, expect, it } from 'vitest';
import { Protocol } from '../../../src/flow/index.ts';
import type { EndpointSliceObject } from '../../../src/kubernetes/names/endpoint-slice-object.ts';
import { threadTimeMs } from '../../support/thread-time.ts';
import { BEGUN, type MadeService, madePod, madeService, madeSlice, wordsOf } from './made-objects.ts';
import { TestCluster } from './test-cluster.ts';

/** The name of what a connection asks for. */
function serviceAt(
  cluster: TestCluster,
  address: string,
  port: number,
  protocol: number = Protocol.tcp,
  timeMs = cluster.clock.now(),
) {
  return cluster.names.services.find(wordsOf(address), 0, protocol, port, timeMs)?.text.text;
}

const dns: MadeService = {
  name: 'dns',
  clusterIPs: ['10.96.0.53', 'fd00:10:96::53'],
  ports: [
    { name: 'udp', protocol: 'UDP', port: 53 },
    { name: 'tcp', protocol: 'TCP', port: 53 },
  ],
};

describe('a Service', () => {
  it('is found by cluster address of each family, protocol and port', () => {
    const cluster = new TestCluster();
    cluster.set(madeService(dns));
    expect(serviceAt(cluster, '10.96.0.53', 53, Protocol.udp)).toBe('shop/dns:udp');
    expect(serviceAt(cluster, '10.96.0.53', 53, Protocol.tcp)).toBe('shop/dns:tcp');
    expect(serviceAt(cluster, 'fd00:10:96::53', 53, Protocol.udp)).toBe('shop/dns:udp');
    expect(serviceAt(cluster, '10.96.0.53', 54, Protocol.udp)).toBeUndefined();
    expect(serviceAt(cluster, '10.96.0.53', 53, Protocol.sctp)).toBeUndefined();
  });

  it('is found by external addresses and those of a balancer, but for one that is a proxy or a name', () => {
    const cluster = new TestCluster();
    cluster.set(
      madeService({
        externalIPs: ['198.51.100.7'],
        ingress: [
          { ip: '203.0.113.7', ipMode: 'VIP' },
          { ip: '203.0.113.8', ipMode: 'Proxy' },
          { hostname: 'x.example' },
        ],
      }),
    );
    expect(serviceAt(cluster, '198.51.100.7', 80)).toBe('shop/web:http');
    expect(serviceAt(cluster, '203.0.113.7', 80)).toBe('shop/web:http');
    expect(serviceAt(cluster, '203.0.113.8', 80)).toBeUndefined();
  });

  it('is found by its port on nodes, and an unnamed port is not in its name', () => {
    const cluster = new TestCluster();
    cluster.set(madeService({ ports: [{ port: 80, nodePort: 30_080 }] }));
    const { services } = cluster.names;
    expect(services.findNodePort(Protocol.tcp, 30_080, cluster.clock.now())?.text.text).toBe('shop/web');
    expect(services.findNodePort(Protocol.udp, 30_080, cluster.clock.now())).toBeUndefined();
  });

  it('that is deleted keeps its name for a day of records of flows that began before', () => {
    const cluster = new TestCluster();
    void cluster.names.start();
    const service = madeService();
    cluster.set(service);
    cluster.clock.advance(60_000);
    cluster.delete(service);
    cluster.set(madeService({ name: 'next', createdMs: BEGUN + 60_000 }));
    cluster.clock.advance(3_600_000);
    expect(serviceAt(cluster, '10.96.0.10', 80, Protocol.tcp, BEGUN + 30_000)).toBe('shop/web:http');
    expect(serviceAt(cluster, '10.96.0.10', 80)).toBe('shop/next:http');
    cluster.clock.advance(24 * 3_600_000);
    expect(serviceAt(cluster, '10.96.0.10', 80, Protocol.tcp, BEGUN + 30_000)).toBeUndefined();
  });

  it('that changes its ports and addresses has each in its time', () => {
    const cluster = new TestCluster();
    cluster.set(madeService());
    cluster.clock.advance(60_000);
    cluster.set(madeService({ ports: [{ name: 'https', port: 443 }] }));
    cluster.clock.advance(60_000);
    expect(serviceAt(cluster, '10.96.0.10', 80, Protocol.tcp, BEGUN + 30_000)).toBe('shop/web:http');
    expect(serviceAt(cluster, '10.96.0.10', 80)).toBeUndefined();
    expect(serviceAt(cluster, '10.96.0.10', 443)).toBe('shop/web:https');
  });

  it('that a full list lacks has been deleted', () => {
    const cluster = new TestCluster();
    cluster.set(madeService());
    cluster.list('services', []);
    cluster.clock.advance(10_000);
    expect(serviceAt(cluster, '10.96.0.10', 80)).toBeUndefined();
    expect(cluster.names.services.size).toBe(0);
  });
});

describe('a headless Service', () => {
  const pod = { name: 'db-0', addresses: ['10.244.1.5'] };

  function inferred(cluster: TestCluster, port: number, timeMs = cluster.clock.now(), subdomain = '') {
    const object = cluster.names.followed
      .find(({ reflected }) => reflected.kind.plural === 'pods')!
      .reflected.slim(madePod({ ...pod, subdomain })) as Parameters<typeof cluster.names.headless.find>[0];
    return cluster.names.headless.find(object, Protocol.tcp, port, timeMs)?.text;
  }

  it('is inferred from an endpoint and its port', () => {
    const cluster = new TestCluster();
    cluster.set(madeSlice({ endpoints: [{ podUid: 'uid-db-0' }] }));
    expect(inferred(cluster, 5432)).toBe('shop/db:sql');
    expect(inferred(cluster, 5433)).toBeUndefined();
  });

  it('is the one of the StatefulSet when several have the endpoint, else the first by name', () => {
    const cluster = new TestCluster();
    const endpoints = [{ podUid: 'uid-db-0' }];
    cluster.set(madeSlice({ service: 'db', endpoints }), madeSlice({ service: 'all', endpoints }));
    expect(inferred(cluster, 5432)).toBe('shop/all:sql');
    expect(inferred(cluster, 5432, undefined, 'db')).toBe('shop/db:sql');
  });

  it('has the endpoints of all its slices, and of one that is in two slices until both lack it', () => {
    const cluster = new TestCluster();
    const slices = ['db-1', 'db-2'].map((name) => madeSlice({ name, endpoints: [{ podUid: 'uid-db-0' }] }));
    cluster.set(...slices);
    cluster.delete(slices[0]!);
    expect(inferred(cluster, 5432)).toBe('shop/db:sql');
    cluster.set(madeSlice({ name: 'db-2', endpoints: [] }));
    expect(inferred(cluster, 5432)).toBeUndefined();
    expect(inferred(cluster, 5432, cluster.clock.now() - 1_000)).toBe('shop/db:sql');
    void cluster.names.start();
    cluster.clock.advance(400_000);
    expect(inferred(cluster, 5432, BEGUN)).toBeUndefined();
  });

  it('costs about the same for each slice, however many slices have the Pod', () => {
    const endpoints = [{ podUid: 'uid-db-0' }];
    const timeOf = (count: number) => {
      const { headless, followed } = new TestCluster().names;
      const { slim } = followed.find(
        ({ reflected }) => reflected.kind.plural === 'endpointslices',
      )!.reflected;
      const slices = Array.from({ length: count }, (_, n) => slim(madeSlice({ name: `db-${n}`, endpoints })));
      const before = threadTimeMs();
      for (const slice of slices) headless.upsert(slice as EndpointSliceObject);
      return threadTimeMs() - before;
    };
    const few = Math.min(...[1, 2, 3].map(() => timeOf(2_000)));
    expect(timeOf(32_000) / few).toBeLessThan(64); // 16 times as many; their square is 256
  });

  it('is no Service with an address of its own', () => {
    const cluster = new TestCluster();
    const slice = madeSlice({ isHeadless: false, endpoints: [{ podUid: 'uid-db-0' }] });
    expect(() => cluster.set(slice)).toThrow('expected an object');
    expect(inferred(cluster, 5432)).toBeUndefined();
  });
});
