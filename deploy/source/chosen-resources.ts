import { parse } from 'yaml';
import { historyKind } from '../../src/store/index.ts';
import type { Plain, PlainMap } from './plain.ts';
import type { ResourcesPart } from './tree.ts';

/*
 * Resources of the aggregator's container. An aggregator with a history takes more memory, so memory that the
 * values do not name is chosen by whether its file has one. Plain data and the template of Helm choose alike.
 */

/** The resources for given values. */
export function plainResources(given: PlainMap, config: Plain, { memory }: ResourcesPart): PlainMap {
  const { requests, limits, ...others } = given as { requests?: PlainMap; limits?: PlainMap };
  const isLarge = limits?.memory === undefined && hasHistory(config);
  const { request, limit } = isLarge ? memory.withHistory : memory.usual;
  return {
    ...others,
    requests: { memory: request, ...requests },
    limits: { memory: limit, ...limits },
  };
}

function hasHistory(config: Plain): boolean {
  const sinks = mapOf(mapOf(typeof config === 'string' ? parse(config) : config).weir).sinks;
  return Array.isArray(sinks) && sinks.some((sink) => Object.hasOwn(mapOf(sink), historyKind.key));
}

const mapOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const RESOURCES = 'weir.resources';

/** What stands behind `resources:` in a template of Helm. */
export const helmResources = ({ path, config, memory }: ResourcesPart): string => {
  const { usual, withHistory } = memory;
  const sizes = [usual, withHistory].flatMap(({ request, limit }) => [request, limit]);
  const words = sizes.map((size) => JSON.stringify(size)).join(' ');
  return `{{ include "${RESOURCES}" (list .Values.${path} .Values.${config} ${words}) }}`;
};

/** The file of the chart with the named template that `helmResources` includes. */
export const resourcesTemplate = `{{- define "${RESOURCES}" -}}
{{- $given := deepCopy (index . 0) }}
{{- $config := index . 1 }}
{{- if kindIs "string" $config }}{{ $config = fromYaml $config }}{{ end }}
{{- $hasHistory := false }}
{{- $weir := get $config "weir" }}
{{- if kindIs "map" $weir }}
{{- $sinks := get $weir "sinks" }}
{{- if kindIs "slice" $sinks }}
{{- range $sinks }}
{{- if kindIs "map" . }}{{ if hasKey . "${historyKind.key}" }}{{ $hasHistory = true }}{{ end }}{{ end }}
{{- end }}
{{- end }}
{{- end }}
{{- $isLarge := and $hasHistory (not (dig "limits" "memory" "" $given)) }}
{{- $request := ternary (index . 4) (index . 2) $isLarge }}
{{- $limit := ternary (index . 5) (index . 3) $isLarge }}
{{- $chosen := dict "requests" (dict "memory" $request) "limits" (dict "memory" $limit) }}
{{- merge $given $chosen | toJson }}
{{- end }}
`;
