# The Gitkube server.
#   docker build --tag gitkube .     where base images can be pulled; needs BuildKit
#   scripts/image                    anywhere: it makes equal bases where none can be pulled, and says so
ARG BUILD_BASE=node:24-bookworm
ARG RUNTIME_BASE=debian:bookworm-slim
# `made`: by the stages below. `handed-in`: by scripts/image with the same scripts/images/assemble.ts on the machine it runs
# on, for an engine whose RUN steps reach no network. BuildKit runs only the stages that the last one asks for.
ARG PARTS=made

FROM ${BUILD_BASE} AS modules
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY scripts/build-ssh2-addon.ts scripts/ssh2-object-wrap.h scripts/
RUN npm ci

FROM modules AS tools
COPY base base
COPY test/cluster test/cluster
COPY scripts/images scripts/images
RUN node_modules/.bin/node scripts/images/assemble.ts tools /out

FROM modules AS program
COPY . .
RUN npm run build && node_modules/.bin/node scripts/images/assemble.ts program /out

FROM scratch AS made
COPY --from=tools /out /
COPY --from=program /out /

FROM scratch AS handed-in
COPY parts /

FROM ${PARTS} AS parts

FROM ${RUNTIME_BASE}
COPY scripts/images/dpkg.cfg /etc/dpkg/dpkg.cfg.d/gitkube
# A base that scripts/image made holds the packages already. 65532 is a number, as runAsNonRoot wants it, and no user of Debian.
RUN if ! { command -v git && command -v tini && [ -s /etc/ssl/certs/ca-certificates.crt ]; } >/dev/null; then \
      apt-get update && apt-get install --yes --no-install-recommends git tini ca-certificates libstdc++6 && rm -rf /var/lib/apt/lists/*; \
    fi && \
    echo 'gitkube:x:65532:' >>/etc/group && \
    echo 'gitkube:x:65532:65532::/tmp:/usr/sbin/nologin' >>/etc/passwd && \
    install -d -o 65532 -g 65532 -m 0750 /var/lib/gitkube
# From what changes least to what changes most, so that an upgrade pulls little.
COPY --from=parts /runtime/ /usr/local/bin/
COPY --from=parts /tools/ /usr/local/bin/
COPY --from=parts /modules/ /opt/gitkube/
COPY --from=parts /program/ /opt/gitkube/
RUN ln -s /opt/gitkube/dist/gitkube.js /usr/local/bin/gitkube

# Only the data and /tmp are written to: helm's and kubectl's caches go to HOME. No compiled code is kept there: what
# renders a stranger's manifests runs as the same user.
ENV NODE_ENV=production NODE_DISABLE_COMPILE_CACHE=1 HOME=/tmp GITKUBE_DATA=/var/lib/gitkube GITKUBE_HTTP_LISTEN=0.0.0.0:8080
USER 65532:65532
WORKDIR /var/lib/gitkube
VOLUME /var/lib/gitkube
EXPOSE 2222 8080
# What Kubernetes asks as a readiness probe, without a program that speaks HTTP.
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s CMD ["bash", "-c", "\
  exec 3<>/dev/tcp/127.0.0.1/${GITKUBE_HTTP_LISTEN##*:} && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && \
  read -r -t 4 answer <&3 && [[ $answer == *' 200 '* ]]"]
ENTRYPOINT ["/usr/bin/tini", "--", "gitkube"]
CMD ["serve"]

ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Gitkube" \
      org.opencontainers.image.description="git push to deploy on Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
