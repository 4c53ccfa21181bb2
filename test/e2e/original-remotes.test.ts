/**
 * The forms of remote.yaml that users of hasura/gitkube have: its README, its documentation, its examples, what its command
 * line wrote, and what was seen in other people's repositories. They apply as they are.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRemote } from '../../remote-crd/index.ts';
import { kubectl, mustKubectl, TestNamespace } from '../support/kubectl.ts';

const head = (name: string) => `apiVersion: gitkube.sh/v1alpha1\nkind: Remote\nmetadata:\n  name: ${name}\n`;

const originals: Readonly<Record<string, string>> = {
  'from-the-readme': `
spec:
  authorizedKeys:
  - "ssh-rsa your-ssh-public-key"
  registry:
    url: "docker.io/user"
    credentials:
      secretRef: regsecret
  deployments:
  - name: www
    containers:
    - name: www
      path: example/www
      dockerfile: example/www/Dockerfile
`,
  'from-the-documentation': `
spec:
  authorizedKeys:
  - "ssh-rsa your-ssh-public-key"
  manifests:
    path: mymanifests
    helm:
      release: myapp
      values:
        name: username
        value: janedoe
  registry:
    url: "docker.io/user"
    credentials:
      secretRef: regsecret
  deployments:
  - name: www
    containers:
    - name: www
      path: example/www
      dockerfile: example/www/Dockerfile
      buildArgs:
      - name: SOME_BUILD_ARG
        value: something
`,
  'with-a-chart': `
spec:
  authorizedKeys:
  - "ssh-rsa <key>"
  manifests:
    path: mono-repo-helm/mychart
    helm:
      release: www-release-1.0
      values:
      - name: runAsUser
        value: janedoe
  deployments:
  - name: www
    containers:
    - name: www
      path: mono-repo-helm/microservices/nginx
      dockerfile: mono-repo-helm/microservices/nginx/Dockerfile
`,
  'with-the-older-secret': `
spec:
  registry:
    url: "registry.io/user-name"
    credentials:
      secretKeyRef:
        name: regsecret
        key: .dockercfg
  manifests:
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
  'manifests-only': `
spec:
  authorizedKeys:
  - "ssh-rsa <key>"
  manifests:
    path: "."
  deployments: []
`,
  'without-deployments': `
spec:
  authorizedKeys:
  - |
    ssh-rsa AAAA one@example
    ssh-rsa AAAA two@example
  manifests:
    path: manifests
`,
  'many-deployments': `
spec:
  authorizedKeys:
  registry:
    url: gcr.io/some-project
  deployments:
${Array.from(
  { length: 40 },
  (_, index) => `  - name: app-${index}
    containers:
    - name: app-${index}
      path: ./community/learn/app-${index}/
      dockerfile: ./community/learn/app-${index}/Dockerfile`,
).join('\n')}
`,
};

const fromTheCommandLine = `
apiVersion: gitkube.sh/v1alpha1
kind: Remote
metadata:
  creationTimestamp: null
  name: from-the-command-line
spec:
  authorizedKeys:
  - |
    ssh-rsa AAAA user@host
  deployments:
  - containers:
    - dockerfile: Dockerfile
      name: echobot
      path: ./
    name: echobot
  manifests:
    helm: {}
    path: ""
  registry:
    credentials:
      secretKeyRef:
        key: ""
      secretRef: minikube-regsecret
    url: docker.io/someone
status:
  remoteUrl: ""
  remoteUrlDesc: ""
`;

let namespace: TestNamespace;

beforeAll(async () => {
  namespace = await TestNamespace.create('original');
});

afterAll(() => namespace?.[Symbol.asyncDispose]());

async function apply(name: string, yaml: string): Promise<unknown> {
  const { code, output } = await kubectl(['apply', '-n', namespace.name, '-f', '-'], yaml);
  expect(output).toBe(`remote.gitkube.sh/${name} created\n`);
  expect(code).toBe(0);
  return JSON.parse(await mustKubectl(['get', '-n', namespace.name, 'remote', name, '-o', 'json']));
}

describe('a remote.yaml of the original Gitkube applies unchanged', () => {
  it.each(Object.entries(originals))('%s', async (name, yaml) => {
    const remote = parseRemote(await apply(name, head(name) + yaml));
    expect(remote.name).toBe(name);
    expect(remote.deployments.flatMap(({ containers }) => containers).map(({ path }) => path)).not.toContain(
      expect.stringMatching(/^\.\//),
    );
  });

  it('from-the-command-line, also a second time', async () => {
    const remote = parseRemote(await apply('from-the-command-line', fromTheCommandLine));
    expect(remote).toMatchObject({
      registry: { url: 'docker.io/someone', secretName: 'minikube-regsecret' },
      deployments: [{ containers: [{ path: '.', dockerfile: 'Dockerfile' }] }],
      problems: [],
    });
    const again = await kubectl(['apply', '-n', namespace.name, '-f', '-'], fromTheCommandLine);
    // kubectl sees a difference each time, because the status of the file is never stored.
    expect(again.code).toBe(0);
  });
});

describe('kubectl', () => {
  it('shows URL, state and release of a Remote', async () => {
    const columns = async (...args: string[]) =>
      (await mustKubectl(['get', ...args, '-n', namespace.name])).split('\n')[0];
    expect((await columns('rem'))?.split(/\s{2,}/)).toEqual([
      'NAME',
      'READY',
      'BRANCH',
      'RELEASE',
      'LAST PUSH',
      'URL',
      'AGE',
    ]);
    expect((await columns('gitkube', '-o', 'wide'))?.split(/\s+/).slice(-2)).toEqual(['REASON', 'INSYNC']);
  });

  it('explains every field', async () => {
    for (const field of [
      'spec',
      'spec.deployments.containers',
      'spec.registry.credentials',
      'status',
      'status.releases',
    ]) {
      const text = await mustKubectl(['explain', `remote.${field}`]);
      expect(text).toMatch(/FIELDS:/);
      expect(text).not.toContain('<no description>');
    }
    expect(await mustKubectl(['explain', 'remote.spec.rollout.timeoutSeconds'])).toMatch(
      /is\s+rolled\s+back,\s+at\s+most\s+3600\.\s+Unset:\s+300/,
    );
  });
});
