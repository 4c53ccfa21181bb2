import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rightsTable } from '../../kube/rights.ts';
import { Account } from '../support/account.ts';
import { cli } from '../support/cli.ts';
import { must } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { mustKubectl, TestNamespace } from '../support/kubectl.ts';
import { PrivateRegistry } from '../support/private-registry.ts';
import { rig } from '../support/rig.ts';
import { typed } from '../support/typed.ts';

interface Finding {
  readonly check: string;
  readonly level: string;
  readonly message: string;
  readonly fix: readonly string[];
}

let gitkube: Gitkube;
let namespace: TestNamespace;
let folder: string;
let runs = 0;

beforeAll(async () => {
  gitkube = await Gitkube.start();
  namespace = await TestNamespace.create('doctor', gitkube);
  folder = await mkdtemp(join(tmpdir(), 'gitkube-doctor-'));
});

afterAll(async () => {
  await gitkube[Symbol.asyncDispose]();
  await namespace[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** The settings of the server that runs, and what a test changes of them. */
function settings(changes: Record<string, string> = {}): Record<string, string> {
  return {
    GITKUBE_DATA: gitkube.dataFolder,
    GITKUBE_SERVER_NAME: gitkube.name,
    GITKUBE_SSH_LISTEN: `127.0.0.1:${gitkube.port}`,
    GITKUBE_KUBECONFIG: rig().kubeconfig,
    GITKUBE_ENGINE: rig().engine,
    // Each run pushes the same image and removes it again: one would remove that of another.
    GITKUBE_REGISTRY: `${rig().registry}/doctor-${++runs}`,
    GITKUBE_INSECURE_REGISTRIES: rig().registry,
    GITKUBE_NAMESPACES: namespace.name,
    ...changes,
  };
}

/** The program in a process of its own. */
function doctor(changes: Record<string, string>) {
  return cli(['doctor'], { env: settings(changes) });
}

/** What the program finds in this process. */
async function findings(changes: Record<string, string> = {}, ...args: string[]): Promise<Finding[]> {
  const { output } = await typed(['doctor', '-o', 'json', ...args], settings(changes));
  return JSON.parse(output) as Finding[];
}

async function finding(check: string, changes: Record<string, string> = {}, ...args: string[]): Promise<Finding> {
  const found = (await findings(changes, ...args)).find((one) => one.check === check);
  if (!found) throw new Error(`there is no finding of ${check}`);
  return found;
}

/** A fix is a command to type, as the administrator of the cluster. */
function type(command = '', values: Record<string, string> = {}): Promise<string> {
  const line = Object.entries(values).reduce((text, [name, value]) => text.replace(`<${name}>`, value), command);
  return must('sh', ['-c', line], {
    env: { KUBECONFIG: rig().kubeconfig, PATH: `${join(rig().kubectl, '..')}:${process.env.PATH}` },
  });
}

describe('gitkube doctor', () => {
  it('finds nothing wrong where a push works', async () => {
    const { code, output } = await doctor({});
    expect(output).toMatch(/^OK {5}cluster {4}Kubernetes v/m);
    expect(output).toMatch(/^OK {5}engine .*BuildKit$/m);
    expect(output).toMatch(/^OK {5}registry .*a pushed image was stored, and removed again$/m);
    expect(output).toMatch(/^OK {5}address .* answers SSH-2\.0-/m);
    expect(output).toMatch(/No problems found\.\n$/);
    expect(code).toBe(0);
  });

  it('names a wrong password, and its fix works', async () => {
    await using registry = await PrivateRegistry.start();
    await using inside = await TestNamespace.create('doctor-registry', gitkube);
    const make = (password: string) => [
      ...['-n', inside.name, 'create', 'secret', 'docker-registry', 'reg', `--docker-server=${registry.host}`],
      ...[`--docker-username=${registry.username}`, `--docker-password=${password}`],
    ];
    await mustKubectl(make('wrong'));
    await mustKubectl(['apply', '-f', '-'], {
      apiVersion: 'gitkube.sh/v1alpha1',
      kind: 'Remote',
      metadata: { name: 'app', namespace: inside.name },
      spec: { registry: { url: `${registry.host}/team`, credentials: { secretRef: 'reg' } } },
    });
    const changes = { GITKUBE_NAMESPACES: inside.name };
    const wrong = (await findings(changes)).filter(({ check }) => check === 'registry');
    expect(wrong.map(({ level }) => level)).toEqual(['OK', 'FAIL']);
    expect(wrong[1]?.message).toContain(
      `${registry.host}/team (remote ${inside.name}/app): the registry ${registry.host} refuses access`,
    );
    expect(JSON.stringify(wrong)).not.toContain('"wrong"');

    await type(wrong[1]?.fix[0], { user: registry.username, password: registry.password });
    const mended = await finding('registry', changes, '--remote', `${inside.name}/app`);
    expect(mended).toMatchObject({
      level: 'OK',
      message: expect.stringContaining('a pushed image was stored, and removed'),
    });

    await mustKubectl(['-n', inside.name, 'delete', 'secret', 'reg']);
    const missing = await finding('registry', changes, '--remote', `${inside.name}/app`);
    const message = expect.stringContaining(`the Secret ${inside.name}/reg does not exist`);
    expect(missing).toMatchObject({ level: 'FAIL', message });
  });

  it('names every right that is missing, and its fixes give them', async () => {
    await using account = await Account.create(namespace.name);
    const served = rightsTable.filter(({ where }) => where === 'served' || where === 'leases');
    const allowed = served
      .filter(({ resources, verbs }) => !verbs.includes('delete') && !resources.includes('remotes/status'))
      .map(({ group, resources, verbs }) => ({
        apiGroups: [group],
        resources: resources.filter((resource) => resource !== 'statefulsets'),
        verbs,
      }));
    await account.allow(namespace.name, allowed);
    const changes = { GITKUBE_KUBECONFIG: account.kubeconfig };
    const missing = (await findings(changes)).filter(({ check }) => check === 'rights');
    const who = `system:serviceaccount:${namespace.name}:gitkube`;
    expect(missing.map(({ level, message }) => [level, message])).toEqual([
      ['FAIL', `${who} may not patch remotes/status in namespace ${namespace.name}`],
      ['FAIL', `${who} may not get, patch, list, watch statefulsets in namespace ${namespace.name}`],
      [
        'WARN',
        expect.stringContaining(`${who} may not delete pods in namespace ${namespace.name}; Gitkube works without`),
      ],
      ['WARN', expect.stringContaining(`${who} may not impersonate serviceaccounts in namespace ${namespace.name}`)],
    ]);
    for (const command of missing.flatMap(({ fix }) => fix)) await type(command);
    // A Role is in force a moment after it is stored.
    const mended = await eventually(async () => {
      const found = await finding('rights', changes);
      return found.level === 'OK' && found;
    });
    expect(mended).toMatchObject({ level: 'OK', message: expect.stringMatching(`^${who} has the \\d+ rights that`) });
  });

  // These share nothing, and wait most of the time.
  it.concurrent('ends where nothing ever answers, and reports each timeout', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const host = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const config = (await mustKubectl(['config', 'view', '--raw'])).replace(/server: .*/, `server: https://${host}`);
    const kubeconfig = join(folder, 'silent.yaml');
    await writeFile(kubeconfig, config);
    const found = await findings({
      GITKUBE_KUBECONFIG: kubeconfig,
      GITKUBE_ENGINE: `tcp://${host}`,
      GITKUBE_REGISTRY: host,
      GITKUBE_INSECURE_REGISTRIES: host,
      GITKUBE_PUBLIC_ADDRESS: host,
    });
    silent.close();
    const failed = found.filter(({ level }) => level === 'FAIL');
    expect(failed.map(({ check }) => check)).toEqual(['cluster', 'engine', 'registry']);
    for (const { fix } of failed) expect(fix).not.toEqual([]);
    expect(failed[2]?.message).toContain('does not answer within 15 s');
  });

  it.concurrent('names an engine that does not answer', async () => {
    const { code, output } = await doctor({ GITKUBE_ENGINE: 'tcp://127.0.0.1:9' });
    expect(output).toMatch(
      /^FAIL {3}engine +the Docker Engine at tcp:\/\/127\.0\.0\.1:9 does not answer \(ECONNREFUSED\)$/m,
    );
    expect(output).toMatch(/^ +fix: docker -H tcp:\/\/127\.0\.0\.1:9 version$/m);
    expect(output).toMatch(/\n1 failed\.\n$/);
    expect(code).toBe(1);
  });

  it.concurrent('names a server at the address of the engine that is no engine', async () => {
    const found = await finding('engine', { GITKUBE_ENGINE: `tcp://127.0.0.1:${gitkube.port}` });
    expect(found).toMatchObject({ level: 'FAIL', message: expect.stringContaining('does not answer') });
  });

  it.concurrent('names a registry without TLS that nobody allowed, and one that is not there', async () => {
    const noTls = await finding('registry', { GITKUBE_INSECURE_REGISTRIES: '' });
    expect(noTls.level).toBe('FAIL');
    expect(noTls.fix.join('\n')).toContain(`GITKUBE_INSECURE_REGISTRIES=${rig().registry}`);
    const nobody = await finding('registry', { GITKUBE_REGISTRY: '127.0.0.1:2' });
    expect(nobody).toMatchObject({
      level: 'FAIL',
      message: expect.stringContaining('does not answer (connection refused)'),
    });
  });

  it.concurrent('checks everything else when the cluster does not answer', async () => {
    const kubeconfig = join(folder, 'nobody.json');
    await writeFile(
      kubeconfig,
      (await mustKubectl(['config', 'view', '--raw'])).replace(/server: .*/, 'server: https://127.0.0.1:9'),
    );
    const found = await findings({ GITKUBE_KUBECONFIG: kubeconfig });
    expect(found.map(({ check, level }) => [check, level])).toEqual([
      ['cluster', 'FAIL'],
      ['crd', 'WARN'],
      ['rights', 'WARN'],
      ['leases', 'WARN'],
      ['engine', 'OK'],
      ['registry', 'OK'],
      ['address', 'OK'],
      ['data', 'OK'],
      ['clock', 'WARN'],
      ['git', 'OK'],
      ['ssh', 'OK'],
    ]);
    expect(found[0]?.message).toContain('ECONNREFUSED (https://127.0.0.1:9)');
    expect((await findings({ GITKUBE_KUBECONFIG: '/nowhere' }))[0]?.message).toBe(
      'the kubeconfig /nowhere does not exist',
    );
  });

  it.concurrent('names a data folder that does not exist, and its fix creates it', async () => {
    const changes = { GITKUBE_DATA: join(folder, 'data') };
    const missing = await finding('data', changes);
    expect(missing).toMatchObject({ level: 'FAIL', message: expect.stringContaining('does not exist') });
    await type(missing.fix[0]);
    expect((await finding('data', changes)).level).toBe('OK');
  });

  it.concurrent('distinguishes an address that nobody reaches from a server that does not run', async () => {
    const outside = await finding('address', { GITKUBE_PUBLIC_ADDRESS: '127.0.0.1:9' });
    expect(outside).toMatchObject({
      level: 'WARN',
      message: expect.stringContaining('but not at 127.0.0.1:9 from here'),
    });
    const nobody = await finding('address', { GITKUBE_SSH_LISTEN: '127.0.0.1:9' });
    expect(nobody).toMatchObject({
      level: 'FAIL',
      message: expect.stringContaining('no SSH server answers at 127.0.0.1:9'),
    });
    const missing = await finding('address', { GITKUBE_SERVICE: `${namespace.name}/gitkube` });
    expect(missing).toMatchObject({
      level: 'FAIL',
      message: `users have no address to push to: there is no Service ${namespace.name}/gitkube`,
    });
  });

  describe('with the account that the chart installs', () => {
    const app = (name: string, secret: string) => ({
      apiVersion: 'gitkube.sh/v1alpha1',
      kind: 'Remote',
      metadata: { name, namespace: namespace.name },
      spec: { registry: { url: `${rig().registry}/team`, credentials: { secretRef: secret } } },
    });
    const secret = (name: string) => [
      ...['-n', namespace.name, 'create', 'secret', 'docker-registry', name, `--docker-server=${rig().registry}`],
      ...['--docker-username=u', '--docker-password=p'],
    ];
    const shipped = async (set: Readonly<Record<string, unknown>> = {}) => {
      const home = await TestNamespace.create('doctor-home');
      const account = await Account.shipped(home.name, { watchNamespaces: [namespace.name], ...set });
      const changes = {
        GITKUBE_KUBECONFIG: account.kubeconfig,
        GITKUBE_HOST_KEY_SECRET: `${home.name}/gitkube-host-key`,
      };
      return {
        changes,
        who: `system:serviceaccount:${home.name}:gitkube`,
        [Symbol.asyncDispose]: async () => {
          await account[Symbol.asyncDispose]();
          await home[Symbol.asyncDispose]();
        },
      };
    };
    // Rights are in force a moment after they are stored.
    const settled = (changes: Record<string, string>) =>
      eventually(async () => (await finding('rights', changes)).level === 'OK');
    let server: Awaited<ReturnType<typeof shipped>>;

    beforeAll(async () => {
      await mustKubectl(secret('reg'));
      await mustKubectl(['apply', '-f', '-'], app('app', 'reg'));
      server = await shipped();
      await settled(server.changes);
    });

    afterAll(async () => {
      await server[Symbol.asyncDispose]();
    });

    it('finds nothing wrong, with and without --remote', async () => {
      const whole = await findings(server.changes);
      expect(whole.filter(({ level }) => level !== 'OK')).toEqual([]);
      const one = await findings(server.changes, '--remote', `${namespace.name}/app`);
      expect(one.filter(({ level }) => level !== 'OK')).toEqual([]);
      expect(one.find(({ check }) => check === 'registry')?.message).toContain('a pushed image was stored');
    });

    it('reports a Remote that does not exist, and a namespace that is not served, as just that', async () => {
      const missing = await finding('registry', server.changes, '--remote', `${namespace.name}/nobody`);
      expect(missing.message).toBe(`there is no remote nobody in namespace ${namespace.name}`);
      const elsewhere = await finding('registry', server.changes, '--remote', 'default/app');
      expect(elsewhere.message).toBe('this server does not serve namespace default');
    });

    it('accepts the rights on the Secrets of registrySecrets, and its fix grants a missing one', async () => {
      await using careful = await shipped({ 'rbac.registrySecrets': ['reg'] });
      const { changes, who } = careful;
      await settled(changes);
      expect((await findings(changes)).filter(({ level }) => level !== 'OK')).toEqual([]);
      await mustKubectl(secret('other'));
      await mustKubectl(['apply', '-f', '-'], app('second', 'other'));
      const refused = (await findings(changes)).filter(({ level }) => level !== 'OK');
      const message = `${who} may not get secrets other in namespace ${namespace.name}`;
      expect(refused.map(({ check }) => check)).toEqual(['rights', 'registry']);
      expect(refused[0]).toMatchObject({ check: 'rights', level: 'FAIL', message });
      for (const command of refused[0]?.fix ?? []) await type(command);
      await expect.poll(async () => (await findings(changes)).filter(({ level }) => level !== 'OK')).toEqual([]);
      await mustKubectl(['-n', namespace.name, 'delete', 'remote', 'second']);
    });

    it('lists Remotes on the command line', async () => {
      const asServer = (...args: string[]) =>
        cli(['-n', namespace.name, '--kubeconfig', server.changes.GITKUBE_KUBECONFIG, ...args]);
      for (const args of [['list'], ['get', 'app'], ['releases', 'app'], ['keys', 'list', 'app']]) {
        expect(await asServer('remote', ...args)).toMatchObject({ code: 0 });
      }
      expect((await asServer('remote', 'get', 'nobody')).output).toContain('there is no remote nobody');
    });
  });
});
