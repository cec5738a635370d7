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
own has its own Lease, of its own name. If that is the name of the shared Lease, it gets a dot: no release can be named so,
because its Service could not.
*/}}
{{- define "operator.lease" -}}
{{- $name := include "operator.name" . -}}
{{- $shared := "raftgres-operator" -}}
{{- if not .Values.watchNamespaces }}{{ $shared }}
{{- else if eq $name $shared }}{{ $name }}.namespaces
{{- else }}{{ $name }}
{{- end -}}
{{- end -}}

{{/*
Refuses an upgrade that gives a release another Lease while its pods run: pods with different Leases would all act. That is
so when watchNamespaces becomes empty or stops being so, and for a release raftgres-operator with namespaces of its own of a
build before the dot. Where helm does not see the cluster (helm template), maxSurge 0 of the Deployment remains: the old pods
are stopped before new ones are created, but Kubernetes does not wait until they have ended.
*/}}
{{- define "operator.keepsLease" -}}
{{- $lease := include "operator.lease" . -}}
{{- $old := lookup "apps/v1" "Deployment" .Release.Namespace (include "operator.name" .) | default dict -}}
{{- if and .Values.replicas (dig "status" "replicas" 0 $old) -}}
{{- range (dig "spec" "template" "spec" "containers" list $old) -}}
{{- range .env -}}
{{- if and (eq .name "RAFTGRES_OPERATOR_LEASE") (ne (.value | default "") $lease) -}}
{{- fail (printf "this upgrade changes the Lease from %s to %s, and pods with different Leases would act at the same time. Stop the old pods first: run the same command with --set replicas=0, wait until no pod of the release is left, and run it again without" .value $lease) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
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
