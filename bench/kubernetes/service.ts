const time = '2026-01-01T00:00:00Z';

const metadataOf = (name: string, i: number, uid: string, labels: Record<string, string>) => ({
  name,
  namespace: `shop-${i % 50}`,
  uid: `${uid}-0000-4000-8000-${i.toString(16).padStart(12, '0')}`,
  resourceVersion: '1',
  creationTimestamp: time,
  labels,
  annotations: { 'checksum/config': '0123456789abcdef'.repeat(4) },
});

/** A Service with two ports, as the API server sends it: 1 KB. */
export function serviceJson(i: number): string {
  const address = `10.${96 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
  const portOf = (name: string, port: number) => ({ name, port, targetPort: port, protocol: 'TCP' });
  return JSON.stringify({
    metadata: metadataOf(`checkout-${i}`, i, '7f1c2d3e', { app: 'checkout' }),
    spec: {
      type: 'ClusterIP',
      clusterIP: address,
      clusterIPs: [address],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
      ports: [portOf('http', 80), portOf('metrics', 9_090)],
      selector: { app: 'checkout', instance: `${i}` },
      sessionAffinity: 'None',
    },
    status: { loadBalancer: {} },
  });
}

/** Ten endpoints of a headless Service, on as many nodes. */
export function headlessSliceJson(i: number): string {
  const service = `checkout-${i}-headless`;
  return JSON.stringify({
    metadata: metadataOf(`${service}-abcde`, i, '8f1c2d3e', {
      'kubernetes.io/service-name': service,
      'service.kubernetes.io/headless': '',
    }),
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8_080, protocol: 'TCP' }],
    endpoints: Array.from({ length: 10 }, (_, n) => ({
      addresses: [`10.${n}.${(i >> 8) & 255}.${i & 255}`],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: `node-${n}`,
      targetRef: { kind: 'Pod', name: `checkout-${n}`, namespace: `shop-${i % 50}`, uid: `uid-${i}-${n}` },
    })),
  });
}
