{{- define "operator.name" -}}
{{- .Values.fullnameOverride | default .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/* The labels that select the operator's pods. They never change. */}}
{{- define "operator.selector" -}}
app.kubernetes.io/name: {{ .Values.nameOverride | default "raftgres-operator" | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "operator.labels" -}}
{{ include "operator.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/component: operator
app.kubernetes.io/part-of: raftgres
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/*
Releases that manage all namespaces share one Lease, because only one of them may act. A release with namespaces of its
own has its own Lease.
*/}}
{{- define "operator.lease" -}}
{{- if .Values.watchNamespaces }}{{ include "operator.name" . }}{{ else }}raftgres-operator{{ end -}}
{{- end -}}

{{- define "operator.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "operator.name" .) -}}
{{- end -}}

{{- define "operator.image" -}}
{{- with .Values.image.registry | default (.Values.global | default dict).imageRegistry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- .Values.image.repository -}}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end -}}
{{- end -}}

{{/* Names of cluster-wide resources begin with the namespace, so two releases do not share them. */}}
{{- define "operator.clusterName" -}}
{{- printf "%s:%s" .Release.Namespace (include "operator.name" .) -}}
{{- end -}}
