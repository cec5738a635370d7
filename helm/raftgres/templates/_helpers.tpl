{{/* Name of the RaftCluster. The names of its pods end with -0, -1 ..., those of its services with -leader and -peers. */}}
{{- define "raftgres.name" -}}
{{- .Values.fullnameOverride | default .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "raftgres.labels" -}}
app.kubernetes.io/name: raftgres
app.kubernetes.io/instance: {{ include "raftgres.name" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* Writes a part of the spec without its empty fields; writes nothing if all fields are empty. */}}
{{- define "raftgres.part" -}}
{{- $kept := dict -}}
{{- range $name, $value := .value -}}
{{- if not (or (kindIs "invalid" $value) (eq (toString $value) "") (and (or (kindIs "map" $value) (kindIs "slice" $value)) (not $value))) -}}
{{- $_ := set $kept $name $value -}}
{{- end -}}
{{- end -}}
{{- if $kept }}
{{ .name }}:
  {{- toYaml $kept | nindent 2 }}
{{- end -}}
{{- end -}}
