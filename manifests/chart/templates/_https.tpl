{{/* Who may be in front; `settings` wins over the chart. */}}
{{- define "gitkube.httpsProxies" -}}
{{- default (join "," .Values.https.proxies) .Values.settings.GITKUBE_GIT_HTTPS_PROXIES }}
{{- end }}

{{/* What URLs of git over HTTPS begin with; empty: not known. */}}
{{- define "gitkube.httpsUrl" -}}
{{- if .Values.https.url }}
{{- .Values.https.url }}
{{- else if and .Values.https.route.enabled .Values.https.route.hostnames }}
{{- printf "https://%s" (first .Values.https.route.hostnames) }}
{{- else if and .Values.https.ingress.enabled .Values.https.ingress.host }}
{{- printf "https://%s" .Values.https.ingress.host }}
{{- end }}
{{- end }}

{{- define "gitkube.httpsPort" -}}
{{- default (ternary 443 80 (not (empty .Values.https.secretName))) .Values.https.service.port }}
{{- end }}

{{/* What belongs together: the name of the value that is wrong, and what to set. */}}
{{- define "gitkube.checkHttps" -}}
{{- $https := .Values.https }}
{{- $fronts := list }}
{{- if $https.route.enabled }}{{ $fronts = append $fronts "https.route" }}{{ end }}
{{- if $https.ingress.enabled }}{{ $fronts = append $fronts "https.ingress" }}{{ end }}
{{- range $front := $fronts }}
{{- if not $https.enabled }}
{{- fail (printf "%s.enabled has nothing behind it: set https.enabled=true" $front) }}
{{- end }}
{{- if not (include "gitkube.httpsProxies" $) }}
{{- fail (printf "%s.enabled needs https.proxies: set it to the addresses or networks of the pods in front, such as [10.244.0.0/16]; without, all clients are one, and without https.secretName nobody is served" $front) }}
{{- end }}
{{- end }}
{{- if and $https.enabled (not $https.secretName) (not (include "gitkube.httpsProxies" .)) (not .Values.settings.GITKUBE_GIT_HTTPS_CERTIFICATE) }}
{{- fail "https.enabled needs TLS: set https.secretName to a Secret of type kubernetes.io/tls, or https.proxies to the addresses of what ends TLS in front" }}
{{- end }}
{{- if and $https.enabled $https.route.enabled }}
{{- if not $https.route.parentRefs }}
{{- fail "https.route.enabled needs a Gateway: set https.route.parentRefs, such as [{name: public, namespace: gateways, sectionName: https}]" }}
{{- end }}
{{- if not $https.route.hostnames }}
{{- fail "https.route.enabled needs names: set https.route.hostnames, such as [git.example.com]" }}
{{- end }}
{{- if and (hasPrefix "*" (first $https.route.hostnames)) (not $https.url) }}
{{- fail "the first of https.route.hostnames is a pattern, which is no URL for users: set https.url, such as https://git.example.com" }}
{{- end }}
{{- end }}
{{- if and $https.enabled $https.ingress.enabled }}
{{- if not $https.ingress.host }}
{{- fail "https.ingress.enabled needs a name: set https.ingress.host, such as git.example.com" }}
{{- end }}
{{- $protocol := upper (default "" (get $https.ingress.annotations "nginx.ingress.kubernetes.io/backend-protocol")) }}
{{- if and $https.secretName (not $https.ingress.annotations) (not $https.service.annotations) }}
{{- fail "https.ingress has to speak TLS to a server with https.secretName: set what your controller needs for that in https.ingress.annotations or https.service.annotations (values.yaml names them), or leave https.secretName unset" }}
{{- end }}
{{- if and (eq $protocol "HTTPS") (not $https.secretName) }}
{{- fail "https.ingress.annotations has backend-protocol HTTPS, and the server speaks plain HTTP: set https.secretName, or leave the annotation out" }}
{{- end }}
{{- end }}
{{- end }}
