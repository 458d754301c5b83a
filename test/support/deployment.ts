import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { serverProgram } from './built-servers.ts';
import type { ApiObject } from './kubernetes-api.ts';
import { Program } from './program.ts';
import { TemporaryDirectory } from './temporary-directory.ts';

/* The objects of deploy/ as Kustomize and Helm themselves render them. Tests require('deploy-tools'). */

const deploy = join(import.meta.dirname, '../../deploy');
const chart = join(deploy, 'helm/weir');

/** The components of Kustomize, and the values of the chart that mean the same. */
export const components = {
  'network-policy': { networkPolicy: { enable: true } },
  'pod-monitors': { podMonitors: { enable: true } },
  'service-monitors': { serviceMonitors: { enable: true } },
  'prometheus-rules': { prometheusRules: { enable: true } },
  dashboards: { dashboards: { enable: true } },
} as const;

export type ComponentName = keyof typeof components;

export const componentNames = Object.keys(components) as ComponentName[];

/** All components, as values of the chart. */
export const everyComponent: object = Object.assign({}, ...Object.values(components));

/** The base with components and further parts of an overlay, by Kustomize. */
export async function kustomizeObjects(
  names: readonly ComponentName[] = [],
  more: object = {},
): Promise<ApiObject[]> {
  using overlay = new TemporaryDirectory();
  const place = (path: string) => relative(overlay.path, join(deploy, 'kustomize', path));
  const kustomization = {
    resources: [place('base')],
    components: names.map((name) => place(`components/${name}`)),
    ...more,
  };
  writeFileSync(overlay.file('kustomization.yaml'), JSON.stringify(kustomization));
  return objectsIn(await runTool('build', overlay.path));
}

/** The chart with these values, by Helm. @throws {Error} with the words of Helm when it refuses them */
export async function helmObjects(values: object = {}): Promise<ApiObject[]> {
  using directory = new TemporaryDirectory();
  writeFileSync(directory.file('values.json'), JSON.stringify(values));
  return objectsIn(await runTool('template', chart, directory.file('values.json')));
}

/** What the linter of Helm prints of the chart. @throws {Error} when it is not content */
export const lintChart = (): Promise<string> => runTool('lint', chart);

const runTool = (...words: string[]): Promise<string> =>
  new Program([serverProgram('deploy-tools'), ...words]).succeeds();

const objectsIn = (text: string): ApiObject[] =>
  parseAllDocuments(text)
    .map((document) => document.toJS() as ApiObject | null)
    .filter((object) => object !== null);

/** Objects by kind, namespace and name, for comparisons. */
export function byIdentity(objects: readonly ApiObject[]): Record<string, ApiObject> {
  const entries = objects.map(({ kind, metadata, ...rest }) => {
    const { namespace = '', name } = metadata;
    return [`${kind} ${namespace}/${name}`, { kind, metadata, ...rest } as ApiObject] as const;
  });
  if (new Set(entries.map(([identity]) => identity)).size < entries.length)
    throw new Error('an object twice');
  return Object.fromEntries(entries);
}

/**
 * Objects without the two ways in which a changed file restarts the agents. Kustomize puts a hash into the
 * name of the ConfigMap, Helm an annotation into the Pod.
 */
export function withoutHashes(objects: readonly ApiObject[]): ApiObject[] {
  const text = JSON.stringify(objects).replaceAll(/"weir-agent-[a-z0-9]{10}"/g, '"weir-agent"');
  return JSON.parse(text, (key, value) => {
    if (key !== 'annotations') return value;
    const { 'checksum/config': _, ...others } = value;
    return Object.keys(others).length === 0 ? undefined : others;
  });
}
