import { PrivateRegistry } from '../support/private-registry.ts';
import { RegistryProxy } from '../support/registry-proxy.ts';
import { rejected, type ScenarioGroup } from './scenario.ts';

export const registry: ScenarioGroup = {
  atOnce: 2,
  scenarios: {
    'wrong-password': async (stage) => {
      await using registry = await PrivateRegistry.start();
      const credentials = { secretRef: 'regsecret' };
      const spec = { registry: { url: `${registry.host}/team`, credentials } };
      await using project = await stage.project({ replicas: 0, spec });
      await project.kubectl(
        ...['create', 'secret', 'docker-registry', 'regsecret', `--docker-server=${registry.host}`],
        ...['--docker-username=ann', '--docker-password=wrong'],
      );
      return await rejected(project);
    },
    'secret-missing': async (stage) => {
      const credentials = { secretRef: 'regsecret' };
      const spec = { registry: { url: 'ghcr.io/team', credentials } };
      await using project = await stage.project({ replicas: 0, spec });
      return await rejected(project);
    },
    'does-not-answer': async (stage) => {
      await using project = await stage.project({ replicas: 0, spec: { registry: { url: '127.0.0.1:1/team' } } });
      return await rejected(project);
    },
    full: async (stage) => {
      await using proxy = await RegistryProxy.start();
      await using project = await stage.project({ replicas: 0, spec: { registry: { url: `${proxy.host}/full` } } });
      proxy.fault = ({ method = '' }) => (['PATCH', 'PUT'].includes(method) ? 507 : 'pass');
      return await rejected(project);
    },
  },
};
