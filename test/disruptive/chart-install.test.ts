import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeVolume, removeVolume, type Volume } from '../cluster/volume.ts';
import { Account, type Rule } from '../support/account.ts';
import { cli } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { chart, mustHelm } from '../support/helm.ts';
import { kubectl, mustKubectl } from '../support/kubectl.ts';
import { outputWith } from '../support/output-with.ts';
import { appDockerfile, Project } from '../support/project.ts';
import { objectsSent, publishedImages, Release, rigValues } from '../support/release.ts';
import { rig } from '../support/rig.ts';

// One installation, looked at from its first minute to its last. Beside another server it would share every status.
describe('the chart in a cluster', () => {
  let volume: Volume;
  let release: Release;
  let project: Project;
  let address: Awaited<ReturnType<Release['address']>>;
  let key: string | undefined;
  const watched = `test-installed-${Math.random().toString(36).slice(2, 8)}`;
  const storage = () => ({
    'persistence.enabled': true,
    'persistence.storageClass': volume.storageClass,
    watchNamespaces: [watched],
    'run.enabled': true,
  });

  beforeAll(async () => {
    const images = await publishedImages();
    await mustKubectl(['create', 'namespace', watched]);
    release = await Release.prepare('release', 'privileged', rigValues(images));
    volume = await makeVolume(rig(), release.namespace);
    await release.apply(storage());
    address = await release.address();
    project = await Project.create(address, { namespace: watched });
  }, 600_000);
  afterAll(async () => {
    await release?.[Symbol.asyncDispose]();
    await project?.abandon();
    if (volume) await removeVolume(rig(), volume);
  });

  const pushOneCommit = async (page: string) => {
    await project.writeApp('www', page);
    await project.commit(page);
    const { code, output } = await project.tryGit(['push', '--progress', project.url, 'HEAD:main']);
    expect({ code, output }).toMatchObject({ code: 0 });
    // The commit, two folders and two files; all of the repository are more.
    expect(objectsSent(output)).toBeLessThanOrEqual(5);
    expect(await project.page()).toBe(page);
  };
  const mayI = async (verb: string, resource: string, namespace: string) => {
    const account = `--as=system:serviceaccount:${release.namespace}:gitkube`;
    return (await kubectl(['auth', 'can-i', verb, resource, '-n', namespace, account])).stdout.trim();
  };

  it('runs the server as an unprivileged user, beside an engine that has neither its token nor its repositories', async () => {
    expect(await release.exec('server', 'id -u; grep CapEff /proc/1/status; touch /x 2>&1 || true')).toMatch(
      /^65532\nCapEff:\s+0+\n.*Read-only file system/,
    );
    expect(await release.exec('engine', 'ls /var/run/secrets /var/lib/gitkube 2>&1 || true')).not.toMatch(
      /serviceaccount|repositories/,
    );
    expect(await release.exec('engine', 'ls -ln /run/gitkube-engine/docker.sock')).toMatch(/^srw-rw---- 1 0 65532 /);
  });

  it('passes its own helm test, and answers probes and metrics', async () => {
    expect(await mustHelm('test', 'gitkube', `--namespace=${release.namespace}`, '--logs')).toMatch(
      /Phase:\s+Succeeded[\s\S]*says SSH-2\.0-/,
    );
    const metrics = `/api/v1/namespaces/${release.namespace}/services/gitkube-http:http/proxy/metrics`;
    expect(await mustKubectl(['get', '--raw', metrics])).toContain('gitkube_');
  });

  it('takes a push at the URL of the status, builds it in the pod and rolls it out', async () => {
    const url = await project.kubectl('get', 'remote', 'app', '-o', 'jsonpath={.status.remoteUrl}');
    expect(url).toBe(`ssh://git@${address.host}:${address.port}/${watched}/app`);
    await project.writeApp('www', 'built in the pod', appDockerfile('RUN echo "the engine is $(hostname)"'));
    await project.commit('a step');
    const { code, output } = await project.push();
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('Released releases/1') });
    expect(await project.page()).toBe('built in the pod');
    await project.git('fetch', '-q', '--tags', project.url);
    const pods = await project.kubectl('get', 'pods', '-o', 'jsonpath={.items[*].spec.containers[0].image}');
    expect(pods).toMatch(/@sha256:[0-9a-f]{64}$/);
    expect(await project.git('cat-file', '-p', 'releases/1')).toContain(`image: ${pods.split(' ').at(-1)}\n`);
    const { Containers } = JSON.parse(
      await release.exec('engine', 'docker -H unix:///run/gitkube-engine/docker.sock info -f "{{json .}}"'),
    );
    expect(Containers).toBe(0);
  });

  it('takes the commands of ssh through the API server, as the user of the kubeconfig', async () => {
    const app = `${watched}/app`;
    const status = await cli(['remote', 'status', app]);
    expect(status).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Runs: +releases\/1, main \w{7} by id@test/m),
    });
    const script = ['sh', '-c', 'cat; echo "to stderr" >&2; exit 7'];
    const ran = await cli(['-n', watched, 'remote', 'run', 'app', 'www', '--', ...script], { input: 'two  words' });
    expect(ran).toMatchObject({ code: 7, stdout: 'two  words', output: expect.stringContaining('to stderr\n') });
    const restarted = await cli(['remote', 'restart', app]);
    expect(restarted.stdout).toMatch(/^Gitkube: .* by kubernetes user \w+\n[\s\S]*\nReleased releases\/2: /);
    expect((await project.ssh('deploys')).stdout).toMatch(/kubernetes user \w+ +releases\/2 /);
    expect(await cli(['remote', 'diff', app])).toMatchObject({ code: 0, output: `${app} runs exactly releases/2\n` });
    const refused = await cli(['remote', 'rollback', app, 'last']);
    expect(refused).toMatchObject({
      code: 2,
      stdout: '',
      output: expect.stringMatching(/^gitkube: last is not the number of a release\n/),
    });
  });

  it('ends a command whose program is killed', async () => {
    const { onOutput, seen } = outputWith('it runs');
    const stop = new AbortController();
    const run = ['remote', 'run', `${watched}/app`, 'www', '--', 'sh', '-c', 'echo it runs; sleep 600'];
    const running = cli(run, { onOutput, signal: stop.signal });
    await seen;
    expect(await project.kubectl('get', 'pods', '-o', 'name')).toMatch(/^pod\/www-run-/m);
    stop.abort();
    await running;
    await eventually(async () => !/^pod\/www-run-/m.test(await project.kubectl('get', 'pods', '-o', 'name')), 60_000);
  });

  it('takes commands of those who have the documented Role, and says what others lack', async () => {
    await using account = await Account.create(watched, 'ada');
    const status = ['--kubeconfig', account.kubeconfig, 'remote', 'status', `${watched}/app`];
    const blind = await cli(status);
    expect(blind.output).toContain('hint: name the namespace of the server: --server-namespace <namespace>\n');
    const docs = await readFile(join(chart, '../../docs/rights.md'), 'utf8');
    const [, text = ''] = /```yaml\n(apiVersion: .*?)```/s.exec(docs) ?? [];
    const { rules } = load(text) as { rules: Rule[] };
    const withoutExec = rules.filter(({ resources }) => !resources.includes('pods/exec'));
    await account.allow(release.namespace, withoutExec);
    const asked = [...status, '--server-namespace', release.namespace];
    const unable = await cli(asked);
    expect(unable.output).toMatch(
      /^error: you may not run commands in container server of pod .*\nhint: kubectl auth can-i create/,
    );
    await account.allow(release.namespace, rules);
    expect(await cli(asked)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Remote: /) });
    const self = await cli([...asked.slice(0, 2), 'remote', 'whoami', ...asked.slice(-2)]);
    expect(self.stdout).toContain(`You are kubernetes user system:serviceaccount:${watched}:ada (`);
    await release.kubectl('delete', 'role/ada', 'rolebinding/ada');
  });

  it('refuses a push that does not build with the output of the engine, and the old version goes on running', async () => {
    await project.writeApp('www', 'broken', appDockerfile('RUN echo "no such luck" && exit 3'));
    await project.commit('broken');
    const { code, output } = await project.push();
    expect({ code, output }).toMatchObject({
      code: 1,
      output: expect.stringMatching(/no such luck[\s\S]*exit code 3/),
    });
    expect(await project.page()).toBe('built in the pod');
    await project.git('reset', '-q', '--hard', 'HEAD~1');
  });

  it('has no right in a namespace that is not watched, and the API server says so', async () => {
    for (const [verb, resource] of [
      ['get', 'deployments.apps'],
      ['patch', 'deployments.apps'],
      ['get', 'secrets'],
      ['list', 'remotes.gitkube.sh'],
      ['impersonate', 'serviceaccounts/gitkube-deployer'],
    ] as const) {
      expect(await mayI(verb, resource, watched), `${verb} ${resource} in ${watched}`).toBe('yes');
      expect(await mayI(verb, resource, 'default'), `${verb} ${resource} in default`).toBe('no');
    }
    expect(await mayI('impersonate', 'serviceaccounts/default', watched)).toBe('no');
    expect(await mayI('get', `secrets/gitkube-host-key`, release.namespace)).toBe('yes');
    expect(await mayI('get', 'secrets/other', release.namespace)).toBe('no');
    // With the server's own token, not on somebody's behalf.
    const refused = await release.exec(
      'server',
      'unset KUBECONFIG; kubectl get deployments -n default 2>&1; kubectl get secrets -n default 2>&1; true',
    );
    expect(refused.match(/forbidden: User "system:serviceaccount:[^"]*:gitkube" cannot list/g)).toHaveLength(2);
  });

  it('keeps host key and releases in an upgrade, may watch more namespaces then, and receives one commit only', async () => {
    const before = { key: await release.hostKey(), pod: await release.pod() };
    await using next = await nextChart();
    await release.apply({ ...storage(), watchNamespaces: [] }, next.folder);
    expect(await release.pod()).not.toBe(before.pod);
    expect(await release.hostKey()).toBe(before.key);
    expect(await mustHelm('list', `--namespace=${release.namespace}`)).toMatch(/deployed\s+gitkube-99\.0\.0/);
    expect(await project.git('ls-remote', project.url)).toMatch(/refs\/heads\/main[\s\S]*refs\/tags\/releases\/1/);
    await pushOneCommit('after the upgrade');
    await eventually(async () => (await mayI('patch', 'deployments.apps', 'default')) === 'yes');
    expect(await mayI('create', 'clusterroles', 'default')).toBe('no');
  });

  it('leaves its claim, its host key and the CRD when it is uninstalled, and nothing else', async () => {
    key = await release.hostKey();
    await release.uninstall();
    const kinds =
      'all,configmaps,secrets,serviceaccounts,roles,rolebindings,networkpolicies,poddisruptionbudgets,persistentvolumeclaims';
    const left = async () => {
      const names = await release.kubectl('get', kinds, '-o', 'name');
      return names
        .trim()
        .split('\n')
        .filter((name) => !/kube-root-ca.crt|serviceaccount\/default|^pod\//.test(name))
        .sort();
    };
    await eventually(async () => {
      expect(await left()).toEqual(['persistentvolumeclaim/gitkube', 'secret/gitkube-host-key']);
      return true;
    });
    expect((await kubectl(['get', 'clusterrole', `${release.namespace}:gitkube`])).output).toContain('not found');
    expect((await kubectl(['get', 'crd', 'remotes.gitkube.sh'])).code).toBe(0);
    expect((await kubectl(['get', 'remote', 'app', '-n', watched])).code).toBe(0);
  });

  it('is the same server when it is installed again, and goes on where it ended', async () => {
    await release.apply(storage());
    expect(await release.hostKey()).toBe(key);
    await project.moveTo(await release.address());
    await pushOneCommit('after the second installation');
    expect(await project.git('ls-remote', project.url)).toMatch(/refs\/tags\/releases\/3/);
  });
});

/** The chart of a later version. */
async function nextChart() {
  const folder = await mkdtemp(join(tmpdir(), 'gitkube-chart-'));
  await cp(chart, folder, { recursive: true });
  const file = join(folder, 'Chart.yaml');
  await writeFile(file, (await readFile(file, 'utf8')).replace(/^version: .*$/m, 'version: 99.0.0'));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
