/** A server for some namespaces, with rights in these alone: the API server itself refuses everything else. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Account, type Rule } from '../support/account.ts';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { mustKubectl, TestNamespace } from '../support/kubectl.ts';
import { Project } from '../support/project.ts';

/** The table in kube/README.md. */
const rules: Rule[] = [
  { apiGroups: ['gitkube.sh'], resources: ['remotes'], verbs: ['list', 'watch', 'patch'] },
  { apiGroups: ['gitkube.sh'], resources: ['remotes/status'], verbs: ['patch'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['list', 'watch', 'create', 'update'] },
  { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'watch', 'patch'] },
  { apiGroups: ['apps'], resources: ['replicasets'], verbs: ['list', 'watch'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
  { apiGroups: [''], resources: ['pods/log', 'secrets'], verbs: ['get'] },
  { apiGroups: [''], resources: ['events'], verbs: ['list', 'watch', 'create', 'patch'] },
];

let stack: AsyncDisposableStack;
let served: string[];
let other: string;
let gitkube: Gitkube;

beforeAll(async () => {
  stack = new AsyncDisposableStack();
  const [a, b, c, d] = [
    stack.use(await TestNamespace.create('served-a')),
    stack.use(await TestNamespace.create('served-b')),
    stack.use(await TestNamespace.create('served-c')),
    stack.use(await TestNamespace.create('other')),
  ];
  served = [a.name, b.name, c.name];
  other = d.name;
  const account = stack.use(await Account.create(a.name));
  for (const name of served) await account.allow(name, rules);
  const env = { GITKUBE_KUBECONFIG: account.kubeconfig, GITKUBE_NAMESPACES: served.join(',') };
  gitkube = stack.use(await Gitkube.start(env));
});
afterAll(() => stack.disposeAsync());

// The rights in a namespace are gone before its Remotes when it is deleted: a finalizer could never be taken off.
it('a namespace that is deleted goes, and its repositories lie in the trash', async () => {
  const [, , c = ''] = served;
  await using project = await Project.create(gitkube, { replicas: 0, namespace: c });
  expect((await project.push()).output).toContain('Released releases/1');
  await mustKubectl(['delete', 'namespace', c, '--timeout=100s']);
  const trash = join(gitkube.dataFolder, 'trash', c);
  const found = await eventually(async () => {
    const repositories = await readdir(trash);
    return repositories.length > 0 && repositories;
  });
  expect(found).toEqual([expect.stringMatching(/^app\..*\.git$/)]);
});

it('Remotes are served where the server has rights, and are unknown elsewhere', async () => {
  const [a = '', b = ''] = served;
  await using first = await Project.create(gitkube, { namespace: a });
  await using second = await Project.create(gitkube, { replicas: 0, namespace: b });
  await mustKubectl(['apply', '-f', '-'], {
    apiVersion: 'gitkube.sh/v1alpha1',
    kind: 'Remote',
    metadata: { name: 'app', namespace: other },
    spec: { authorizedKeys: [await first.publicKey()] },
  });
  expect((await first.push()).output).toContain('Released releases/1');
  expect((await second.push()).output).toContain('Released releases/1');
  const greeting = await first.ssh();
  expect(greeting.stdout).toContain(`${a}/app`);
  expect(greeting.stdout).not.toContain(`${other}/app`);
  const unknown = await first.tryGit(['ls-remote', first.url.replace(a, other)]);
  expect(unknown.output).toContain(`no Remote ${other}/app accepts the key`);
  const refused = gitkube.log.filter((line) => line.includes('Forbidden') && (line.includes(a) || line.includes(b)));
  expect(refused).toEqual([]);
});
