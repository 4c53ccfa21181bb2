/** What stands in for images of Docker Hub where it cannot be reached. */
import { join } from 'node:path';
import type { DebianImage } from './debian.ts';

const path = 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** For debian:bookworm-slim, with the packages that the Dockerfile installs: its RUN steps may reach no network. */
export const runtimeBase: DebianImage = {
  name: 'gitkube-runtime-base',
  packages: ['git', 'tini', 'ca-certificates', 'libstdc++6'],
  changes: [path],
};

/** For docker:dind: the same entrypoint, so that the same arguments start it. */
export const engineImage: DebianImage = {
  name: 'gitkube-engine',
  packages: ['docker.io', 'containerd', 'runc', 'iptables', 'ca-certificates'],
  programs: { '/usr/local/bin/dockerd-entrypoint.sh': join(import.meta.dirname, 'dockerd-entrypoint.sh') },
  changes: [path, 'VOLUME /var/lib/docker', 'ENTRYPOINT ["dockerd-entrypoint.sh"]', 'CMD []'],
};

/** For registry:3: the same command, configuration file, data folder and port; not run as root. */
export const registryImage: DebianImage = {
  name: 'gitkube-registry',
  packages: ['docker-registry', 'ca-certificates'],
  script: `
ln -s /usr/bin/docker-registry /usr/local/bin/registry
install -d -o 65532 -g 65532 /var/lib/registry
install -d /etc/distribution
cat >/etc/distribution/config.yml <<END
version: 0.1
storage:
  cache: {blobdescriptor: inmemory}
  filesystem: {rootdirectory: /var/lib/registry}
http:
  addr: :5000
END`,
  changes: [
    path,
    'USER 65532:65532',
    'VOLUME /var/lib/registry',
    'EXPOSE 5000',
    'ENTRYPOINT ["registry"]',
    'CMD ["serve", "/etc/distribution/config.yml"]',
  ],
};
