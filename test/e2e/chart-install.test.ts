import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeVolume, removeVolume, type Volume } from '../cluster/volume.ts';
import { must } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { mustHelm } from '../support/helm.ts';
import { kubectl, mustKubectl } from '../support/kubectl.ts';
import { appDockerfile, Project } from '../support/project.ts';
import { publishedImages, Release, rigValues } from '../support/release.ts';
import { rig } from '../support/rig.ts';

// One installation, looked at from its first minute to its last.
describe('the chart in a cluster', () => {
  let volume: Volume;
  let release: Release;
  let project: Project;
  let address: { host: string; port: number };
  const watched = `test-installed-${Math.random().toString(36).slice(2, 8)}`;
  const storage = () => ({
    'persistence.enabled': true,
    'persistence.storageClass': volume.storageClass,
    watchNamespaces: [watched],
  });

  beforeAll(async () => {
    const images = await publishedImages();
    await mustKubectl(['create', 'namespace', watched]);
    release = await Release.prepare('release', 'privileged', rigValues(images));
    volume = await makeVolume({ kubectl: rig().kubectl, stateDir: rig().state }, release.namespace);
    await release.apply(storage());
    address = await release.address();
    project = await Project.create(address, { namespace: watched });
  }, 600_000);
  afterAll(async () => {
    await project?.[Symbol.asyncDispose]();
    await release?.[Symbol.asyncDispose]();
    if (volume) await removeVolume({ kubectl: rig().kubectl }, volume);
  });

  const hostKey = async () => {
    const scanned = await must('ssh-keyscan', ['-T', '20', '-p', `${address.port}`, address.host]);
    return scanned.split('\n').find((line) => line.includes('ssh-ed25519'));
  };
  const pod = async () => {
    return (await release.kubectl('get', 'pods', '-l', 'app.kubernetes.io/component=server', '-o', 'name')).trim();
  };
  const mayI = async (verb: string, resource: string, namespace: string) => {
    const account = `--as=system:serviceaccount:${release.namespace}:gitkube`;
    return (await kubectl(['auth', 'can-i', verb, resource, '-n', namespace, account])).stdout.trim();
  };

  it('runs the server as a user without rights, beside an engine that has neither its token nor its repositories', async () => {
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
    const { Containers } = JSON.parse(
      await release.exec('engine', 'docker -H unix:///run/gitkube-engine/docker.sock info -f "{{json .}}"'),
    );
    expect(Containers).toBe(0);
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

  it('an upgrade keeps host key and releases, and may widen what is watched', async () => {
    const before = { key: await hostKey(), pod: await pod() };
    await release.apply({ ...storage(), watchNamespaces: [] });
    expect(await pod()).not.toBe(before.pod);
    expect(await hostKey()).toBe(before.key);
    expect(await project.git('ls-remote', project.url)).toMatch(/refs\/heads\/main[\s\S]*refs\/tags\/releases\/1/);
    expect(await mayI('patch', 'deployments.apps', 'default')).toBe('yes');
    expect(await mayI('create', 'clusterroles', 'default')).toBe('no');
  });

  it('after the loss of its pod it is the same server, and a push of one commit sends a few objects', async () => {
    const before = { key: await hostKey(), pod: await pod() };
    await release.kubectl('delete', before.pod);
    await release.kubectl('rollout', 'status', 'deployment/gitkube', '--timeout=120s');
    expect(await hostKey()).toBe(before.key);
    await project.writeApp('www', 'after the loss');
    await project.commit('one commit');
    const { code, output } = await project.tryGit(['push', '--progress', project.url, 'HEAD:main']);
    expect({ code, output }).toMatchObject({ code: 0 });
    const [, objects] = /Writing objects: 100% \(\d+\/(\d+)\)/.exec(output) ?? [];
    // The commit, two folders and two files; all of the repository are more.
    expect(Number(objects)).toBeLessThanOrEqual(5);
    expect(await project.page()).toBe('after the loss');
  });

  it('leaves its claim, its host key and the CRD when it is uninstalled, and nothing else', async () => {
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
    await eventually(async () => (await left()).length === 2);
    expect(await left()).toEqual(['persistentvolumeclaim/gitkube', 'secret/gitkube-host-key']);
    expect((await kubectl(['get', 'clusterrole', `${release.namespace}:gitkube`])).output).toContain('not found');
    expect((await kubectl(['get', 'crd', 'remotes.gitkube.sh'])).code).toBe(0);
  });
});
