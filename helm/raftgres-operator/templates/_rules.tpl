{{/*
The operator's permissions in the namespaces that it watches. The test RbacIT compares the verbs with the operator's calls.
*/}}
{{- define "operator.rules" -}}
- apiGroups: [raftgres.io]
  resources: [raftclusters]
  # 'patch' for the finalizer of RaftClusters whose data is to be deleted.
  verbs: [get, list, watch, patch]
- apiGroups: [raftgres.io]
  resources: [raftclusters/status]
  verbs: [patch]
- apiGroups: [apps]
  resources: [statefulsets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [persistentvolumeclaims]
  verbs: [get, list, watch, patch, delete]
- apiGroups: [""]
  resources: [configmaps, serviceaccounts]
  verbs: [get, list, watch, create, patch]
- apiGroups: [""]
  resources: [services]
  # 'delete' for the members' own Services.
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [monitoring.coreos.com]
  resources: [podmonitors]
  verbs: [get, create, patch, delete]
- apiGroups: [""]
  resources: [events]
  verbs: [get, list, create, patch]
{{- end -}}
