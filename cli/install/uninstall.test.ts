import { Command } from 'commander';
import { expect, it } from 'vitest';
import type { KubeAdmin, NamedObject } from '../../kube/index.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { CliContext } from '../context.ts';
import { addUninstallCommand } from './uninstall.ts';

const deployment = {
  metadata: { name: 'gitkube', namespace: 'gitkube' },
  spec: {
    template: {
      spec: { containers: [{ name: 'server', env: [{ name: 'GITKUBE_SERVER_NAME', value: 'gitkube/own' }] }] },
    },
  },
};
const lease = (namespace: string, holderIdentity: string) => ({
  metadata: { name: 'gitkube', namespace },
  spec: { holderIdentity },
});
const leases = [
  lease('team-a', 'gitkube/own'),
  lease('team-b', 'laptop-1'),
  lease('team-c', ''),
  lease('team-d', 'gitkube/gitkube'),
];

/** A cluster with one installation, whose Deployment needs a moment to go. */
function cluster({ isThere = true } = {}) {
  const said: string[] = [];
  let looks = 0;
  const admin = {
    listObjects: async (path: string) => {
      if (path.endsWith('/leases')) return leases;
      return isThere && path.endsWith('/deployments') ? [deployment] : [];
    },
    getObject: async ({ kind }: NamedObject) => (kind === 'Deployment' && looks++ < 1 ? deployment : undefined),
    deleteObject: async ({ kind, metadata }: NamedObject, how?: object) => {
      said.push(`delete ${kind} ${metadata.namespace}/${metadata.name} ${JSON.stringify(how ?? {})}`);
      return true;
    },
  } as unknown as KubeAdmin;
  const io = {
    out: (line: string) => void said.push(line),
    note: (line: string) => void said.push(line),
    interrupted: () => new AbortController().signal,
  };
  const clock = new ManualClock({ elapseUpToMs: 1000 });
  const run = async (...args: string[]) => {
    const program = new Command().option('-n, --namespace <name>').exitOverride();
    addUninstallCommand(program, { io, clock, connect: async () => admin, exitCode: 0 } as unknown as CliContext);
    await program.parseAsync(['uninstall', ...args], { from: 'user' });
    return said;
  };
  return { run };
}

it('the Leases of the server go with it, after its last pod, and those of others stay', async () => {
  expect(await cluster().run()).toEqual([
    'delete Deployment gitkube/gitkube {"foreground":true}',
    'waiting until deployment gitkube/gitkube is gone',
    'deployment gitkube/gitkube removed',
    'delete Lease team-a/gitkube {}',
    'lease team-a/gitkube removed',
  ]);
});

it('the Leases that an earlier call has left are found by the name that the chart gives the server', async () => {
  expect(await cluster({ isThere: false }).run('--dry-run')).toEqual(['lease team-d/gitkube would be removed']);
});

it('a server that is not waited for keeps its Leases, and the command says so', async () => {
  expect(await cluster().run('--no-wait')).toEqual([
    'delete Deployment gitkube/gitkube {}',
    'deployment gitkube/gitkube removed',
    'stays: lease team-a/gitkube, which the server holds until it ends; run the command again to delete it',
  ]);
});
