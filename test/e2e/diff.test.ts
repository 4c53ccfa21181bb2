/** `ssh … diff`: what somebody else has changed since the last release, and what differs between releases. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gitkube } from '../support/gitkube.ts';
import { configMap, createManifestsProject, deployment, manifestsOnly, service, yaml } from '../support/manifests.ts';
import { Project } from '../support/project.ts';
import { rig } from '../support/rig.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start();
});
afterAll(() => gitkube[Symbol.asyncDispose]());

/** Ends with what runs being the release. */
async function expectSame(project: Project, release: number): Promise<void> {
  const { output, code } = await project.ssh('diff');
  expect(output).toBe(`${project.namespace}/app runs exactly releases/${release}\n`);
  expect(code).toBe(0);
}

/** The versions of all that the tests look at; of a Deployment, whose status changes while it rolls out, that of its spec. */
const versions = async (project: Project) => {
  const each = (field: string) => `jsonpath={.items[*].metadata.${field}}`;
  const others = 'services,configmaps,secrets';
  const [specs, all] = [
    project.kubectl('get', 'deployments', '-o', each('generation')),
    project.kubectl('get', others, '-o', each('resourceVersion')),
  ];
  return [await specs, await all];
};

describe.concurrent('diff', () => {
  it('names the image that somebody has set, who and when, and compares two releases', async () => {
    await using project = await Project.create(gitkube, { replicas: 0 });
    const nothing = await project.ssh('diff');
    expect([nothing.output, nothing.code]).toEqual([expect.stringContaining('nothing was released to'), 2]);
    expect((await project.push()).code).toBe(0);
    await expectSame(project, 1);
    const image = (await project.image()).split('@')[1]?.slice(0, 19);

    await project.kubectl('set', 'image', 'deployment/www', 'www=other.invalid/www:7', '--field-manager=ada');
    const drifted = await project.ssh('diff', `${project.namespace}/app`);
    expect(drifted.output).toMatch(
      new RegExp(
        `^Deployment www\\n  spec\\.template\\.spec\\.containers\\[www\\]\\.image   \\S+@${image}…  →  other\\.invalid/www:7 \\(ada, \\d+ s ago\\)\\n` +
          `${project.namespace}/app differs in 1 object from releases/1\\n$`,
      ),
    );
    expect(drifted.code).toBe(1);

    await project.writeApp('www', 'www 2');
    const commit = await project.commit('another page');
    expect((await project.push()).code).toBe(0);
    const { output, code } = await project.ssh('diff', '1');
    expect(output).toMatch(
      new RegExp(
        `^CONTAINER   releases/1 +releases/2 +IMAGE\\nwww/www     ${image}   sha256:\\w{12}   changed\\n` +
          `1 commit from releases/1 \\(\\w{7}\\) to releases/2 \\(${commit.slice(0, 7)}\\):\\n  ${commit.slice(0, 7)} another page\\n$`,
      ),
    );
    expect(code).toBe(1);
    expect(await project.ssh('diff', '2')).toMatchObject({ code: 0 });
    const back = JSON.parse((await project.ssh('diff', '2', 'releases/1', '--json')).stdout);
    expect(back).toMatchObject({ same: false, commits: { isAncestor: false, onlyBefore: 1, total: 0 } });
    const unknown = await project.ssh('diff', '9');
    expect(unknown.output).toContain('hint: choose one of the last releases (releases/2, releases/1)');
    expect(unknown.code).toBe(2);
  });

  it('names the one field of the manifests that somebody has edited, and hides values of Secrets', async () => {
    await using project = await createManifestsProject(gitkube);
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'web' }, stringData: { URL: 'hush-before' } };
    const objects = (color: string) =>
      yaml(
        deployment('www', { env: color, replicas: 0 }),
        service(),
        secret,
        configMap('settings', { 'app.conf': 'a\nb\n' }),
      );
    await project.write('k8s/app.yaml', objects('red'));
    await project.commit('first');
    expect((await project.push()).code).toBe(0);
    await expectSame(project, 1);

    const patch = {
      spec: { template: { spec: { containers: [{ name: 'www', env: [{ name: 'COLOR', value: 'blue' }] }] } } },
    };
    await project.kubectl('patch', 'deployment', 'www', '-p', JSON.stringify(patch), '--field-manager=kubectl-edit');
    const edited = await project.ssh('diff');
    expect(edited.output).toMatch(
      /^Deployment www\n {2}spec\.template\.spec\.containers\[www\]\.env\[COLOR\]\.value {3}red {2}→ {2}blue \(kubectl-edit, \d+ s ago\)\n\S+ differs in 1 object from releases\/1\n$/,
    );
    expect(edited.code).toBe(1);

    const hush = Buffer.from('hush-after').toString('base64');
    await project.kubectl(
      'patch',
      'secret',
      'web',
      '-p',
      JSON.stringify({ data: { URL: hush } }),
      '--field-manager=eve',
    );
    await project.kubectl('delete', 'configmap', 'settings');
    const before = await versions(project);
    const all = await project.ssh('diff');
    expect(all.output).toMatch(/^Secret web\n {2}data\.URL {3}changed \(value hidden\) \(eve, \d+ s ago\)$/m);
    expect(all.output).toMatch(/^ConfigMap settings: does not exist$/m);
    expect(all.output).toContain('differs in 3 objects from');
    const { stdout } = await project.ssh('diff', '--json');
    expect(JSON.parse(stdout).objects).toHaveLength(3);
    for (const text of [all.output, stdout]) expect(text).not.toMatch(new RegExp(`hush|${hush.slice(0, 6)}`));
    expect(await versions(project)).toEqual(before);

    await project.write('k8s/app.yaml', objects('green').replace('hush-before', 'hush-later'));
    await project.commit('green');
    const dry = await project.push('-o', 'dry-run', 'HEAD:main');
    expect(dry.output).toMatch(/Deployment\/www: would be changed *\n.*\.env\[COLOR\]\.value +blue {2}→ {2}green/);
    expect(dry.output).toMatch(/Secret\/web: would be changed *\n.* data\.URL {3}changed \(value hidden\)/);
    expect((await project.push()).code).toBe(0);
    await expectSame(project, 2);
    const two = await project.ssh('diff', '1', '2');
    expect(two.output).toContain('.containers[www].env[COLOR].value   red  →  green\n');
    expect(two.output).toContain('  data.URL   changed (value hidden)\n');
    expect(two.output).toMatch(/^www\/www .* same$/m);
    expect(two.code).toBe(1);
  });

  it('is silent after a push of a chart that asks the cluster, and of a kustomization, and leaves autoscalers alone', async () => {
    await using project = await manifestsOnly(gitkube);
    const chart = `
apiVersion: v1
kind: ConfigMap
metadata: {name: chart, annotations: {checksum/config: {{ .Release.Revision | quote }}}}
data:
  upgrade: {{ .Release.IsUpgrade | quote }}
  kept: {{ (dig "data" "kept" (randAlphaNum 8) (lookup "v1" "ConfigMap" .Release.Namespace "chart")) | quote }}
`;
    await project.write('k8s/Chart.yaml', 'apiVersion: v2\nname: app\nversion: 1.0.0\n');
    await project.write('k8s/templates/app.yaml', chart);
    for (const release of [1, 2]) {
      await project.commit(`chart ${release}`);
      expect((await project.push()).code).toBe(0);
      await expectSame(project, release);
    }
    await project.git('rm', '-rq', 'k8s');
    const web = {
      image: rig().baseImage,
      replicas: 1,
      command: ['sh', '-c', 'echo ok >/tmp/index.html; exec httpd -f -p 8080 -h /tmp'],
    };
    await project.write('k8s/app.yaml', yaml(deployment('sized', web)));
    const kustomization = { resources: ['app.yaml'], configMapGenerator: [{ name: 'made', literals: ['a=b'] }] };
    await project.write('k8s/kustomization.yaml', JSON.stringify(kustomization));
    await project.commit('kustomization');
    expect((await project.push()).code).toBe(0);
    await expectSame(project, 3);
    // As the controller of autoscalers does, which looks at each of them every 15 s only.
    const scale = ['--subresource=scale', '--field-manager=kube-controller-manager', '--type=merge'];
    await project.kubectl('patch', 'deployment', 'sized', ...scale, '-p', JSON.stringify({ spec: { replicas: 2 } }));
    const { output, code } = await project.ssh('diff');
    expect(output).toMatch(
      /^Deployment sized\n {2}spec\.replicas {3}1 {2}→ {2}2 \(kube-controller-manager\) {3}no difference: set by an autoscaler, left alone\n\S+ runs exactly releases\/3\n$/,
    );
    expect(code).toBe(0);
  });
});
