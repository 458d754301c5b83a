/** A Pod as the API server sends it: 3.3 KB of JSON, most of which nobody needs for names. */
export function podJson(i: number): string {
  const name = `checkout-7d9c6b5f4-${i.toString(36).padStart(5, '0')}`;
  const uid = `6f1c2d3e-0000-4000-8000-${i.toString(16).padStart(12, '0')}`;
  const address = `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
  const time = '2026-01-01T00:00:00Z';
  const fieldsOf = (manager: string) => ({
    manager,
    operation: 'Update',
    apiVersion: 'v1',
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: {
      'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
      'f:spec': {
        'f:containers': { 'k:{"name":"app"}': { '.': {}, 'f:image': {}, 'f:ports': {}, 'f:resources': {} } },
      },
    },
  });
  const conditions = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];
  return JSON.stringify({
    metadata: {
      name,
      generateName: 'checkout-7d9c6b5f4-',
      namespace: `shop-${i % 50}`,
      uid,
      resourceVersion: '1',
      creationTimestamp: time,
      labels: { app: 'checkout', 'pod-template-hash': '7d9c6b5f4', 'app.kubernetes.io/part-of': 'shop' },
      annotations: { 'checksum/config': '0123456789abcdef'.repeat(4) },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: 'checkout-7d9c6b5f4',
          uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
      managedFields: [fieldsOf('kube-controller-manager'), fieldsOf('kubelet')],
    },
    spec: {
      volumes: [
        {
          name: 'kube-api-access',
          projected: {
            sources: [{ serviceAccountToken: { expirationSeconds: 3607, path: 'token' } }],
            defaultMode: 420,
          },
        },
      ],
      containers: [
        {
          name: 'app',
          image: `registry.example/shop/checkout@sha256:${'0123456789abcdef'.repeat(4)}`,
          ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
          env: Array.from({ length: 8 }, (_, n) => ({
            name: `SETTING_${n}`,
            value: `value of setting ${n}`,
          })),
          resources: { limits: { cpu: '1', memory: '512Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
          livenessProbe: { httpGet: { path: '/healthz', port: 8080, scheme: 'HTTP' }, periodSeconds: 10 },
        },
      ],
      restartPolicy: 'Always',
      serviceAccountName: 'checkout',
      nodeName: `node-${i % 1_000}`,
      tolerations: [
        {
          key: 'node.kubernetes.io/not-ready',
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: 300,
        },
      ],
    },
    status: {
      phase: 'Running',
      conditions: conditions.map((type) => ({
        type,
        status: 'True',
        lastProbeTime: null,
        lastTransitionTime: time,
      })),
      hostIP: '192.168.0.1',
      podIP: address,
      podIPs: [{ ip: address }],
      startTime: time,
      containerStatuses: [
        {
          name: 'app',
          state: { running: { startedAt: time } },
          ready: true,
          restartCount: 0,
          image: 'checkout',
          containerID: `containerd://${'0123456789abcdef'.repeat(4)}`,
          started: true,
        },
      ],
      qosClass: 'Burstable',
    },
  });
}
