import { asGitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import { createEngine, readCertificates } from '../../builder/index.ts';
import type { Config } from '../../server/config.ts';
import { installAgain } from '../installation.ts';
import type { Check } from './finding.ts';
import { fail, ok, warn } from './finding.ts';

export const engine: Check = {
  name: 'engine',
  alone: true,
  run: async ({ config, signal, home }) => {
    const host = config.GITKUBE_ENGINE;
    const folder = config.GITKUBE_ENGINE_CERTIFICATES;
    try {
      const tls = folder === undefined ? {} : { tls: await readCertificates(folder) };
      const { name, platform, buildkit } = await createEngine({ host, ...tls, log: silentLogger }).info(signal);
      const what = `${name} for ${platform} at ${host}`;
      if (buildkit) return [ok(`${what}, with BuildKit`)];
      return [
        warn(
          `${what} has no BuildKit: builds are slower, and secrets of RUN --mount are missing`,
          `docker -H ${host} version`,
        ),
      ];
    } catch (thrown) {
      signal.throwIfAborted();
      return [fail(asGitkubeError(thrown).message, ...fixes(config, home))];
    }
  },
  onTimeout: ({ config, home }) => fixes(config, home),
};

function fixes({ GITKUBE_ENGINE: host, GITKUBE_SERVICE: service }: Config, home: string): string[] {
  const look = `docker -H ${host} version`;
  // The chart's engine is a container beside the server; another one is somebody's machine.
  if (host.startsWith('unix:') && service !== undefined) {
    return [
      `kubectl -n ${home} logs deploy/gitkube -c engine --tail=20`,
      `kubectl -n ${home} rollout restart deploy/gitkube`,
    ];
  }
  if (host.startsWith('unix:')) return [look, 'systemctl start docker'];
  if (service !== undefined) return [look, installAgain('another builder.external.url in the file of --values')];
  return [look, 'export GITKUBE_ENGINE=<tcp://host:port or unix:///path>'];
}
