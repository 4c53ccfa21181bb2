{{- define "gitkube.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "gitkube.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains (include "gitkube.name" .) .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "gitkube.name" .) | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* Cluster-wide objects, and those in the namespaces of others, are named by both. */}}
{{- define "gitkube.globalName" -}}
{{ .Release.Namespace }}:{{ include "gitkube.fullname" . }}
{{- end }}

{{- define "gitkube.account" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "gitkube.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- required "serviceAccount.name is needed where serviceAccount.create is false" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "gitkube.hostKeySecret" -}}
{{- default (printf "%s-host-key" (include "gitkube.fullname" .)) .Values.hostKey.secretName }}
{{- end }}

{{- define "gitkube.selectorLabels" -}}
app.kubernetes.io/name: {{ include "gitkube.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "gitkube.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
{{ include "gitkube.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: gitkube
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "gitkube.image" -}}
{{ .image.repository }}{{ if .image.digest }}@{{ .image.digest }}{{ else }}:{{ default .fallback .image.tag }}{{ end }}
{{- end }}

{{- define "gitkube.claim" -}}
accessModes: {{ toJson .accessModes }}
{{- if eq .storageClass "-" }}
storageClassName: ''
{{- else if .storageClass }}
storageClassName: {{ .storageClass }}
{{- end }}
resources:
  requests:
    storage: {{ .size }}
{{- end }}
