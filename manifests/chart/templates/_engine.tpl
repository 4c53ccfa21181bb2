{{/*
dockerd's settings. The cache's one rule is a limit in every version: `keepStorage` is what engines before 28 read,
`maxUsedSpace` what later ones do.
*/}}
{{- define "gitkube.daemonJson" -}}
{{- $limit := .Values.builder.cacheLimit }}
{{- $rule := dict "all" true "keepStorage" $limit "maxUsedSpace" $limit }}
{{- $config := dict
  "hosts" (list "unix:///run/gitkube-engine/docker.sock")
  "group" (.Values.podSecurityContext.fsGroup | int64 | toString)
  "data-root" "/var/lib/docker"
  "log-level" "warn"
  "builder" (dict "gc" (dict "enabled" true "policy" (list $rule))) }}
{{- /* BuildKit before Docker 23 takes base images over plain HTTP only from a name with a scheme: moby/moby#41059. */}}
{{- $insecure := list }}
{{- range .Values.builder.insecureRegistries }}
{{- $insecure = append $insecure . }}
{{- if not (contains "/" .) }}
{{- $insecure = append $insecure (printf "http://%s" .) }}
{{- end }}
{{- end }}
{{- with $insecure }}
{{- $_ := set $config "insecure-registries" . }}
{{- end }}
{{- with .Values.builder.registryMirrors }}
{{- $_ := set $config "registry-mirrors" . }}
{{- end }}
{{- mergeOverwrite $config (deepCopy .Values.builder.daemonConfig) | toPrettyJson }}
{{- end }}

{{/* Started before the server and ended after it. Only its own folders are mounted: no token, no repositories. */}}
{{- define "gitkube.engine" -}}
- name: engine
  restartPolicy: Always
  image: {{ include "gitkube.image" (dict "image" .Values.builder.image "fallback" "28-dind") }}
  imagePullPolicy: {{ .Values.builder.image.pullPolicy }}
  # Named, so that the image's entrypoint adds no TCP socket of its own.
  args: [dockerd, --config-file=/etc/gitkube-engine/daemon.json]
  securityContext:
    privileged: true
    runAsUser: 0
    runAsGroup: 0
    runAsNonRoot: false
  livenessProbe:
    exec:
      command: [docker, '--host=unix:///run/gitkube-engine/docker.sock', version]
    initialDelaySeconds: 30
    periodSeconds: 30
    timeoutSeconds: 15
    failureThreshold: 4
  resources: {{- toYaml .Values.builder.resources | nindent 4 }}
  volumeMounts:
    - {name: engine-socket, mountPath: /run/gitkube-engine}
    - {name: engine-config, mountPath: /etc/gitkube-engine, readOnly: true}
    - {name: engine-cache, mountPath: /var/lib/docker}
{{- end }}

{{- define "gitkube.engineVolumes" -}}
- name: engine-socket
  emptyDir: {}
- name: engine-config
  configMap:
    name: {{ include "gitkube.fullname" . }}-engine
- name: engine-cache
  {{- with .Values.builder.cache }}
  {{- if or .persistent .existingClaim }}
  persistentVolumeClaim:
    claimName: {{ default (printf "%s-engine-cache" (include "gitkube.fullname" $)) .existingClaim }}
  {{- else if .sizeLimit }}
  emptyDir: {sizeLimit: {{ .sizeLimit }}}
  {{- else }}
  emptyDir: {}
  {{- end }}
  {{- end }}
{{- end }}
