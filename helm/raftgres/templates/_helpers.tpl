{{/* Name of the RaftCluster. The names of its pods end with -0, -1 ..., those of its services with -leader and -peers. */}}
{{- define "raftgres.name" -}}
{{- .Values.fullnameOverride | default .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "raftgres.labels" -}}
app.kubernetes.io/name: {{ .Values.nameOverride | default "raftgres" | quote }}
app.kubernetes.io/instance: {{ include "raftgres.name" . | quote }}
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

{{/* The spec from the values of the same names. */}}
{{- define "raftgres.spec" -}}
replicas: {{ .Values.replicas }}
{{- with .Values.image }}
image: {{ . | quote }}
{{- end }}
{{- with .Values.imagePullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.resources }}
resources: {{- toYaml . | nindent 2 }}
{{- end }}
storage:
  {{- include "raftgres.part" (dict "name" "data" "value" .Values.storage.data) | trim | nindent 2 }}
  {{- if .Values.storage.log.size }}
  {{- include "raftgres.part" (dict "name" "log" "value" .Values.storage.log) | trim | nindent 2 }}
  {{- end }}
  onDelete: {{ .Values.storage.onDelete }}
{{- with include "raftgres.part" (dict "name" "postgres" "value" .Values.postgres) | trim }}
{{- . | nindent 0 }}
{{- end }}
{{- $history := .Values.history }}
{{- if or (not (kindIs "invalid" $history.revisions)) $history.time }}
history:
  {{- if not (kindIs "invalid" $history.revisions) }}
  revisions: {{ int64 $history.revisions }}
  {{- end }}
  {{- with $history.time }}
  time: {{ . | quote }}
  {{- end }}
{{- end }}
{{- with include "raftgres.part" (dict "name" "scheduling" "value" .Values.scheduling) | trim }}
{{- . | nindent 0 }}
{{- end }}
{{- if .Values.podMonitor.enabled }}
{{- include "raftgres.part" (dict "name" "podMonitor" "value" .Values.podMonitor) | trim | nindent 0 }}
{{- end }}
{{- with .Values.allowedHosts }}
allowedHosts: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.podLabels }}
podLabels: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.podAnnotations }}
podAnnotations: {{- toYaml . | nindent 2 }}
{{- end }}
paused: {{ .Values.paused }}
hibernated: {{ .Values.hibernated }}
{{- with .Values.recovery }}
recovery: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
