import { rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../support/command.ts';
import { Gitkube } from '../support/gitkube.ts';
import { configMap, createManifestsProject, deployment, manifestsOnly, service, yaml } from '../support/manifests.ts';
import type { Project } from '../support/project.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start();
});
afterAll(() => gitkube[Symbol.asyncDispose]());

type Files = Readonly<Record<string, string>>;

async function commit(project: Project, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) await project.write(path, content);
  await project.commit('manifests');
}

/** What a push of these files says; it is refused. */
async function refused(project: Project, files: Files): Promise<string> {
  await commit(project, files);
  const { output, code } = await project.push();
  expect(code).toBe(1);
  expect(output).not.toContain('inside Gitkube');
  expect(output).not.toContain(gitkube.dataFolder);
  return output;
}

/** An archive of a chart with these templates, as `helm dependency update` leaves it. */
async function packDependency(project: Project, templates: Files): Promise<void> {
  const charts = join(project.folder, 'k8s/charts');
  await project.write('k8s/charts/sub/Chart.yaml', chartFile.replace('shop', 'sub'));
  for (const [name, text] of Object.entries(templates)) await project.write(`k8s/charts/sub/templates/${name}`, text);
  await must('tar', ['-C', charts, '-czf', join(charts, 'sub-1.0.0.tgz'), 'sub']);
  await rm(join(charts, 'sub'), { recursive: true });
}

const chartFile = 'apiVersion: v2\nname: shop\nversion: 1.0.0\n';
const settings = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata:\n';
const data = (project: Project, key: string) =>
  project.kubectl('get', 'configmap', 'settings', '-o', `jsonpath={.data.${key}}`);

describe('a chart', () => {
  it('takes values of the Remote and of Secrets, and knows release, namespace and cluster', async () => {
    await using project = await createManifestsProject(gitkube, {
      manifests: {
        helm: {
          release: 'spring',
          values: [{ name: 'color', value: 'blue' }],
          valuesFrom: [
            { kind: 'Secret', name: 'shop' },
            { kind: 'Secret', name: 'none', optional: true },
          ],
        },
      },
    });
    await project.kubectl(
      'create',
      'secret',
      'generic',
      'shop',
      '--from-literal=values.yaml=token: s3cret\ncolor: red',
    );
    const template = `${settings}  color: {{ .Values.color }}
  size: {{ .Values.size }}
  token: {{ .Values.token }}
  release: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
  batch: "{{ .Capabilities.APIVersions.Has "batch/v1" }}"
  version: "{{ semverCompare ">=1.30-0" .Capabilities.KubeVersion.Version }}"
`;
    await commit(project, {
      'k8s/Chart.yaml': chartFile,
      'k8s/values.yaml': 'color: green\nsize: small\n',
      'k8s/values.schema.json':
        '{"type": "object", "properties": {"size": {"$ref": "#/$defs/size"}}, "$defs": {"size": {"enum": ["small"]}}}',
      'k8s/templates/settings.yaml': template,
      'k8s/templates/app.yaml': yaml(deployment(), service()),
      'k8s/templates/hook.yaml': `${yaml({ ...configMap('hook', {}), metadata: { name: 'hook', annotations: { 'helm.sh/hook': 'pre-install' } } })}`,
    });
    const { output, code } = await project.push();
    expect(output).toContain('3 created: ConfigMap/settings, Service/www, Deployment/www');
    expect(output).toContain(
      'k8s/templates/hook.yaml: ConfigMap/hook is a Helm hook (pre-install), which is not run, skipped',
    );
    expect(code).toBe(0);
    expect(JSON.parse(await project.kubectl('get', 'configmap', 'settings', '-o', 'jsonpath={.data}'))).toEqual({
      color: 'blue',
      size: 'small',
      token: 's3cret',
      release: 'spring',
      namespace: project.namespace,
      batch: 'true',
      version: 'true',
    });
    expect(output).not.toContain('s3cret');
    expect(await project.page()).toBe('www 1');
  });

  it('that cannot be rendered is reported in the words of helm, with file and line', async () => {
    await using project = await manifestsOnly(gitkube);
    const broken = await refused(project, {
      'k8s/Chart.yaml': chartFile,
      'k8s/templates/a.yaml': `${settings}  a: {{ required "set the color" .Values.color }}\n`,
    });
    expect(broken).toMatch(/error: helm cannot render k8s: .*k8s\/templates\/a\.yaml:\d+.*set the color/s);
    expect(broken).toContain('hint: to reproduce it, type: helm template app k8s');
    const syntax = await refused(project, { 'k8s/templates/a.yaml': '{{ if }}' });
    expect(syntax).toContain('parse error at (k8s/templates/a.yaml:1): missing value for if');
    const dependent = await refused(project, {
      'k8s/Chart.yaml': `${chartFile}dependencies: [{name: redis, version: 1.0.0, repository: "https://example.com"}]\n`,
      'k8s/templates/a.yaml': `${settings}  a: b\n`,
    });
    expect(dependent).toContain('type: helm dependency update k8s');
  });

  it('whose values need a missing Secret is refused with the name of the Secret', async () => {
    await using project = await manifestsOnly(gitkube, {
      manifests: { helm: { valuesFrom: [{ kind: 'Secret', name: 'absent' }] } },
    });
    const output = await refused(project, {
      'k8s/Chart.yaml': chartFile,
      'k8s/templates/a.yaml': `${settings}  a: b\n`,
    });
    expect(output).toContain(
      `there is no Secret absent in namespace ${project.namespace}, which helm.valuesFrom names`,
    );
  });

  it('looks up what the account may read, and knows which release it is', async () => {
    await using project = await manifestsOnly(gitkube);
    const secret = `{{- $known := lookup "v1" "Secret" .Release.Namespace "password" }}
apiVersion: v1
kind: Secret
metadata: {name: password}
data:
  password: {{ if $known }}{{ $known.data.password }}{{ else }}{{ randAlphaNum 20 | b64enc }}{{ end }}
`;
    const facts = `${settings}  release: "{{ .Release.IsInstall }} {{ .Release.IsUpgrade }} {{ .Release.Revision }}"
  revisions: '{{ tpl .Values.number . }} {{ with .Release }}{{ .Revision }}{{ end }} {{ include "sub.number" . }}'
  ingress: "{{ .Capabilities.APIVersions.Has "networking.k8s.io/v1/Ingress" }}"
`;
    await packDependency(project, { '_number.tpl': '{{ define "sub.number" }}{{ .Release.Revision }}{{ end }}' });
    await commit(project, {
      'k8s/Chart.yaml': chartFile,
      'k8s/values.yaml': 'number: "{{ .Release.Revision }}"',
      'k8s/templates/secret.yaml': secret,
      'k8s/templates/a.yaml': facts,
    });
    expect(await project.push()).toMatchObject({ code: 0 });
    const password = () => project.kubectl('get', 'secret', 'password', '-o', 'jsonpath={.data.password}');
    const first = await password();
    expect(first).not.toBe('');
    expect(await data(project, 'release')).toBe('true false 1');
    expect(await data(project, 'ingress')).toBe('true');
    await project.commit('the same');
    const again = await project.push();
    expect(again.output).not.toContain('Secret/password');
    expect(again.code).toBe(0);
    expect(await password()).toBe(first);
    expect(await data(project, 'release')).toBe('false true 2');
    expect(await data(project, 'revisions')).toBe('2 2 2');
    await commit(project, { 'k8s/templates/secret.yaml': '' });
    expect((await project.push()).code).toBe(0);
    expect(await data(project, 'release')).toBe('false true 3');
    expect(await data(project, 'ingress')).toBe('true');
  });

  it('cannot read what is not in it, reach anything, or run for ever', async () => {
    await using project = await manifestsOnly(gitkube);
    const outside = join(tmpdir(), `schema-${process.pid}.json`);
    await writeFile(outside, '{"enum": ["a secret of the server"]}');
    const template = `${settings}  a: {{ .Files.Get "../../../../etc/passwd" | quote }}
  c: {{ getHostByName "localhost" | quote }}
`;
    await commit(project, {
      'k8s/Chart.yaml': chartFile,
      'k8s/values.yaml': 'a: 1\n',
      'k8s/templates/a.yaml': template,
    });
    expect((await project.push()).code).toBe(0);
    expect(await data(project, 'a')).toBe('');
    const elsewhere = await refused(project, {
      'k8s/templates/b.yaml': `b: {{ (lookup "v1" "Secret" "kube-system" "").items | toJson | quote }}\n`,
    });
    expect(elsewhere).toContain(
      `User "system:serviceaccount:${project.namespace}:gitkube-deployer" cannot list resource "secrets"`,
    );
    await project.git('rm', '-qf', 'k8s/templates/b.yaml');
    expect(await data(project, 'c')).toBe('');
    const env = await refused(project, { 'k8s/templates/a.yaml': `${settings}  a: {{ env "HOME" }}\n` });
    expect(env).toContain('function "env" not defined');
    await symlink('a.yaml', join(project.folder, 'k8s/templates/b.yaml'));
    const linked = await refused(project, { 'k8s/templates/a.yaml': `{{ fail "twice" }}` });
    expect(linked).toMatch(/error: helm cannot render k8s: .*twice/);
    await project.git('rm', '-q', 'k8s/templates/b.yaml');
    const schema = await refused(project, {
      'k8s/templates/a.yaml': `${settings}  a: b\n`,
      'k8s/values.schema.json': `{"\\u0024ref": "file://${outside}"}`,
    });
    expect(schema).toContain(
      `k8s/values.schema.json refers to file://${outside}, and a schema can refer to itself only`,
    );
    expect(schema).not.toContain('a secret of the server');
    const memory = await refused(project, {
      'k8s/values.schema.json': '{}',
      'k8s/templates/a.yaml': '{{ $s := "x" }}{{ range until 64 }}{{ $s = print $s $s }}{{ end }}{{ $s }}',
    });
    expect(memory).toContain('error: helm needed more than 384 MiB of memory while it rendered the manifests');
    const output = await refused(project, {
      'k8s/templates/a.yaml': `{{ range until 700000 }}# a line that says nothing\n{{ end }}`,
    });
    expect(output).toMatch(/error: helm (printed more than 16 MiB|needed more than 384 MiB)/);
  });
});

describe('a kustomization', () => {
  it('is rendered with its base, its generators and the built images', async () => {
    await using project = await createManifestsProject(gitkube, { manifests: { path: 'deploy/overlays/test' } });
    await commit(project, {
      'deploy/base/app.yaml': yaml(deployment(), service()),
      'deploy/base/kustomization.yaml': 'resources: [app.yaml]\n',
      'deploy/overlays/test/kustomization.yaml':
        'resources: [../../base]\nreplicas: [{name: www, count: 2}]\nconfigMapGenerator: [{name: made, literals: [a=b]}]\n',
    });
    const { output, code } = await project.push();
    expect(output).toMatch(/3 created: ConfigMap\/made-\w+, Service\/www, Deployment\/www/);
    expect(code).toBe(0);
    expect(await project.kubectl('get', 'deployment', 'www', '-o', 'jsonpath={.status.readyReplicas}')).toBe('2');
    expect(await project.page()).toBe('www 1');
  });

  it('reaches neither a URL, nor a folder of the server, nor a program', async () => {
    await using project = await manifestsOnly(gitkube);
    const url = await refused(project, {
      'k8s/kustomization.yaml': 'resources: ["\\x68ttp://127.0.0.1:8080/metrics"]\n',
    });
    expect(url).toContain('k8s/kustomization.yaml names http://127.0.0.1:8080/metrics, and nothing is downloaded');
    const repository = await refused(project, {
      'k8s/kustomization.yaml': 'resources: ["github.com/example/base?ref=v1"]\n',
    });
    expect(repository).toContain('k8s names github.com/example/base?ref=v1, and nothing is downloaded on the server');
    const nested = await refused(project, {
      'k8s/kustomization.yaml': 'resources: [deeper]\n',
      'k8s/deeper/kustomization.yaml': 'resources: [../../../x]\n',
    });
    expect(nested).toContain('k8s/deeper/kustomization.yaml names ../../../x, which is not in the repository');
    await project.git('rm', '-rq', 'k8s/deeper');
    const absolute = await refused(project, { 'k8s/kustomization.yaml': 'resources: [/etc/hostname]\n' });
    expect(absolute).toContain('error: kustomize cannot render k8s');
    const file = await refused(project, {
      'k8s/kustomization.yaml': 'configMapGenerator: [{name: a, files: [/etc/passwd]}]\n',
    });
    expect(file).toContain('error: kustomize cannot render k8s');
    expect(file).not.toContain('root:');
    const program = await refused(project, {
      'k8s/kustomization.yaml': 'generators: [gen.yaml]\n',
      'k8s/gen.yaml':
        'apiVersion: example.com/v1\nkind: Gen\nmetadata:\n  name: gen\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: /bin/sh}\n',
    });
    expect(program).toContain('error: kustomize cannot render k8s');
    const chart = await refused(project, {
      'k8s/kustomization.yaml': 'helmCharts: [{name: x, repo: "oci://example.com/x", version: 1.0.0}]\n',
    });
    expect(chart).toContain('must specify --enable-helm');
  });
});

describe('files', () => {
  it('that are symlinks count as the files that they lead to', async () => {
    await using project = await manifestsOnly(gitkube);
    await project.write('k8s/real.yaml', yaml(configMap('real', {})));
    await symlink('nowhere.yaml', join(project.folder, 'k8s/dangling.yaml'));
    expect(await refused(project, {})).toContain('error: k8s/dangling.yaml is a symlink to nothing');
    await project.git('rm', '-q', 'k8s/dangling.yaml');
    await symlink('real.yaml', join(project.folder, 'k8s/again.yaml'));
    expect(await refused(project, {})).toMatch(/error: ConfigMap\/real is defined twice \(k8s\/\S+ and k8s\/\S+\)/);
  });

  it('that are no manifests, or that the cluster does not know, are refused by name', async () => {
    await using project = await manifestsOnly(gitkube);
    const none = await refused(project, { 'README.md': 'x' });
    expect(none).toContain("error: the commit has no folder 'k8s' with manifests");
    const empty = await refused(project, { 'k8s/README.md': 'x' });
    expect(empty).toContain("error: the folder 'k8s' holds no manifests");
    const kind = await refused(project, {
      'k8s/a.yaml': 'apiVersion: example.com/v1\nkind: Rocket\nmetadata: {name: r}\n',
    });
    expect(kind).toContain('k8s/a.yaml: Rocket/r: this cluster has no kind Rocket in apiVersion example.com/v1');
    const field = await refused(project, { 'k8s/a.yaml': yaml({ ...service(), spec: { portz: [] } }) });
    expect(field).toMatch(/the API server refuses Service\/www: .*portz/);
  });

  it('that are too much to read delay no other push', async () => {
    await using project = await manifestsOnly(gitkube);
    await using other = await manifestsOnly(gitkube);
    await commit(other, { 'k8s/a.yaml': yaml(configMap('a', {})) });
    await commit(project, { 'k8s/a.yaml': `a:\n${'- 1\n'.repeat(2_000_000)}` });
    const pushedAt = performance.now();
    const dense = project.push();
    let slowest = 0;
    let pending = true;
    const watching = (async () => {
      while (pending) {
        const startedAt = performance.now();
        await other.tryGit(['ls-remote', other.url]);
        slowest = Math.max(slowest, performance.now() - startedAt);
      }
    })();
    const { output, code } = await dense;
    const took = performance.now() - pushedAt;
    pending = false;
    await watching;
    expect(output).toMatch(
      /k8s\/a\.yaml (cannot be read as YAML: it is too deep or too large|is too large or too dense)/,
    );
    expect(code).toBe(1);
    // Reading takes most of the time of the push, on any machine: who had to wait for it would take as long.
    expect(slowest).toBeLessThan(took / 3);
    expect((await other.push()).code).toBe(0);
  });
});
