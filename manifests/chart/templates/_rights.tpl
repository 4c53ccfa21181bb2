{{/* What is done in a watched namespace: kube/README.md has the call behind each verb. */}}
{{- define "gitkube.rules" -}}
- apiGroups: [gitkube.sh]
  resources: [remotes]
  # Patch: the finalizer that keeps a repository from being lost with its Remote.
  verbs: [list, watch, patch]
- apiGroups: [gitkube.sh]
  resources: [remotes/status]
  verbs: [patch]
# One server serves a namespace. No other Lease: those of others elect the leaders of the cluster.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [list, watch, update]
  resourceNames: [gitkube]
# A name cannot be given for a create.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [apps]
  resources: [deployments, statefulsets, daemonsets]
  verbs: [get, list, watch, patch]
- apiGroups: [apps]
  resources: [replicasets, controllerrevisions]
  verbs: [list, watch]
- apiGroups: [batch]
  resources: [cronjobs]
  verbs: [get, patch]
- apiGroups: ['']
  resources: [pods]
  # Delete: a StatefulSet waits for ever for a broken pod of an older version.
  verbs: [list, watch, delete]
- apiGroups: ['']
  resources: [pods/log]
  verbs: [get]
{{- if .Values.run.enabled }}
# Commands in pods of their own, as any account of the namespace that a workload names.
- apiGroups: ['']
  resources: [pods]
  verbs: [create]
# Which of both depends on the version of the API server.
- apiGroups: ['']
  resources: [pods/attach]
  verbs: [get, create]
{{- end }}
{{- if .Values.tasks.enabled }}
# Tasks of Remotes, as any account of the namespace that a workload names.
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, delete]
{{- end }}
- apiGroups: ['']
  resources: [events]
  verbs: [list, watch, create, patch]
- apiGroups: ['']
  resources: [secrets]
  verbs: [get]
  {{- with .Values.rbac.registrySecrets }}
  resourceNames: {{ toJson . }}
  {{- end }}
{{- if .Values.env.enabled }}
# What Remotes name as spec.env, and a snapshot for each release: an object that is to be created has no name here.
- apiGroups: ['']
  resources: [secrets, configmaps]
  verbs: [get, create, patch, delete]
{{- end }}
{{- with .Values.manifests.serviceAccounts }}
- apiGroups: ['']
  resources: [serviceaccounts]
  verbs: [impersonate]
  resourceNames: {{ toJson . }}
{{- end }}
{{- end }}

{{/* Its own namespace: the host key, and the Service that has its address. */}}
{{- define "gitkube.ownRules" -}}
- apiGroups: ['']
  resources: [secrets]
  verbs: [get]
  resourceNames: [{{ include "gitkube.hostKeySecret" . }}]
# A name cannot be given for a create: the object has none yet when rights are checked.
- apiGroups: ['']
  resources: [secrets]
  verbs: [create]
- apiGroups: ['']
  resources: [services]
  verbs: [list, watch]
  resourceNames: [{{ include "gitkube.fullname" . }}]
{{- end }}

{{/* The address that a NodePort is reached at. */}}
{{- define "gitkube.nodeRules" -}}
- apiGroups: ['']
  resources: [nodes]
  verbs: [list]
{{- end }}

{{/* Of the whole cluster: whose token it is that a ServiceAccount has sent. */}}
{{- define "gitkube.tokenRules" -}}
- apiGroups: [authentication.k8s.io]
  resources: [tokenreviews]
  verbs: [create]
{{- end }}

{{- define "gitkube.subject" -}}
- kind: ServiceAccount
  name: {{ include "gitkube.account" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}
