/**
 * The repositories of hasura/gitkube-example (5a77948) with their remotes as they are, but the key. Their images come from
 * busybox instead of nginx, and their Deployments are of the API version that followed extensions/v1beta1.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Finished } from '../support/command.ts';
import { Gitkube } from '../support/gitkube.ts';
import { mustKubectl } from '../support/kubectl.ts';
import { giveTo } from '../support/lease.ts';
import { appDockerfile, Project } from '../support/project.ts';
import { servedPage } from '../support/service-page.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start();
  // An earlier server may hold it, and a server that is stopped keeps its Leases.
  await giveTo(gitkube.name, 'default');
  const account = '--serviceaccount=default:gitkube-deployer';
  await inDefault('create', 'serviceaccount', 'gitkube-deployer');
  await inDefault('create', 'rolebinding', 'gitkube-deployer', '--clusterrole=edit', account);
});
afterEach(async () => {
  await inDefault('delete', 'remotes', '--all', '--wait=false');
  await inDefault('delete', 'deployment,service', '-l', 'app=www');
  await inDefault('wait', '--for=delete', 'pod', '-l', 'app=www', '--timeout=120s');
});
afterAll(async () => {
  await inDefault('delete', 'serviceaccount,rolebinding', 'gitkube-deployer');
  await gitkube[Symbol.asyncDispose]();
  await inDefault('delete', 'lease', 'gitkube');
});

/** The namespace that the examples name. */
function inDefault(...args: string[]): Promise<string> {
  return mustKubectl(['-n', 'default', ...args]);
}

const registryComment = `  ## uncomment to add a registry
  # registry:
  #   url: "registry.io/user-name"
  #   credentials:
  #     secretKeyRef:
  #       name: regsecret
  #       key: .dockercfg
`;

const remotes = {
  'mono-repo': `apiVersion: gitkube.sh/v1alpha1
kind: Remote
metadata:
  name: example
  namespace: default
spec:
${registryComment}  manifests:
    helm: {}
    path: mono-repo/manifests
  deployments:
  - name: www
    containers: 
    - name: www
      path: mono-repo/microservices/nginx
      dockerfile: mono-repo/microservices/nginx/Dockerfile
  authorizedKeys:
  - "ssh-rsa <key>"
`,
  'mono-repo-helm': `apiVersion: gitkube.sh/v1alpha1
kind: Remote
metadata:
  name: example-helm
  namespace: default
spec:
${registryComment}  manifests:
    helm:
      release: www-release-1.0
    path: mono-repo-helm/mychart
  deployments:
  - name: www
    containers: 
    - name: www
      path: mono-repo-helm/microservices/nginx
      dockerfile: mono-repo-helm/microservices/nginx/Dockerfile
  authorizedKeys:
  - "ssh-rsa <key>"
`,
  // Out of multi-repo/README.md.
  'multi-repo, config': `apiVersion: gitkube.sh/v1alpha1
kind: Remote
metadata:
  name: config
  namespace: default
spec:
  manifests:
    path: .
  deployments: []
  authorizedKeys:
  - "ssh-rsa <key>"
`,
  'multi-repo, service': `apiVersion: gitkube.sh/v1alpha1
kind: Remote
metadata:
  name: nginx
  namespace: default
spec:
  deployments:
  - name: www
    containers:
    - name: www
      path: .
      dockerfile: Dockerfile
  authorizedKeys:
  - "ssh-rsa <key>"
`,
} as const;

const oldDeployment = `apiVersion: extensions/v1beta1
kind: Deployment
metadata:
  creationTimestamp: null
  labels:
    app: www
    hasuraService: custom
  name: www
  namespace: default
spec:
  replicas: 1
  strategy: {}
  template:
    metadata:
      creationTimestamp: null
      labels:
        app: www
    spec:
      containers:
      - image: hasura/base-git-image:0.7
        imagePullPolicy: IfNotPresent
        name: www
        ports:
        - containerPort: 8080
          protocol: TCP
        resources: {}
      securityContext: {}
      terminationGracePeriodSeconds: 0
status: {}
`;
const deployment = oldDeployment
  .replace('extensions/v1beta1', 'apps/v1')
  .replace('  replicas: 1\n', '  replicas: 1\n  selector:\n    matchLabels:\n      app: www\n');

const service = `apiVersion: v1
kind: Service
metadata:
  creationTimestamp: null
  labels:
    app: www
    hasuraService: custom
  name: www
  namespace: default
spec:
  ports:
  - port: 80
    protocol: TCP
    targetPort: 8080
  selector:
    app: www
  type: LoadBalancer
status:
  loadBalancer: {}
`;

/** A repository with a key of its own; the Remotes of the examples take its pushes. */
async function repository(files: Readonly<Record<string, string>>): Promise<Project> {
  const project = await Project.create(gitkube, { deployments: [], spec: {} });
  for (const [path, content] of Object.entries(files)) await project.write(path, content);
  await project.commit('the example');
  return project;
}

/** @returns its name */
async function applyRemote(project: Project, remote: keyof typeof remotes): Promise<string> {
  const text = remotes[remote].replace('ssh-rsa <key>', (await project.publicKey()).trim());
  await project.write('remote.yaml', text);
  await mustKubectl(['apply', '-f', `${project.folder}/remote.yaml`]);
  const name = /name: (\S+)/.exec(text)?.[1] ?? '';
  await inDefault('wait', '--for=jsonpath={.status.remoteUrl}', `remote/${name}`, '--timeout=120s');
  return name;
}

function push(project: Project, name: string): Promise<Finished> {
  return project.tryGit([
    'push',
    `ssh://default-${name}@127.0.0.1:${gitkube.port}/~/git/default-${name}`,
    'HEAD:master',
  ]);
}

const page = () => servedPage('default', 'www');

describe('gitkube-example', () => {
  it('mono-repo runs after a push to the address that the original gave', async () => {
    const path = 'mono-repo/microservices/nginx';
    await using project = await repository({
      'mono-repo/manifests/nginx-deployment.yaml': oldDeployment,
      'mono-repo/manifests/nginx-svc.yaml': service,
      [`${path}/Dockerfile`]: appDockerfile(),
      [`${path}/index.html`]: 'Hello, mono-repo\n',
    });
    const name = await applyRemote(project, 'mono-repo');
    const old = await push(project, name);
    expect(old.output).toContain(
      'error: mono-repo/manifests/nginx-deployment.yaml: Deployment/www: this cluster has no kind Deployment in apiVersion extensions/v1beta1',
    );
    expect(old.output).toContain(
      'hint: use apiVersion: apps/v1; to see its fields, type: kubectl explain deployment.spec',
    );
    expect(old.code).toBe(1);
    await project.write(
      'mono-repo/manifests/nginx-deployment.yaml',
      oldDeployment.replace('extensions/v1beta1', 'apps/v1'),
    );
    await project.commit('without a selector');
    const half = await push(project, name);
    expect(half.output).toContain('spec.selector: Required value');
    await project.write('mono-repo/manifests/nginx-deployment.yaml', deployment);
    await project.commit('apps/v1');
    const pushed = await push(project, name);
    expect(pushed.output).toContain('manifests: 2 objects, 2 created: Service/www, Deployment/www');
    expect(pushed.output).toContain('Released releases/1');
    expect(pushed.code).toBe(0);
    expect(await page()).toBe('Hello, mono-repo');
  });

  it('mono-repo-helm runs after a push', async () => {
    const path = 'mono-repo-helm/microservices/nginx';
    await using project = await repository({
      'mono-repo-helm/mychart/Chart.yaml':
        'apiVersion: v1\nappVersion: "1.0"\ndescription: A Helm chart for my application\nname: mychart\nversion: 0.1.0\n',
      'mono-repo-helm/mychart/templates/deployment.yaml': deployment,
      'mono-repo-helm/mychart/templates/service.yaml': service,
      [`${path}/Dockerfile`]: appDockerfile(),
      [`${path}/index.html`]: 'Hello, mono-repo-helm\n',
    });
    const name = await applyRemote(project, 'mono-repo-helm');
    const pushed = await push(project, name);
    expect(pushed.output).toContain('manifests: 2 objects, 2 created: Service/www, Deployment/www');
    expect(pushed.code).toBe(0);
    expect(await page()).toBe('Hello, mono-repo-helm');
  });

  it('multi-repo runs with configuration and service from repositories of their own, and neither undoes the other', async () => {
    await using config = await repository({ 'nginx-deployment.yaml': deployment, 'nginx-service.yaml': service });
    await using nginx = await repository({ Dockerfile: appDockerfile(), 'index.html': 'Hello, multi-repo\n' });
    const configName = await applyRemote(config, 'multi-repo, config');
    const serviceName = await applyRemote(nginx, 'multi-repo, service');
    const configured = await push(config, configName);
    expect(configured.output).toContain('2 created: Service/www, Deployment/www');
    expect(configured.code).toBe(0);
    const served = await push(nginx, serviceName);
    expect(served.output).toContain('www: rolled out');
    expect(served.code).toBe(0);
    expect(await page()).toBe('Hello, multi-repo');
    await config.write('nginx-deployment.yaml', deployment.replace('  replicas: 1', '  replicas: 2'));
    await config.commit('two of them');
    const again = await push(config, configName);
    expect(again.output).toContain('remote.yaml: Remote/config is not applied by a push, skipped');
    expect(again.output).toContain('somebody set the image of www to');
    expect(again.output).toContain('1 changed: Deployment/www');
    expect(again.code).toBe(0);
    expect(await page()).toBe('Hello, multi-repo');
  });
});
