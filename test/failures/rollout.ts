import { eventually } from '../support/eventually.ts';
import { kubectl } from '../support/kubectl.ts';
import type { ProjectOptions } from '../support/project.ts';
import { rig } from '../support/rig.ts';
import { NoDeploymentChanges } from './no-deployment-changes.ts';
import { rejected, type Scenario, type ScenarioGroup } from './scenario.ts';

const crash = 'echo listening soon >&2; echo "Error: connect ECONNREFUSED db:5432" >&2; exit 3';
const longCrash = 'echo "panic: no such table: users"; for i in $(seq 40); do echo "  at frame $i"; done; exit 2';
const otherPort = 'echo listening on http://0.0.0.0:3000; exec httpd -f -p 3000 -h /www';
const waits = 'while :; do echo waiting for db:5432; sleep 1; done';

/** Nothing but the scheduler has to say something until then. */
const soon = { rollout: { timeoutSeconds: 8 } };
/** A node that is busy has pulled the image and asked the probe by then. */
const timeoutSeconds = 45;
const later = { rollout: { timeoutSeconds } };

export const rollout: ScenarioGroup = {
  // They wait for the kubelet most of the time.
  atOnce: 8,
  scenarios: {
    'probe-asks-another-port': running({
      container: {
        command: sh(otherPort),
        readinessProbe: { httpGet: { path: '/', port: 3001 }, periodSeconds: 1 },
      },
      spec: later,
    }),
    'probe-fails': running({
      container: { readinessProbe: { httpGet: { path: '/health', port: 8080 }, periodSeconds: 1 } },
      spec: later,
    }),
    'progress-deadline': running({
      container: { readinessProbe: { exec: { command: ['false'] }, periodSeconds: 1 } },
      deploymentSpec: { progressDeadlineSeconds: timeoutSeconds },
    }),
    crash: running({ container: { command: sh(crash) } }),
    'crash-with-a-long-trace': running({ container: { command: sh(longCrash) } }),
    'crash-of-the-next-version': async (stage) => {
      await using project = await stage.project();
      await project.git('push', '-q', project.url, 'main');
      const command = JSON.stringify(['sh', '-c', crash]);
      await project.writeApp('www', 'www 2', `FROM ${rig().baseImage}\nCOPY index.html /www/\nCMD ${command}\n`);
      await project.commit('second version');
      return await rejected(project);
    },
    'out-of-memory': running({
      container: {
        command: sh('echo reading everything; tail /dev/zero'),
        resources: { limits: { memory: '16Mi' } },
      },
    }),
    'no-node-with-that-label': running({ pod: { nodeSelector: { disk: 'ssd' } }, spec: soon }),
    'no-node-with-that-memory': running({
      container: { resources: { requests: { memory: '900Gi' } } },
      spec: soon,
    }),
    'image-of-a-sidecar-missing': running({
      pod: { initContainers: [{ name: 'migrate', image: `${rig().registry}/migrate:2` }] },
    }),
    'init-container-waits': running({
      pod: { initContainers: [{ name: 'wait-for-db', image: rig().baseImage, command: sh(waits) }] },
      spec: later,
    }),
    'secret-missing': running({ container: { envFrom: [{ secretRef: { name: 'database' } }] } }),
    'command-missing': running({ container: { command: ['node', 'server.js'] } }),
    quota: async (stage) => {
      await using project = await stage.project();
      const hard = { pods: '1' };
      await project.apply({
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'team', namespace: project.namespace },
        spec: { hard },
      });
      // A quota is in force a moment after it is stored.
      const create = ['-n', project.namespace, 'run', 'one-more', '--image=one-more', '--dry-run=server'];
      await eventually(async () => (await kubectl(create)).output.includes('exceeded quota: team'));
      return await rejected(project);
    },
    admission: async (stage) => {
      await using project = await stage.project();
      await using _policy = await NoDeploymentChanges.in(project.namespace);
      return await rejected(project);
    },
    'deployment-missing': async (stage) => {
      const containers = [{ name: 'www', path: 'www' }];
      await using project = await stage.project({ replicas: 0, spec: { deployments: [{ name: 'wwww', containers }] } });
      return await rejected(project);
    },
  },
};

function running(options: ProjectOptions): Scenario {
  return async (stage) => {
    const containers = [{ name: 'www', path: 'www' }];
    const spec = { deployments: [{ name: 'www', containers }], ...options.spec };
    await using project = await stage.project({ ...options, spec });
    return await rejected(project);
  };
}

function sh(script: string): string[] {
  return ['sh', '-c', script];
}
