import { describe, expect, it } from 'vitest';
import type { KubernetesObject, ResourceAddress } from '../../../src/kubernetes/client/index.ts';
import { ServiceAddresses } from '../../../src/kubernetes/identity/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/ipfix.ts';

interface Cluster {
  service?: unknown;
  slices?: unknown[];
}

const ipfix = { name: 'ipfix', port: 4739, protocol: 'TCP' };
const service = {
  ports: [{ ...ipfix, port: 4738, name: 'other' }, ipfix],
  clusterIPs: ['10.96.0.9', 'fd00::9'],
};
const ready = (...addresses: string[]) =>
  addresses.map((address) => ({ addresses: [address], conditions: { ready: true } }));
const slice = (endpoints: unknown[], port: unknown = ipfix) => ({ endpoints, ports: [port] });

function setUp(cluster: Cluster, nodeName = 'node-a') {
  const clock = new FakeClock();
  const { log, lines } = keptLog(clock);
  const asked: unknown[] = [];
  const object = (fields: object): KubernetesObject => ({ metadata: { name: 'flow-aggregator' }, ...fields });
  const addresses = new ServiceAddresses({
    client: {
      get: async ({ namespace, name }: ResourceAddress) => {
        if (cluster.service === undefined) throw new Error('no answer of the API server');
        asked.push(`${namespace}/${name}`);
        return object({ spec: cluster.service });
      },
      list: async (_, { query } = {}) => {
        asked.push(query);
        return (cluster.slices ?? []).map((one) => object(one as object));
      },
    },
    namespace: 'weir',
    name: 'flow-aggregator',
    port: { number: 4739, protocol: 'TCP' },
    nodeName,
    otherwise: async () => ['10.96.0.1'],
    clock,
    log,
  });
  return { addresses, asked, lines };
}

describe('the addresses of a Service', () => {
  it('are those of its ready endpoints, in all slices and families', async () => {
    const slices = [
      slice([...ready('10.0.0.1', '10.0.0.2'), { addresses: ['10.0.0.3'], conditions: { ready: false } }]),
      slice([{ addresses: ['fd00::1'] }, ...ready('10.0.0.1')]),
      slice(ready('10.0.0.4'), { ...ipfix, name: 'other' }),
    ];
    const { addresses, asked } = setUp({ service, slices });
    expect((await addresses.find()).toSorted()).toEqual(['10.0.0.1', '10.0.0.2', 'fd00::1']);
    expect(asked).toEqual([
      'weir/flow-aggregator',
      { labelSelector: 'kubernetes.io/service-name=flow-aggregator' },
    ]);
  });

  it('come in one order for a node, and in different orders for different nodes', async () => {
    const slices = [slice(ready('10.0.0.1', '10.0.0.2', '10.0.0.3'))];
    const nodes = Array.from({ length: 300 }, (_, index) => `node-${index}`);
    const firsts = new Map<string, number>();
    for (const node of nodes) {
      const { addresses } = setUp({ service, slices }, node);
      const [first] = await addresses.find();
      expect((await addresses.find())[0]).toBe(first);
      firsts.set(first!, (firsts.get(first!) ?? 0) + 1);
    }
    expect(firsts.size).toBe(3);
    for (const count of firsts.values()) expect(count).toBeGreaterThan(60);
  });

  it("are the Service's own where endpoints have another port", async () => {
    const { addresses } = setUp({ service, slices: [slice(ready('10.0.0.1'), { ...ipfix, port: 14739 })] });
    expect(await addresses.find()).toEqual(['10.96.0.9', 'fd00::9']);
  });

  it.each<[string, Cluster, string]>([
    ['no ready endpoint', { service, slices: [slice([])] }, 'has no ready endpoint'],
    [
      'no such port',
      { service: { ports: [{ ...ipfix, port: 80 }] } },
      'has no port 4739/TCP; its ports are 80/TCP',
    ],
    ['no port', { service: {} }, 'has no port 4739/TCP; its ports are none'],
    [
      'nothing that can be read',
      { service: { ports: [null, 7, 'x'] }, slices: [{ endpoints: 7 }] },
      'has no port',
    ],
    [
      'another port and no address',
      {
        service: { ...service, clusterIPs: ['None'] },
        slices: [slice(ready('10.0.0.1'), { ...ipfix, port: 5 })],
      },
      'is headless, and its endpoints have another port than 4739',
    ],
  ])('are missing when it has %s', async (_, cluster, expected) => {
    await expect(setUp(cluster).addresses.find()).rejects.toThrow(
      expect.objectContaining({
        code: 'WEIR_SERVICE_ADDRESS',
        message: expect.stringContaining(`Service flow-aggregator in namespace weir ${expected}`),
      }),
    );
  });

  it('come from DNS while the API server does not answer', async () => {
    const { addresses, lines } = setUp({});
    expect(await addresses.find()).toEqual(['10.96.0.1']);
    expect(lines.at(-1)).toContain(
      'finds weir/flow-aggregator by DNS, because the API server does not tell: no answer of the API server',
    );
  });

  it('are bounded in number', async () => {
    const many = Array.from({ length: 1_000 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
    const { addresses } = setUp({ service, slices: [slice(ready(...many))] });
    expect(await addresses.find()).toHaveLength(64);
  });
});
