/** Two Remotes that deploy the same container. */
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { Project } from '../support/project.ts';

it('a container of two Remotes runs what was pushed last, each push says so, and neither Remote reverts it', async () => {
  await using gitkube = await Gitkube.start({ GITKUBE_RECONCILE_SECONDS: '1' });
  const deployments = [{ name: 'www', containers: [{ name: 'www', path: 'www' }] }];
  const spec = { reconcile: true, deployments };
  await using project = await Project.create(gitkube, { spec });
  const metadata = { name: 'second', namespace: project.namespace };
  await project.apply({
    apiVersion: 'gitkube.sh/v1alpha1',
    kind: 'Remote',
    metadata,
    spec: { authorizedKeys: [await project.publicKey()], ...spec },
  });
  await project.kubectl('wait', '--for=jsonpath={.status.remoteUrl}', 'remote/second', '--timeout=120s');
  const first = await project.push();
  expect(first.output).toContain(`www/www: the Remote ${project.namespace}/second also deploys it; the last push wins`);
  expect(first.code).toBe(0);
  await project.writeApp('www', 'from the second');
  await project.commit('second version');
  const second = await project.tryGit(['push', project.url.replace(/app$/, 'second'), 'HEAD:main']);
  expect(second.code).toBe(0);
  expect(second.output).toContain(`www/www: the Remote ${project.namespace}/app also deploys it`);
  const suffix = `(the Remote ${project.namespace}/second also deploys it)`;
  await eventually(async () => gitkube.log.some((line) => line.includes(suffix)));
  expect(gitkube.log.join('\n')).not.toContain('"repairing"');
  expect(await project.page()).toBe('from the second');
});
