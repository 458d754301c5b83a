import { fileKinds } from '../../src/cli/config/index.ts';
import { configFileNames, restartsByFile } from './config-value.ts';
import { configFileTexts, defaultInput } from './default-input.ts';
import { type ComponentName, type Manifest, nameOf } from './manifest.ts';
import { manifests } from './manifests.ts';
import type { Plain, PlainMap } from './plain.ts';
import { plainOf, valueAt } from './plain-tree.ts';
import { componentKind, KUSTOMIZE, yamlOf } from './yaml-text.ts';

/** The base and the components of Kustomize, by their path in deploy/kustomize/. */
export function kustomizeFiles(): Record<string, string> {
  const inBase = manifests.filter(({ component }) => component === undefined);
  return {
    ...folderFiles('base', inBase, {
      apiVersion: `${KUSTOMIZE}/v1beta1`,
      kind: 'Kustomization',
    }),
    ...configFiles(),
    ...componentFiles('network-policy'),
    ...componentFiles('pod-monitors'),
    ...componentFiles('service-monitors'),
    ...linkingComponent('prometheus-rules'),
    ...linkingComponent('dashboards'),
  };
}

const componentFiles = (name: ComponentName): Record<string, string> =>
  folderFiles(
    `components/${name}`,
    manifests.filter(({ component }) => component === name),
    componentKind,
  );

/** A component whose files are in the chart: Kustomize reads no file outside of a component's folder. */
const linkingComponent = (name: string): Record<string, string> => ({
  [`components/${name}/kustomization.yaml`]: yamlOf({
    ...componentKind,
    components: [`../../../helm/weir/files/${name}`],
  }),
});

function folderFiles(folder: string, all: readonly Manifest[], head: PlainMap): Record<string, string> {
  const own = all.filter(({ file }) => !isConfigMap(file));
  const resources = own.map(({ file }) => `${file}.yaml`);
  const generated = all.length === own.length ? {} : { configMapGenerator: generators() };
  return {
    [`${folder}/kustomization.yaml`]: yamlOf({ ...head, resources, ...generated }),
    ...Object.fromEntries(
      own.map(({ file, object }) => [`${folder}/${file}.yaml`, yamlOf(plainOf(object, defaultInput)!)]),
    ),
  };
}

/** Kustomize makes the ConfigMaps from their files. A hash of the file in the name restarts the Pods. */
const isConfigMap = (file: string): boolean => file.endsWith('-config-map');

const generators = (): Plain[] =>
  manifests
    .filter(({ file }) => isConfigMap(file))
    .map(({ file, object }) => {
      const kind = fileKinds.find((part) => file === `${part}-config-map`)!;
      const { labels } = (plainOf(object, defaultInput) as { metadata: { labels: Plain } }).metadata;
      return {
        name: nameOf[kind],
        namespace: valueAt(defaultInput, `namespaces.${kind}`),
        files: [configFileNames[kind]],
        options: { labels, ...(!restartsByFile[kind] && { disableNameSuffixHash: true }) },
      };
    });

const configFiles = (): Record<string, string> =>
  Object.fromEntries(fileKinds.map((kind) => [`base/${configFileNames[kind]}`, configFileTexts[kind]]));
