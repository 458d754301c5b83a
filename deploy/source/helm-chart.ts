import { chartFiles } from './chart-files.ts';
import { resourcesTemplate } from './chosen-resources.ts';
import { helmTemplate } from './helm-template.ts';
import { manifests } from './manifests.ts';
import { valuesFile, valuesSchema } from './values-file.ts';
import { version } from './version.ts';
import { written, yamlOf } from './yaml-text.ts';

const writtenTemplate =
  '{{- /* Written by "npm run deploy" from deploy/source. Change that, not this. */}}\n';

/** The files of the chart by their path in deploy/helm/weir/. */
export function helmFiles(): Record<string, string> {
  return {
    'Chart.yaml': yamlOf(chart),
    'values.yaml': written + valuesFile(),
    'values.schema.json': `${JSON.stringify(valuesSchema(), undefined, 2)}\n`,
    ...Object.fromEntries(
      manifests.map(({ file, object, condition }) => [
        `templates/${file}.yaml`,
        writtenTemplate + helmTemplate(object, condition),
      ]),
    ),
    'templates/_resources.tpl': writtenTemplate + resourcesTemplate,
    'templates/prometheus-rules.yaml': writtenTemplate + prometheusRules,
    'templates/dashboards.yaml': writtenTemplate + dashboards,
    ...chartFiles(),
  };
}

const chart = {
  apiVersion: 'v2',
  name: 'weir',
  description: 'Network flow visibility: agents on all nodes, and an aggregator that joins their records.',
  type: 'application',
  version,
  appVersion: version,
  kubeVersion: '>=1.27.0-0',
};

/** The files contain braces of Prometheus and Grafana, so they are read and not templates themselves. */
const prometheusRules = `{{- if .Values.prometheusRules.enable }}
{{- range $path, $_ := .Files.Glob "files/prometheus-rules/*.yaml" }}
{{- $rule := $.Files.Get $path | fromYaml }}
{{- $labels := merge (dict) $rule.metadata.labels $.Values.commonLabels $.Values.prometheusRules.labels }}
{{- $metadata := merge (dict "namespace" $.Values.namespaces.aggregator "labels" $labels) $rule.metadata }}
---
{{ merge (dict "metadata" $metadata) $rule | toJson }}
{{- end }}
{{- end }}
`;

const dashboards = `{{- if .Values.dashboards.enable }}
{{- range $path, $_ := .Files.Glob "files/dashboards/*.json" }}
{{- $name := printf "weir-%s" (base $path | trimSuffix ".json") }}
{{- $labels := merge (dict "app.kubernetes.io/name" "weir") $.Values.commonLabels $.Values.dashboards.labels }}
{{- $metadata := dict "name" $name "namespace" $.Values.namespaces.aggregator "labels" $labels }}
---
{{ dict "apiVersion" "v1" "kind" "ConfigMap" "metadata" $metadata "data" (dict (base $path) ($.Files.Get $path)) | toJson }}
{{- end }}
{{- end }}
`;
