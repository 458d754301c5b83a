import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configFileTexts, defaultInput } from '../../deploy/source/default-input.ts';
import { manifests } from '../../deploy/source/manifests.ts';
import type { PlainMap } from '../../deploy/source/plain.ts';
import { plainOf } from '../../deploy/source/plain-tree.ts';
import { loadAgentSettings, loadAggregatorSettings } from '../../src/cli/config/index.ts';
import { everyAddress } from '../../src/runtime/index.ts';

interface PodSpec {
  readonly containers: readonly [
    {
      readonly args: readonly string[];
      readonly env: readonly object[];
      readonly resources: object;
      readonly securityContext: object;
    },
  ];
  readonly volumes: readonly { readonly name: string; readonly hostPath?: object }[];
  readonly [key: string]: unknown;
}

const objectOf = (file: string) => {
  const manifest = manifests.find((one) => one.file === file)!;
  return plainOf(manifest.object, defaultInput) as { spec: { template: { spec: PodSpec } } };
};

const podOf = (file: string): PodSpec => objectOf(file).spec.template.spec;

/** The defaults in the arguments of a Pod, as Kubernetes hands them to the program. */
function defaultsIn({ containers: [{ args }] }: PodSpec, podIP: string): string[] {
  return args
    .filter((_, index) => args[index - 1] === '--default')
    .map((text) => text.replace('$(POD_IP)', podIP).replace('$(NODE_NAME)', 'node-1'));
}

const seed = (name: string) => readFileSync(new URL(`../cli/config/seed/${name}`, import.meta.url), 'utf8');

describe('the agents', () => {
  const pod = podOf('agent-daemon-set');

  it('have CAP_NET_ADMIN and no other privilege', () => {
    expect(pod.containers[0].securityContext).toEqual({
      runAsUser: 0,
      runAsGroup: 0,
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] },
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod).toMatchObject({ hostNetwork: true, priorityClassName: 'system-node-critical' });
    expect([pod.hostPID, pod.hostIPC]).toEqual([undefined, undefined]);
    expect(pod.volumes.filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name)).toEqual([
      'state',
    ]);
  });

  it.each([
    ['the file of the base', configFileTexts.agent],
    ['the file of the reference system', seed('antrea-agent.conf')],
  ])('start with %s: over TLS, under the name of their node, at the address of their Pod', (_, text) => {
    for (const address of ['192.0.2.7', '2001:db8::7']) {
      const { settings, notes } = loadAgentSettings(text, 'agent', defaultsIn(pod, address));
      expect(notes.filter(({ stops }) => stops)).toEqual([]);
      expect(settings).toMatchObject({
        collector: { host: 'flow-aggregator.flow-aggregator.svc', port: 4739, protocol: 'tls' },
        nodeName: 'node-1',
        track: true,
        stateDirectory: '/var/lib/weir/agent',
        metrics: { listen: { host: address, port: 9465 } },
      });
    }
  });
});

describe('the aggregator', () => {
  const pod = podOf('aggregator-deployment');

  it.each([
    ['the file of the base', configFileTexts.aggregator],
    ['the file of the reference system', seed('flow-aggregator.conf')],
  ])('starts with %s: over TLS, with metrics at the address of its Pod', (_, text) => {
    for (const address of ['10.244.1.9', 'fd00:10:244::9']) {
      const { settings, notes } = loadAggregatorSettings(text, 'aggregator', defaultsIn(pod, address));
      expect(notes.filter(({ stops }) => stops)).toEqual([]);
      expect(settings).toMatchObject({
        listen: [{ host: everyAddress(), port: 4739, protocol: 'tls' }],
        stateDirectory: '/var/lib/weir/aggregator',
        metrics: { listen: { host: address, port: 9464 } },
      });
    }
  });

  it('has no port on loopback, by which a port-forward would read all flows', () => {
    const defaults = defaultsIn(pod, '10.244.1.9');
    const { settings } = loadAggregatorSettings(configFileTexts.aggregator, 'aggregator', defaults);
    expect(settings.http.listen).toEqual({ socket: '/tmp/weir/http.sock' });
    expect(pod.containers[0].env).toContainEqual({ name: 'WEIR_SERVER', value: 'unix:/tmp/weir/http.sock' });
  });

  it('is one Pod that ends before the next starts, and writes to its volumes only', () => {
    const { spec } = objectOf('aggregator-deployment');
    expect(spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65_532 });
    expect(pod.containers[0].securityContext).toMatchObject({ readOnlyRootFilesystem: true });
    expect(pod.volumes.map(({ name }) => name)).toEqual(['config', 'state', 'tmp']);
  });

  it('has memory for two questions at a time if its file has a history', () => {
    const { values } = defaultInput;
    const config = 'weir:\n  sinks:\n    - history: { directory: /var/lib/weir/history }\n';
    const aggregator = { ...(values.aggregator as PlainMap), config };
    const { object } = manifests.find(({ file }) => file === 'aggregator-deployment')!;
    const deployment = plainOf(object, { ...defaultInput, values: { ...values, aggregator } });
    const memoryOf = (found: unknown) =>
      (found as { spec: { template: { spec: PodSpec } } }).spec.template.spec.containers[0].resources;
    expect(memoryOf(objectOf('aggregator-deployment'))).toMatchObject({ limits: { memory: '1Gi' } });
    expect(memoryOf(deployment)).toEqual({
      requests: { cpu: '200m', memory: '640Mi' },
      limits: { memory: '1536Mi' },
    });
  });
});

interface AnyObject {
  readonly kind: string;
  readonly metadata: { readonly namespace?: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: { readonly selector: { readonly matchLabels: object }; readonly ports?: readonly object[] };
}

describe('metrics with a token', () => {
  const { values } = defaultInput;
  const input = { ...defaultInput, values: { ...values, metrics: { tokenSecret: 'scrapers' } } };
  const rendered = (file: string) => plainOf(manifests.find((one) => one.file === file)!.object, input);

  it.each([
    ['agent', 'agent-daemon-set', loadAgentSettings],
    ['aggregator', 'aggregator-deployment', loadAggregatorSettings],
  ] as const)('are those of the %s: it mounts the token, and monitors show it', (part, file, load) => {
    const { spec } = (rendered(file) as unknown as { spec: { template: { spec: PodSpec } } }).spec.template;
    const secret = { secretName: 'scrapers', defaultMode: 0o440 };
    expect(spec.volumes).toContainEqual({ name: 'metrics-token', secret });
    const { settings } = load(configFileTexts[part], part, defaultsIn(spec, '10.244.1.9'));
    expect(settings.metrics).toMatchObject({ tokenFile: '/etc/weir/metrics-token/token' });
    expect(JSON.stringify(spec.containers[0])).toContain('"mountPath":"/etc/weir/metrics-token"');
    for (const monitor of ['pod', 'service'])
      expect(JSON.stringify(rendered(`${part}-${monitor}-monitor`))).toContain(
        '"authorization":{"credentials":{"name":"scrapers","key":"token"}}',
      );
  });

  it('are open by default', () => {
    expect(JSON.stringify(manifests.map(({ file }) => objectOf(file)))).not.toContain('metrics-token');
  });
});

describe('each ServiceMonitor', () => {
  const all = manifests.map(({ object }) => plainOf(object, defaultInput) as unknown as AnyObject);

  it.each(all.filter(({ kind }) => kind === 'ServiceMonitor'))(
    'selects one Service, whose port is that of the metrics',
    ({ metadata: { namespace, labels }, spec: { selector } }) => {
      const services = all.filter(
        (one) =>
          one.kind === 'Service' &&
          one.metadata.namespace === namespace &&
          Object.entries(selector.matchLabels).every(([key, value]) => one.metadata.labels[key] === value),
      );
      const port = labels['app.kubernetes.io/component'] === 'agent' ? 9465 : 9464;
      expect(services.map(({ spec: { ports } }) => ports)).toEqual([
        [{ name: 'metrics', port, targetPort: 'metrics', protocol: 'TCP' }],
      ]);
    },
  );
});
