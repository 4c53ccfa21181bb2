/** A server with the rights that the chart gives it, and so without the rights that manifests need. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Account, type Rule } from '../support/account.ts';
import { Gitkube } from '../support/gitkube.ts';
import { chart, mustHelm, values } from '../support/helm.ts';
import { kubectl, mustKubectl, TestNamespace } from '../support/kubectl.ts';
import { configMap, createManifestsProject, deployment, makeAccount, service, yaml } from '../support/manifests.ts';
import type { Project } from '../support/project.ts';

let stack: AsyncDisposableStack;
let namespace: string;
let gitkube: Gitkube;

interface Role {
  readonly kind: string;
  readonly metadata: { readonly namespace?: string };
  readonly rules: readonly Rule[];
}

beforeAll(async () => {
  stack = new AsyncDisposableStack();
  namespace = stack.use(await TestNamespace.create('rights')).name;
  const account = stack.use(await Account.create(namespace));
  const set = values({ watchNamespaces: [namespace] });
  const rendered = await mustHelm(
    'template',
    'gitkube',
    chart,
    '-n=gitkube',
    '--show-only=templates/rights.yaml',
    ...set,
  );
  const roles = (loadAll(rendered) as (Role | null)[]).filter((one) => one?.kind === 'Role');
  await account.allow(namespace, roles.find((role) => role?.metadata.namespace === namespace)?.rules ?? []);
  gitkube = stack.use(await Gitkube.start({ GITKUBE_KUBECONFIG: account.kubeconfig, GITKUBE_NAMESPACES: namespace }));
});
afterAll(() => stack.disposeAsync());

/** The account with the Role that docs/manifests.md gives it. */
async function makeDocumentedAccount(project: Project): Promise<void> {
  const docs = await readFile(join(chart, '../../docs/manifests.md'), 'utf8');
  const role = /^apiVersion: rbac[^`]*/m.exec(docs)?.[0].replace('namespace: shop', `namespace: ${project.namespace}`);
  await mustKubectl(['apply', '-f', '-'], role);
  const name = 'gitkube-deployer';
  await project.kubectl('create', 'serviceaccount', name);
  const subject = `--serviceaccount=${project.namespace}:${name}`;
  await project.kubectl('create', 'rolebinding', name, `--role=${name}`, subject);
}

it('manifests are applied, pruned and restored as the account with its documented Role, and as no other one', async () => {
  const project = await createManifestsProject(gitkube, { namespace, role: undefined });
  await makeDocumentedAccount(project);
  await project.write('k8s/app.yaml', yaml(deployment(), service(), configMap('old', { a: '1' })));
  await project.commit('first');
  const first = await project.push();
  expect(first.output).toContain('Released releases/1');
  const crashing = deployment('www', { command: ['sh', '-c', 'exit 1'] });
  await project.write('k8s/app.yaml', yaml(crashing, service(), configMap('new', {})));
  await project.commit('crashes');
  const crashed = await project.push();
  expect(crashed.output).toContain('manifests: 1 object restored: Deployment/www');
  expect(crashed.output).toContain('manifests: deleted what this deploy created: ConfigMap/new');
  expect(crashed.code).toBe(1);
  expect(await project.kubectl('get', 'configmaps', '-o', 'name')).not.toContain('new');
  expect(await project.page()).toBe('www 1');
  await project.write('k8s/app.yaml', yaml(deployment('www', { env: 'green' }), service()));
  await project.commit('second');
  const second = await project.push();
  expect(second.output).toContain('ConfigMap/old: is no longer in the manifests, deleted');
  expect(second.code).toBe(0);

  await makeAccount(project, 'admin', 'powerful');
  const remote = (serviceAccountName: string) => ({
    deployments: [{ name: 'www', containers: [{ name: 'www', path: 'www' }] }],
    manifests: { path: 'k8s', serviceAccountName },
  });
  await project.applyRemote(remote('powerful'));
  await project.commit('as another one');
  const other = await project.push();
  expect(other.output).toContain(`error: gitkube may not impersonate system:serviceaccount:${namespace}:powerful`);
  expect(other.output).toContain('which grants impersonate for that ServiceAccount');
  expect(other.code).toBe(1);
});

it.each(['kube-system:admin', 'a:b', '..', 'system:admin', 'x/y', ''])(
  '%j is no account that a Remote can name',
  async (name) => {
    const manifests = { path: 'k8s', serviceAccountName: name };
    const spec = { authorizedKeys: [], deployments: [], manifests };
    const remote = { apiVersion: 'gitkube.sh/v1alpha1', kind: 'Remote', metadata: { name: 'odd', namespace }, spec };
    const { code, output } = await kubectl(['apply', '--dry-run=server', '-f', '-'], remote);
    if (name === '') expect(code).toBe(0);
    else expect(output).toMatch(/spec\.manifests\.serviceAccountName/);
  },
);
