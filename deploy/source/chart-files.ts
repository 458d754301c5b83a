import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { configFileNames } from './config-value.ts';
import { configFileTexts, defaultInput } from './default-input.ts';
import type { PlainMap } from './plain.ts';
import { valueAt } from './plain-tree.ts';
import { componentKind, yamlOf } from './yaml-text.ts';

/*
 * The files of the chart that are no templates. A chart reads only files within it, so it has copies of the
 * alert rules and the dashboards. Each folder of copies is a component of Kustomize, too; Helm ignores the
 * file \`Kustomization\`.
 */

const namespace = valueAt(defaultInput, 'namespaces.aggregator');

export const chartFiles = (): Record<string, string> => ({
  [`files/${configFileNames.agent}`]: configFileTexts.agent,
  [`files/${configFileNames.aggregator}`]: configFileTexts.aggregator,
  ...ruleFiles(),
  ...dashboardFiles(),
});

function ruleFiles(): Record<string, string> {
  const rules = filesIn('../../alerts/kubernetes/', '.yaml');
  return {
    ...inFolder('prometheus-rules', { ...componentKind, resources: rules.map(([name]) => name) }),
    ...Object.fromEntries(
      rules.map(([name, text]) => [`files/prometheus-rules/${name}`, yamlOf(inNamespace(parse(text)))]),
    ),
  };
}

const inNamespace = ({ metadata, ...rule }: PlainMap): PlainMap => {
  const { apiVersion, kind, ...others } = rule;
  return {
    apiVersion: apiVersion!,
    kind: kind!,
    metadata: { ...(metadata as PlainMap), namespace },
    ...others,
  };
};

function dashboardFiles(): Record<string, string> {
  const dashboards = filesIn('../../grafana-dashboards/', '.json');
  const labels = {
    'app.kubernetes.io/name': 'weir',
    ...(valueAt(defaultInput, 'dashboards.labels') as PlainMap),
  };
  const generators = dashboards.map(([name]) => ({
    name: `weir-${name.replace(/\.json$/, '')}`,
    namespace,
    files: [name],
    options: { labels, disableNameSuffixHash: true },
  }));
  return {
    ...inFolder('dashboards', { ...componentKind, configMapGenerator: generators }),
    ...Object.fromEntries(dashboards.map(([name, text]) => [`files/dashboards/${name}`, text])),
  };
}

const inFolder = (name: string, kustomization: PlainMap): Record<string, string> => ({
  [`files/${name}/Kustomization`]: yamlOf(kustomization),
});

/** Names and texts of the files with an ending. */
function filesIn(folder: string, ending: string): [name: string, text: string][] {
  const source = new URL(folder, import.meta.url);
  const names = readdirSync(source).filter((name) => name.endsWith(ending));
  return names.sort().map((name) => [name, readFileSync(new URL(name, source), 'utf8')]);
}
