import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeObjects, installObjects, parseManifest } from '../../cli/install/manifest.ts';
import type { Images } from '../../scripts/images/ensure.ts';
import { callApi, deleteNamespace, ensureNamespace, unlessGone } from '../support/api-server.ts';
import { cli, cliOnTerminal } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { chart, mustHelm } from '../support/helm.ts';
import { kubectl, mustKubectl, TestNamespace } from '../support/kubectl.ts';
import { giveTo } from '../support/lease.ts';
import { publishedImages } from '../support/release.ts';
import { rig } from '../support/rig.ts';

interface Finding {
  readonly check: string;
  readonly level: string;
  readonly message: string;
  readonly fix: readonly string[];
  readonly pod?: string;
}

interface Left {
  readonly metadata: { readonly namespace: string; readonly name: string };
}

// It removes the CRD, and with it every Remote of the cluster.
let namespace: TestNamespace;
let folder: string;
let images: Images;

beforeAll(async () => {
  await letRemotesGo();
  namespace = await TestNamespace.create('install');
  await mustKubectl(['label', 'namespace', namespace.name, 'pod-security.kubernetes.io/enforce=privileged']);
  folder = await mkdtemp(join(tmpdir(), 'gitkube-install-'));
  images = await publishedImages();
  await makeVolume();
}, 600_000);

afterAll(async () => {
  await cli(['-n', namespace.name, 'uninstall', '--wait=false']);
  await mustKubectl(['delete', 'persistentvolume', namespace.name, '--wait=false']);
  await namespace[Symbol.asyncDispose]();
  await mustKubectl(['apply', '--server-side', '--force-conflicts', '-f', join(chart, '../crd.yaml')]);
  // The next file makes Remotes at once, and the CRD is stored a moment before they are served.
  await eventually(async () => (await kubectl(['get', 'remotes', '-A'])).code === 0);
  await rm(folder, { recursive: true, force: true });
});

/** What other tests left: a server waits a minute for another one to put their repositories away. */
async function letRemotesGo(): Promise<void> {
  const all = '/apis/gitkube.sh/v1alpha1/remotes';
  const left = async () => (JSON.parse(await callApi('GET', all)) as { items: Left[] }).items;
  const found = await left();
  const namespaces = [...new Set(found.map(({ metadata }) => metadata.namespace))];
  // An API server that has just started knows no Remotes yet: a namespace that ends then goes without those in it, and
  // nobody can change them before there is one of its name again.
  await Promise.all(namespaces.map(ensureNamespace));
  await Promise.all(found.map(letGo));
  await eventually(async () => (await left()).length === 0, 120_000);
  await Promise.all(namespaces.map(deleteNamespace));
}

/** Some of them may go while this is under way. */
async function letGo({ metadata: { namespace: of, name } }: Left): Promise<void> {
  const path = `/apis/gitkube.sh/v1alpha1/namespaces/${of}/remotes/${name}`;
  await callApi('PATCH', path, { metadata: { finalizers: null } }).catch(unlessGone);
  await callApi('DELETE', path).catch(unlessGone);
}

/** The cluster of the tests creates none. */
async function makeVolume(): Promise<void> {
  const path = `${rig().state}/volumes/${namespace.name}`;
  await mkdir(path, { recursive: true });
  await chmod(path, 0o777);
  const spec = {
    capacity: { storage: '10Gi' },
    accessModes: ['ReadWriteOnce'],
    hostPath: { path },
    claimRef: { namespace: namespace.name, name: 'gitkube' },
  };
  await mustKubectl(['apply', '-f', '-'], {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: namespace.name },
    spec,
  });
}

function inNamespace(...args: string[]) {
  return cli(['-n', namespace.name, ...args], { env: { PATH: `${dirname(rig().helm)}:${process.env.PATH}` } });
}

function install(...args: string[]) {
  const { server, engine } = images;
  return inNamespace(
    ...['install', '--expose=NodePort', `--image=${server}`, `--engine-image=${engine}`, '--force-conflicts'],
    ...[`--registry=${rig().registry}`, `--set=GITKUBE_INSECURE_REGISTRIES=${rig().registry}`, ...args],
  );
}

async function findings(...args: string[]): Promise<Finding[]> {
  return JSON.parse((await inNamespace('doctor', '-o', 'json', ...args)).stdout) as Finding[];
}

describe('gitkube install', () => {
  it('renders install.yaml to what the chart renders with the same values', async () => {
    const values = ['service.type=NodePort', 'image.repository=r.example.com/g', 'image.tag=v1', 'crds.keep=false'];
    const set = [...values, 'persistence.keep=false', 'settings.GITKUBE_REGISTRY=r.example.com'].join(',');
    const rendered = await mustHelm('template', 'gitkube', chart, '--namespace=team', '--no-hooks', `--set=${set}`);
    const changed = changeObjects(await installObjects(), {
      namespace: 'team',
      expose: 'NodePort',
      image: 'r.example.com/g:v1',
      settings: { GITKUBE_REGISTRY: 'r.example.com' },
    });
    expect(changed[0]).toMatchObject({ kind: 'Namespace', metadata: { name: 'team' } });
    const ofHelm = /^ *(?:helm\.sh\/chart: .*|app\.kubernetes\.io\/managed-by: Helm)\n/gm;
    expect(changed.slice(1)).toEqual(parseManifest(rendered.replace(ofHelm, '')));
  });

  it('prints what it would apply', async () => {
    const { code, stdout } = await inNamespace('install', '-o', 'yaml');
    expect(code).toBe(0);
    const taken = await kubectl(['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-f', '-'], stdout);
    expect(taken.output).toContain('deployment.apps/gitkube serverside-applied (server dry run)');
    expect(taken.code).toBe(0);
  });

  it('refuses by name an unknown setting, a malformed value, values without helm, and a bad value', async () => {
    const unknown = await inNamespace('install', '--set=GITKUBE_NONSENSE=1');
    expect(unknown.output).toContain('GITKUBE_NONSENSE is no setting of the server');
    expect(unknown.code).toBe(2);
    const wrong = await inNamespace('install', '--public-address=nowhere', '-o', 'yaml');
    expect(wrong.output).toContain('GITKUBE_PUBLIC_ADDRESS=nowhere: expected host:port');
    expect(wrong.code).toBe(2);
    const values = join(folder, 'values.yaml');
    await writeFile(values, 'servce: {type: NodePort}\n');
    const typo = await inNamespace('install', `--values=${values}`);
    expect(typo.output).toMatch(/error: helm does not accept these values:[\s\S]*servce/);
    const bare = await cli(['install', `--values=${values}`], { env: { PATH: '/nowhere' } });
    expect(bare.output).toContain('error: --values needs helm');
    expect(bare.code).toBe(2);
  });

  it('checks everything in a dry run, and stores nothing', async () => {
    const { code, output } = await install('--dry-run');
    expect(output).toContain(`deployment ${namespace.name}/gitkube created (dry run)`);
    expect(code).toBe(0);
    expect((await kubectl(['-n', namespace.name, 'get', 'deployment', 'gitkube'])).code).toBe(1);
    const elsewhere = await cli(['-n', 'not-there-yet', 'install', '--dry-run', '--force-conflicts']);
    expect(elsewhere.output).toContain('namespace not-there-yet is not there yet');
    expect(elsewhere.code).toBe(0);
  });

  it('fails early with the reason of the pod', async () => {
    const { server } = images;
    // It may wait ten minutes, longer than this test.
    const { code, output } = await install(`--image=${server}-missing`);
    expect(output).toMatch(
      /error: Deployment gitkube in namespace .*: the node cannot pull the image of container server/,
    );
    expect(code).toBe(1);
  });

  it('waits until it is ready, and prints the address and the first push', async () => {
    const { code, output, stdout } = await install();
    expect(output).toMatch(/^gitkube: 0 of 1 new pod ready, waiting for /m);
    expect(stdout).toMatch(/^Gitkube takes pushes at ssh:\/\/git@\S+:\d+\/<namespace>\/<remote>$/m);
    expect(stdout).toContain('git push <url> HEAD:main');
    expect(code).toBe(0);
  });
});

describe('gitkube doctor, from outside', () => {
  it('finds the server, and has it check itself in its pod', async () => {
    // The node's packet filter knows of a new pod a moment later than the Deployment.
    const found = await eventually(async () => {
      const all = await findings();
      expect(all.filter(({ level }) => level !== 'OK')).toEqual([]);
      return all;
    });
    const where = (pod: boolean) => found.filter((one) => (one.pod !== undefined) === pod).map(({ check }) => check);
    expect(where(false)).toEqual(['cluster', 'crd', 'server', 'address']);
    expect(where(true)).toEqual(expect.arrayContaining(['rights', 'engine', 'registry', 'data', 'clock', 'git']));
    const { output, code } = await inNamespace('doctor');
    expect(output).toMatch(/^In pod gitkube-\S+:$/m);
    expect(output).toMatch(/No problems found\.\n$/);
    expect(code).toBe(0);
  });

  it('names a right that the server has lost', async () => {
    const role = `${namespace.name}:gitkube`;
    const deployments = { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] };
    const { rules } = JSON.parse(await mustKubectl(['get', 'clusterrole', role, '-o', 'json'])) as { rules: unknown[] };
    const without = (rules as { resources: string[] }[]).filter(({ resources }) => !resources.includes('deployments'));
    const set = (wanted: unknown[]) =>
      mustKubectl(['patch', 'clusterrole', role, '--type=merge', '-p', JSON.stringify({ rules: wanted })]);
    await set([...without, deployments]);
    try {
      // What is in force follows what is stored a moment later.
      const rights = await eventually(async () => {
        const failed = (await findings()).filter(({ check, level }) => check === 'rights' && level === 'FAIL');
        return failed.length > 0 && failed;
      });
      const who = `system:serviceaccount:${namespace.name}:gitkube`;
      expect(rights[0]?.message).toBe(`${who} may not patch, list, watch deployments in all namespaces`);
      expect(rights[0]?.fix[0]).toContain('--verb=patch,list,watch --resource=deployments.apps');
    } finally {
      await set(rules);
    }
  });

  it('names a CRD that is older than the program, and its fix brings it up', async () => {
    const path = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/rollout';
    await mustKubectl([
      'patch',
      'crd',
      'remotes.gitkube.sh',
      '--type=json',
      '-p',
      JSON.stringify([{ op: 'remove', path }]),
    ]);
    const crd = async () => (await findings()).find(({ check }) => check === 'crd');
    const old = await eventually(async () => {
      const found = await crd();
      return found?.level === 'FAIL' && found;
    });
    expect(old.message).toBe('the CRD is older than this version and drops spec.rollout');
    expect(old.fix).toEqual(['gitkube install --crd-only']);
    expect((await inNamespace('install', '--crd-only', '--force-conflicts')).code).toBe(0);
    await eventually(async () => (await crd())?.level === 'OK');
  });

  it('names an engine that has gone', async () => {
    await install('--set=GITKUBE_ENGINE=tcp://127.0.0.1:9');
    const engine = (await findings()).find(({ check }) => check === 'engine');
    expect(engine).toMatchObject({ level: 'FAIL', message: expect.stringContaining('does not answer (ECONNREFUSED)') });
    expect(engine?.fix[0]).toBe('docker -H tcp://127.0.0.1:9 version');
  });

  it('reports that there is no server, and that it lacks the right to look', async () => {
    const { output, code } = await cli(['-n', 'default', 'doctor']);
    expect(output).toMatch(/^FAIL +server +there is no server of Gitkube in namespace default$/m);
    expect(output).toContain('fix: gitkube install -n default');
    expect(code).toBe(1);
  });
});

describe('gitkube uninstall', () => {
  it('prints what it would remove and what stays', async () => {
    const { output, code } = await inNamespace('uninstall', '--dry-run');
    expect(output).toContain(`deployment ${namespace.name}/gitkube would be removed`);
    expect(output).toMatch(/would stay: customresourcedefinition remotes\.gitkube\.sh, secret .*gitkube-host-key, /);
    expect(code).toBe(0);
  });

  it('removes what runs, and a new installation uses what stayed', async () => {
    const key = () =>
      mustKubectl(['-n', namespace.name, 'get', 'secret', 'gitkube-host-key', '-o', 'jsonpath={.data}']);
    const before = await key();
    await using served = await TestNamespace.create('served');
    await giveTo(`${namespace.name}/gitkube`, served.name);
    await using other = await TestNamespace.create('other');
    await giveTo('another-server', other.name);
    const { output, code } = await inNamespace('uninstall');
    expect(output).toContain(`clusterrole ${namespace.name}:gitkube removed`);
    expect(output).toContain(`lease ${served.name}/gitkube removed`);
    expect(code).toBe(0);
    expect(await mustKubectl(['-n', served.name, 'get', 'lease', '-o', 'name'])).toBe('');
    expect(await mustKubectl(['-n', other.name, 'get', 'lease', '-o', 'name'])).toContain('lease');
    // A ReplicaSet is collected a moment after its Deployment.
    await eventually(async () => {
      const left = await mustKubectl(['-n', namespace.name, 'get', 'all,roles,rolebindings', '-o', 'name']);
      expect(left.split('\n').filter((line) => line && !line.startsWith('pod/'))).toEqual([]);
      return true;
    });
    expect((await install()).code).toBe(0);
    expect(await key()).toBe(before);
  });

  it('asks before it purges, and refuses to without a terminal', async () => {
    const refused = await inNamespace('uninstall', '--purge');
    expect(refused.output).toContain('there is no terminal to ask on');
    expect(refused.code).toBe(2);
    const terminal = cliOnTerminal(['-n', namespace.name, 'uninstall', '--purge']);
    await terminal.shows('This cannot be undone.');
    terminal.type('n\r');
    const { output, code } = await terminal.ended;
    expect(output).toContain('nothing was removed');
    expect(code).toBe(0);
  });

  it('leaves nothing but the namespace with --purge', async () => {
    const { output, code } = await inNamespace('uninstall', '--purge', '--yes');
    expect(output).toContain('customresourcedefinition remotes.gitkube.sh removed');
    expect(output).toContain(`persistentvolumeclaim ${namespace.name}/gitkube removed`);
    expect(code).toBe(0);
    expect((await kubectl(['get', 'crd', 'remotes.gitkube.sh'])).code).toBe(1);
    expect((await inNamespace('uninstall')).output).toContain(`nothing of Gitkube runs in namespace ${namespace.name}`);
  });
});
