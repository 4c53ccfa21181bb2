{{/* The name in image names, as builder, server and nodes all know it. */}}
{{- define "gitkube.registryHost" -}}
{{- default (printf "localhost:%v" .Values.registry.nodePort) .Values.registry.host }}
{{- end }}

{{- define "gitkube.engineUrl" -}}
{{- default "unix:///run/gitkube-engine/docker.sock" .Values.builder.external.url }}
{{- end }}

{{/* What the chart sets; `settings` wins over it, and a list of one name twice would be refused by server-side apply. */}}
{{- define "gitkube.settings" -}}
GITKUBE_DATA: /var/lib/gitkube
GITKUBE_SSH_LISTEN: 0.0.0.0:2222
GITKUBE_HTTP_LISTEN: 0.0.0.0:8080
GITKUBE_SERVICE: {{ .Release.Namespace }}/{{ include "gitkube.fullname" . }}
GITKUBE_SERVER_NAME: {{ .Release.Namespace }}/{{ include "gitkube.fullname" . }}
GITKUBE_HOST_KEY_SECRET: {{ .Release.Namespace }}/{{ include "gitkube.hostKeySecret" . }}
{{- /* Kubernetes kills what is still there when its own time is over. */}}
GITKUBE_SHUTDOWN_GRACE_SECONDS: {{ max 1 (sub (int .Values.terminationGracePeriodSeconds) 5) }}
GITKUBE_ENGINE: {{ include "gitkube.engineUrl" . }}
{{- if .Values.builder.external.tls.secretName }}
GITKUBE_ENGINE_CERTIFICATES: /etc/gitkube/engine
{{- end }}
{{- with .Values.builder.network }}
GITKUBE_BUILD_NETWORK: {{ . }}
{{- end }}
{{- with .Values.builder.insecureRegistries }}
GITKUBE_INSECURE_REGISTRIES: {{ join "," . }}
{{- end }}
{{- with .Values.builder.submoduleHosts }}
GITKUBE_SUBMODULE_HOSTS: {{ join "," . }}
{{- end }}
{{- if .Values.builder.signingKeySecret }}
GITKUBE_SIGNING_KEY: /etc/gitkube/signing/signing.key
{{- end }}
{{- with .Values.watchNamespaces }}
GITKUBE_NAMESPACES: {{ join "," . }}
{{- end }}
{{- if .Values.env.enabled }}
GITKUBE_ENV: 'on'
{{- end }}
{{- if .Values.run.enabled }}
GITKUBE_RUN: 'on'
{{- end }}
{{- if .Values.tasks.enabled }}
GITKUBE_TASKS: 'on'
{{- end }}
{{- if .Values.https.enabled }}
GITKUBE_GIT_HTTPS_LISTEN: 0.0.0.0:8443
{{- if .Values.https.secretName }}
GITKUBE_GIT_HTTPS_CERTIFICATE: /etc/gitkube/https
{{- end }}
{{- if .Values.https.serviceAccounts }}
GITKUBE_SERVICE_ACCOUNT_TOKENS: 'on'
{{- end }}
{{- with .Values.https.proxies }}
GITKUBE_GIT_HTTPS_PROXIES: {{ join "," . }}
{{- end }}
{{- with include "gitkube.httpsUrl" . }}
GITKUBE_GIT_HTTPS_URL: {{ . }}
{{- end }}
{{- end }}
{{- with .Values.publicAddress }}
GITKUBE_PUBLIC_ADDRESS: {{ . }}
{{- end }}
{{- if .Values.registry.enabled }}
GITKUBE_REGISTRY: {{ include "gitkube.registryHost" . }}
{{- if not .Values.registry.host }}
GITKUBE_REGISTRY_FORWARD: {{ default (printf "%s-registry.%s.svc" (include "gitkube.fullname" .) .Release.Namespace) .Values.registry.clusterIP }}:5000
{{- end }}
{{- end }}
{{- end }}

{{- define "gitkube.env" -}}
{{- range $name, $value := merge (dict) .Values.settings (include "gitkube.settings" . | fromYaml) }}
- name: {{ $name }}
  value: {{ if kindIs "float64" $value }}{{ $value | int64 | quote }}{{ else }}{{ $value | quote }}{{ end }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The token is mounted into the server alone: a build must not find it in the engine's container. */}}
{{- define "gitkube.tokenVolume" -}}
- name: token
  projected:
    defaultMode: 0440
    sources:
      - serviceAccountToken: {path: token, expirationSeconds: 3607}
      - configMap:
          name: kube-root-ca.crt
          items: [{key: ca.crt, path: ca.crt}]
      - downwardAPI:
          items:
            - path: namespace
              fieldRef: {fieldPath: metadata.namespace}
{{- end }}
