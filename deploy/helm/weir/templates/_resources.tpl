{{- /* Written by "npm run deploy" from deploy/source. Change that, not this. */}}
{{- define "weir.resources" -}}
{{- $given := deepCopy (index . 0) }}
{{- $config := index . 1 }}
{{- if kindIs "string" $config }}{{ $config = fromYaml $config }}{{ end }}
{{- $hasHistory := false }}
{{- $weir := get $config "weir" }}
{{- if kindIs "map" $weir }}
{{- $sinks := get $weir "sinks" }}
{{- if kindIs "slice" $sinks }}
{{- range $sinks }}
{{- if kindIs "map" . }}{{ if hasKey . "history" }}{{ $hasHistory = true }}{{ end }}{{ end }}
{{- end }}
{{- end }}
{{- end }}
{{- $isLarge := and $hasHistory (not (dig "limits" "memory" "" $given)) }}
{{- $request := ternary (index . 4) (index . 2) $isLarge }}
{{- $limit := ternary (index . 5) (index . 3) $isLarge }}
{{- $chosen := dict "requests" (dict "memory" $request) "limits" (dict "memory" $limit) }}
{{- merge $given $chosen | toJson }}
{{- end }}
