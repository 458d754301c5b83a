import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { defaultInput } from '../../../deploy/source/default-input.ts';
import { manifests } from '../../../deploy/source/manifests.ts';
import type { PlainMap } from '../../../deploy/source/plain.ts';
import { isSet, plainOf, valueAt } from '../../../deploy/source/plain-tree.ts';
import {
  byIdentity,
  componentNames,
  everyComponent,
  helmObjects,
  kustomizeObjects,
  lintChart,
  withoutHashes,
} from '../../support/deployment.ts';
import type { ApiObject } from '../../support/kubernetes-api.ts';
import { requires } from '../../support/requires.ts';

interface PodOwner {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: [{ readonly resources: object }] } };
  };
}

interface Policy {
  readonly spec: {
    readonly ingress?: readonly {
      readonly from: readonly object[];
      readonly ports: readonly { readonly port: number }[];
    }[];
  };
}

/** Values of a kind that the defaults do not have. */
const others = {
  namespaces: { create: false, aggregator: 'flows', agent: 'probes' },
  image: { digest: 'sha256:abc', pullSecrets: ['registry', 'mirror'] },
  commonLabels: { team: 'network', '8': 'yes' },
  agent: {
    stateOnHost: false,
    metricsPort: 9500,
    tolerations: [],
    maxUnavailable: 3,
    affinity: { nodeAffinity: {} },
    podAnnotations: { note: 'a: "b"' },
    podLabels: { tier: 'node' },
    extraArguments: ['--default', 'weir.loopback=true'],
    extraEnvironment: [{ name: 'TZ', value: 'UTC' }],
    extraVolumes: [{ name: 'token', secret: { secretName: 'token' } }],
    extraVolumeMounts: [{ name: 'token', mountPath: '/etc/weir/token' }],
    config: 'flowExporter:\n  flowPollInterval: "2s" # {{ not a template }}\n',
  },
  aggregator: {
    apiPort: 10_400,
    storage: { persistentVolumeClaim: { claimName: 'flows' } },
    service: { type: 'LoadBalancer', annotations: { 'example.org/internal': 'true' } },
    serviceAccountAnnotations: { 'example.org/role': 'reader' },
    resources: { limits: { cpu: 2 } },
    config: 'weir:\n  sinks: [history: { directory: /var/lib/weir/history }]\n',
  },
  networkPolicy: {
    enable: true,
    nodeRanges: ['192.0.2.0/24'],
    exporters: [{ namespaceSelector: { matchLabels: { a: 'b' } } }],
  },
  podMonitors: { enable: true, labels: { release: 'prometheus' } },
  metrics: { tokenSecret: 'scrapers' },
  serviceMonitors: { enable: true, interval: '30s', labels: { release: 'prometheus' } },
};

requires('deploy-tools')('the two renderings of the deployment', () => {
  it('are equal with default values, object for object', async () => {
    const [ours, theirs] = [withoutHashes(await kustomizeObjects()), withoutHashes(await helmObjects())];
    expect(byIdentity(theirs)).toEqual(byIdentity(ours));
    expect(ours.length).toBeGreaterThan(15);
  });

  it('are equal with every component', async () => {
    const ours = withoutHashes(await kustomizeObjects(componentNames));
    expect(byIdentity(withoutHashes(await helmObjects(everyComponent)))).toEqual(byIdentity(ours));
  });

  it('restart the agents when their file changes, and not the aggregator, which reads its own again', async () => {
    const before = podOwners(await helmObjects());
    const after = podOwners(await helmObjects({ agent: { config: { weir: { loopback: true } } } }));
    expect(before.map((owner) => after.includes(owner))).toEqual([false, true]);
    const others = podOwners(await helmObjects({ aggregator: { config: { clusterID: 'blue' } } }));
    expect(others).toEqual(before);
    const kustomized = podOwners(await kustomizeObjects()).join();
    expect(kustomized).toMatch(/"weir-agent-[a-z0-9]{10}"/);
    expect(kustomized).not.toMatch(/"flow-aggregator-[a-z0-9]{10}"/);
  });

  it('have in the chart what the source says, also with other values', async () => {
    const input = { ...defaultInput, values: merged(defaultInput.values, others as PlainMap) };
    const expected = manifests
      .filter(({ condition }) => condition === undefined || isSet(valueAt(input, condition)))
      .map(({ object }) => plainOf(object, input) as unknown as ApiObject);
    const rendered = await helmObjects(others);
    expect(byIdentity(withoutHashes(rendered))).toEqual(byIdentity(expected));
  });
});

const sinks = [{ jsonLines: { path: '/tmp/flows' } }, { history: { directory: '/var/lib/weir/history' } }];
const usual = { requests: { cpu: '200m', memory: '256Mi' }, limits: { memory: '1Gi' } };
const large = { requests: { cpu: '200m', memory: '640Mi' }, limits: { memory: '1536Mi' } };

requires('deploy-tools')('the memory of the aggregator', () => {
  it.each<[string, PlainMap, object]>([
    ['is that of flows without a history', { config: { weir: { sinks: sinks.slice(0, 1) } } }, usual],
    ['has room for questions with a history', { config: { weir: { sinks } } }, large],
    ['has it for a file as text, too', { config: stringify({ weir: { sinks } }) }, large],
    ['is that of flows if a comment names a history', { config: 'weir:\n  # sinks: [history: {}]\n' }, usual],
    ['is that of flows if the file is none', { config: 'weir: [' }, usual],
    [
      'is what the values say, whatever the file has',
      { config: { weir: { sinks } }, resources: { limits: { memory: '600Mi', cpu: 2 } } },
      { requests: usual.requests, limits: { memory: '600Mi', cpu: 2 } },
    ],
    [
      'has the request of the values, and the limit of a history',
      { config: { weir: { sinks } }, resources: { requests: { memory: '1Gi' } } },
      { requests: { cpu: '200m', memory: '1Gi' }, limits: large.limits },
    ],
  ])('%s', async (_, aggregator, expected) => {
    expect(aggregatorResources(await helmObjects({ aggregator }))).toEqual(expected);
  });

  it('is the same in an overlay of Kustomize with the patch of the documentation', async () => {
    const page = readFileSync(new URL('../../../docs/how-to/kubernetes.md', import.meta.url), 'utf8');
    const [, block] = /```yml\n(# kustomization\.yaml\npatches:\n[^`]*)```/.exec(page)!;
    expect(aggregatorResources(await kustomizeObjects([], parse(block!)))).toEqual(large);
  });
});

requires('deploy-tools')('the chart', () => {
  it('passes the linter of Helm', async () => {
    expect(await lintChart()).not.toMatch(/WARNING|ERROR/);
  });

  it.each([
    [{ agent: { config: { flowExporter: { flowPolInterval: '5s' } } } }, /flowPolInterval/],
    [{ agnt: { image: 'x' } }, /agnt/],
    [{ aggregator: { metricsPort: 99_999 } }, /65,?535/],
    [{ namespaces: { aggregator: 'Flows' } }, /namespaces\/aggregator/],
    [{ agent: { heapPercent: '50%' } }, /heapPercent/],
    [{ podMonitors: { interval: 'often' } }, /podMonitors\/interval/],
    [{ commonLabels: { tier: 1 } }, /commonLabels\/tier/],
    [{ agent: { podLabels: { 'app.kubernetes.io/component': 'x' } } }, /app\.kubernetes\.io\/component/],
  ])('refuses a wrong value: %j', async (values, refusal) => {
    await expect(helmObjects(values)).rejects.toThrow(refusal);
  });

  it('admits nobody, rather than everybody, where a list of its NetworkPolicy is empty', async () => {
    const portsFor = async (lists: object) => {
      const rendered = byIdentity(await helmObjects({ networkPolicy: { enable: true, ...lists } }));
      const { spec } = rendered['NetworkPolicy flow-aggregator/flow-aggregator'] as unknown as Policy;
      return (spec.ingress ?? []).flatMap(({ from, ports }) => {
        expect(from.length).toBeGreaterThan(0);
        return ports.map(({ port }) => port);
      });
    };
    expect(await portsFor({})).toEqual([4739, 4739, 10_348, 9464]);
    const exporters = [{ namespaceSelector: { matchLabels: { role: 'hosts' } } }];
    expect(await portsFor({ nodeRanges: [], exporters, apiClients: [] })).toEqual([4739, 4739, 9464]);
    expect(await portsFor({ nodeRanges: [], apiClients: [], metricsClients: [] })).toEqual([]);
  });

  it('accepts `global`, which Helm adds where the chart is part of another', async () => {
    expect((await helmObjects({ global: { zone: 'a' } })).length).toBeGreaterThan(15);
  });

  it('takes options of a file as values', async () => {
    const config = { flowExporter: { flowPollInterval: '2s' }, weir: { denied: { groups: [5] } } };
    const rendered = byIdentity(await helmObjects({ agent: { config } }));
    const { 'antrea-agent.conf': text } = dataOf(rendered['ConfigMap weir-agent/weir-agent']!);
    expect(parse(text!)).toEqual(config);
  });

  it('takes the two files of the reference system as they are', async () => {
    const seed = (name: string) =>
      readFileSync(new URL(`../../cli/config/seed/${name}`, import.meta.url), 'utf8');
    const texts = { agent: seed('antrea-agent.conf'), aggregator: seed('flow-aggregator.conf') };
    const values = { agent: { config: texts.agent }, aggregator: { config: texts.aggregator } };
    const rendered = byIdentity(await helmObjects(values));
    expect(dataOf(rendered['ConfigMap weir-agent/weir-agent']!)).toEqual({
      'antrea-agent.conf': texts.agent,
    });
    expect(dataOf(rendered['ConfigMap flow-aggregator/flow-aggregator']!)).toEqual({
      'flow-aggregator.conf': texts.aggregator,
    });
  });
});

function aggregatorResources(objects: readonly ApiObject[]): object {
  const deployment = byIdentity(objects)['Deployment flow-aggregator/flow-aggregator'];
  return (deployment as unknown as PodOwner).spec.template.spec.containers[0].resources;
}

/** The DaemonSet and the Deployment as text. */
const podOwners = (objects: readonly ApiObject[]): string[] =>
  objects
    .filter(({ kind }) => kind === 'DaemonSet' || kind === 'Deployment')
    .sort((one, other) => one.kind.localeCompare(other.kind))
    .map((owner) => JSON.stringify(owner));

const dataOf = (object: ApiObject) => object.data as Readonly<Record<string, string>>;

/** As Helm merges values: maps by their keys. Anything else replaces what was there. */
function merged(defaults: PlainMap, given: PlainMap): PlainMap {
  const isMap = (value: unknown): value is PlainMap =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const entries = Object.entries(given).map(([key, value]) => {
    const before = defaults[key];
    return [key, isMap(before) && isMap(value) ? merged(before, value) : value] as const;
  });
  return { ...defaults, ...Object.fromEntries(entries) };
}
