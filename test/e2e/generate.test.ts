import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, cliOnTerminal } from '../support/cli.ts';
import { kubectl, mustKubectl, TestNamespace } from '../support/kubectl.ts';
import { sshKeys } from '../support/ssh-keys.ts';

const alice = `ssh-ed25519 ${sshKeys.ed25519.base64} alice@laptop`;
const enter = '\r';

let namespace: TestNamespace;
let folder: string;
let keyFile: string;

beforeAll(async () => {
  namespace = await TestNamespace.create('generate');
  folder = await mkdtemp(join(tmpdir(), 'gitkube-generate-'));
  keyFile = join(folder, 'id.pub');
  await writeFile(keyFile, `${alice}\n`);
});

afterAll(async () => {
  await namespace[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Without the files of the user who runs the tests. */
function generate(args: readonly string[], options: { input?: string; home?: string } = {}) {
  const { home = folder, ...rest } = options;
  return cli(['-n', namespace.name, 'remote', 'generate', ...args], { ...rest, cwd: folder, env: { HOME: home } });
}

const answers = () => [
  '--name=app',
  `--key-file=${keyFile}`,
  '--manifests=none',
  '--registry=default',
  '--container=www/www',
];

describe('gitkube remote generate', () => {
  it('writes environments, whose workloads have names of their own, and refuses a branch twice', async () => {
    const environment = ['--branch=main', '--environment=staging=develop'];
    const { code, stdout, output } = await generate([...answers(), ...environment, '-f-']);
    expect(code).toBe(0);
    expect(load(stdout)).toMatchObject({
      spec: {
        branch: 'main',
        deployments: [{ name: 'www' }],
        environments: [{ name: 'staging', branch: 'develop', deployments: [{ name: 'www-staging' }] }],
      },
    });
    expect(output).toContain('staging deploys www-staging: correct the names where its workloads have others');
    expect((await kubectl(['apply', '--dry-run=server', '-f', '-'], stdout)).code).toBe(0);
    const refused = await generate([...answers(), '--branch=main', '--environment=staging=main', '-f-']);
    expect(refused.output).toContain('spec.environments[0] names branch main, which is of app');
    expect(refused.code).not.toBe(0);
  });

  it('writes what is promoted, the branch and the LFS server, and refuses what deploys nothing', async () => {
    const promoted = ['--promote-from=staging', '--promote-from=qa/app', '--require-promotion'];
    const { code, stdout } = await generate([
      ...answers(),
      '--branch=prod',
      ...promoted,
      '--lfs=https://lfs.example.com/app',
      '-f-',
    ]);
    expect(code).toBe(0);
    expect(load(stdout)).toMatchObject({
      spec: {
        branch: 'prod',
        promoteFrom: ['staging', 'qa/app'],
        requirePromotion: true,
        lfs: { url: 'https://lfs.example.com/app' },
      },
    });
    const refused = await generate([...answers(), '--require-promotion', '-f-']);
    expect(refused).toMatchObject({ code: 2, output: expect.stringContaining('spec.promoteFrom names nobody') });
  });

  it('writes a Remote from flags that the API server accepts', async () => {
    const { code, stdout, output } = await generate([
      '--name=app',
      `--key-file=${keyFile}`,
      '--manifests=helm',
      '--manifests-path=chart',
      '--registry=registry.example.com:5000/team',
      '--registry-secret=reg',
      '--container=www/www=services/web',
      '--container=www/init=.:docker/init',
      '--container=statefulset/db/db',
      '-f-',
    ]);
    expect(code).toBe(0);
    expect(load(stdout)).toEqual({
      apiVersion: 'gitkube.sh/v1alpha1',
      kind: 'Remote',
      metadata: { name: 'app', namespace: namespace.name },
      spec: {
        authorizedKeys: [alice],
        registry: { url: 'registry.example.com:5000/team', credentials: { secretRef: 'reg' } },
        manifests: { path: 'chart' },
        deployments: [
          {
            name: 'www',
            containers: [
              { name: 'www', path: 'services/web', dockerfile: 'services/web/Dockerfile' },
              { name: 'init', path: '.', dockerfile: 'docker/init' },
            ],
          },
          { name: 'db', kind: 'StatefulSet', containers: [{ name: 'db', path: '.', dockerfile: 'Dockerfile' }] },
        ],
      },
    });
    expect((await kubectl(['apply', '--dry-run=server', '-f', '-'], stdout)).output).toContain(
      'created (server dry run)',
    );
    expect(output).toContain(
      `kubectl -n ${namespace.name} create secret docker-registry reg --docker-server=registry.ex`,
    );
  });

  it('names every missing flag where there is no terminal to ask on', async () => {
    const { code, output } = await generate([]);
    expect(output).toContain('these are missing: --name, --key-file, --manifests, --registry, --container');
    expect(code).toBe(2);
  });

  it.each([
    ['--name=App', '--name App: lower case, digits and -'],
    ['--container=www', '--container www is not [kind/]workload/container[=path[:dockerfile]]'],
    ['--container=job/www/www', 'job is no kind of workload'],
    ['--container=www/www=../other', 'spec.deployments[0].containers[0].path is "../other": must be relative'],
  ])('refuses %s', async (flag, message) => {
    const { code, output } = await generate([
      ...answers().filter((one) => !flag.startsWith(one.split('=')[0] ?? '')),
      flag,
    ]);
    expect(output).toContain(message);
    expect(code).not.toBe(0);
  });

  it('does not overwrite a file without being asked to', async () => {
    expect((await generate([...answers(), '-o', 'json'])).code).toBe(0);
    const written = await readFile(join(folder, 'remote.json'), 'utf8');
    expect(JSON.parse(written)).toMatchObject({ metadata: { name: 'app' } });
    const again = await generate([...answers(), '-o', 'json', '--container=other/other']);
    expect(again.output).toContain('error: remote.json exists already\nhint: add --overwrite');
    expect(again.code).toBe(2);
    expect(await readFile(join(folder, 'remote.json'), 'utf8')).toBe(written);
  });

  it('takes the account of Docker Hub from docker login, and shows no password', async () => {
    const auth = Buffer.from('alice:secret word').toString('base64');
    const config = JSON.stringify({ auths: { 'https://index.docker.io/v1/': { auth } } });
    await mustWrite('.docker/config.json', config);
    const { stdout, output } = await generate([
      ...answers().filter((flag) => !flag.startsWith('--registry')),
      '--registry=docker.io',
      '-f-',
    ]);
    expect(load(stdout)).toMatchObject({
      spec: { registry: { url: 'docker.io/alice', credentials: { secretRef: 'app-regsecret' } } },
    });
    expect(output).toMatch(
      /create secret docker-registry app-regsecret .*--docker-username='alice' --docker-password="\$PASS/,
    );
    expect(output).not.toContain('secret word');
    expect((await kubectl(['-n', namespace.name, 'get', 'secret', 'app-regsecret'])).code).toBe(1);
  });

  it('creates the Secret with --create-secret', async () => {
    const flags = [
      '--registry=registry.example.com',
      '--registry-user=bob',
      '--registry-password-stdin',
      '--create-secret',
    ];
    const { code } = await generate([...answers().filter((flag) => !flag.startsWith('--registry')), ...flags, '-f-'], {
      input: 'p:ss word\n',
    });
    expect(code).toBe(0);
    const path = 'jsonpath={.type} {.data.\\.dockerconfigjson}';
    const [type, data = ''] = (
      await mustKubectl(['-n', namespace.name, 'get', 'secret', 'app-regsecret', '-o', path])
    ).split(' ');
    expect(type).toBe('kubernetes.io/dockerconfigjson');
    expect(JSON.parse(Buffer.from(data, 'base64').toString())).toMatchObject({
      auths: { 'registry.example.com': { username: 'bob', password: 'p:ss word' } },
    });
  });

  it('asks on a terminal', async () => {
    const terminal = cliOnTerminal(['remote', 'generate', '-f', 'asked.yaml'], { cwd: folder });
    const answer = async (question: string, keys: string) => {
      await terminal.shows(question);
      terminal.type(keys);
    };
    const down = '\u001b[B';
    await answer('Name of the remote', `Asked${enter}`);
    await answer('lower case, digits and -', `${'\u007f'.repeat(5)}asked${enter}`);
    await answer('Namespace of its workloads', `${namespace.name}${enter}`);
    await answer('SSH public key', `\u0015${keyFile}${enter}`);
    await answer('Which manifests of the repository', enter);
    await answer('Where do images go?', `${down}${down}${enter}`);
    await answer('Its address', `registry.example.com/team${enter}`);
    await answer('The Secret with its credentials', enter);
    await answer('What kind of workload?', `${down}${enter}`);
    await answer('Name of the StatefulSet', `db${enter}`);
    await answer('Name of the container', `db${enter}`);
    await answer('the build context', `services/db${enter}`);
    await answer('Dockerfile, from the root', enter);
    await answer('Another container of db?', enter);
    await answer('Another workload?', enter);
    const { code, output } = await terminal.ended;
    expect(output).toContain('wrote asked.yaml');
    expect(code).toBe(0);
    expect(load(await readFile(join(folder, 'asked.yaml'), 'utf8'))).toEqual({
      apiVersion: 'gitkube.sh/v1alpha1',
      kind: 'Remote',
      metadata: { name: 'asked', namespace: namespace.name },
      spec: {
        authorizedKeys: [alice],
        registry: { url: 'registry.example.com/team', credentials: { secretRef: 'asked-regsecret' } },
        deployments: [
          {
            name: 'db',
            kind: 'StatefulSet',
            containers: [{ name: 'db', path: 'services/db', dockerfile: 'services/db/Dockerfile' }],
          },
        ],
      },
    });
  });
});

async function mustWrite(path: string, text: string): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), text);
}
