/** What docs/guides/ci-without-secrets.md has people copy, run as the CI system would run it. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CORE_SCHEMA, load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../support/command.ts';
import { addToken, HttpsDoor } from '../support/https-door.ts';
import { mustKubectl, TestNamespace } from '../support/kubectl.ts';
import { fencesOf } from '../support/markdown.ts';
import { OidcIssuer } from '../support/oidc-issuer.ts';
import { Project } from '../support/project.ts';

interface Entry {
  readonly issuer?: string;
  readonly claims?: Record<string, string>;
  readonly serviceAccount?: string;
}

const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/ci-without-secrets.md'), 'utf8');
const documented = 'https://git.example.com/shop/shop';

/** What stands in the block of the guide that has a text. */
function block<T>(sought: string): T {
  const found = fencesOf(guide).find(({ text }) => text.includes(sought));
  if (!found) throw new Error(`the guide has no block with ${sought}`);
  return (found.language === 'yaml' ? load(found.text, { schema: CORE_SCHEMA }) : found.text) as T;
}

let issuer: OidcIssuer;
let door: HttpsDoor;
let folder: string;

beforeAll(async () => {
  issuer = await OidcIssuer.start();
  folder = await mkdtemp(join(tmpdir(), 'gitkube-ci-'));
  door = await HttpsDoor.trusting(issuer);
});
afterAll(async () => {
  await door[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function projectWith(trust: readonly Entry[]): Promise<Project> {
  return Project.create(door.gitkube, { replicas: 0, spec: { trust } });
}

/** Runs a script as a runner does, in the clone of the job. */
async function runJob(project: Project, script: string, env: Record<string, string> = {}) {
  expect(script).toContain(documented);
  const own = { GIT_SSL_CAINFO: door.certificate, GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0' };
  return run('sh', ['-ec', script.replaceAll(documented, door.url(project))], {
    cwd: project.folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder, no_proxy: '127.0.0.1', ...own, ...env },
  });
}

describe('the recipe for', () => {
  it('GitHub Actions deploys by the token of the job', async () => {
    const { spec } = block<{ spec: { trust: Entry[] } }>('kind: Remote');
    await using project = await projectWith(spec.trust.map((entry) => ({ ...entry, issuer: issuer.url })));
    issuer.job = { ...spec.trust[0]?.claims, sub: 'repo:shop/shop:ref:refs/heads/main' };
    const { jobs } = block<{ jobs: { deploy: { steps: { run?: string }[] } } }>('actions/checkout');
    const script = jobs.deploy.steps.flatMap(({ run: step }) => step ?? []).join('\n');
    const { code, output } = await runJob(project, script, {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${issuer.url}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of the runner',
      CURL_CA_BUNDLE: issuer.certificate,
    });
    expect(output).toContain('::add-mask::ey');
    expect(output).toContain('releases/1');
    expect(code).toBe(0);
  });

  it('GitLab deploys by the token of the job', async () => {
    const { trust } = block<{ trust: Entry[] }>('gitlab-main');
    await using project = await projectWith(trust.map((entry) => ({ ...entry, issuer: issuer.url })));
    const { deploy } = block<{ deploy: { id_tokens: { GITKUBE_TOKEN: { aud: string } }; script: string[] } }>(
      'id_tokens',
    );
    const { aud } = deploy.id_tokens.GITKUBE_TOKEN;
    const claims = { ...trust[0]?.claims, sub: 'project_path:shop/shop:ref_type:branch:ref:main', user_login: 'alice' };
    const env = { GITKUBE_TOKEN: await issuer.sign({ ...claims, aud }) };
    const { code, output } = await runJob(project, deploy.script.join('\n'), env);
    expect(output).toContain('releases/1');
    expect(code).toBe(0);
  });

  it('a Job deploys by the token of its ServiceAccount', async () => {
    await using tools = await TestNamespace.create('tools');
    const { trust } = block<{ trust: Entry[] }>('serviceAccount: tools/nightly');
    const job = block<{
      metadata: { namespace: string };
      spec: {
        template: {
          spec: {
            serviceAccountName: string;
            containers: { command: string[] }[];
            volumes: { projected?: { sources: { serviceAccountToken: { audience: string } }[] } }[];
          };
        };
      };
    }>('kind: Job');
    const { serviceAccountName: account, containers, volumes } = job.spec.template.spec;
    expect(trust[0]?.serviceAccount).toBe(`${job.metadata.namespace}/${account}`);
    await mustKubectl(['-n', tools.name, 'create', 'serviceaccount', account]);
    await mustKubectl(['create', '--dry-run=server', '-f', '-'], {
      ...job,
      metadata: { ...job.metadata, namespace: tools.name },
    });
    const audience = volumes[0]?.projected?.sources[0]?.serviceAccountToken.audience ?? '';
    const token = await mustKubectl(['-n', tools.name, 'create', 'token', account, `--audience=${audience}`]);
    await writeFile(join(folder, 'token'), token);
    await using project = await projectWith([{ ...trust[0], serviceAccount: `${tools.name}/${account}` }]);
    const script = (containers[0]?.command[2] ?? '').replace('/var/run/secrets/gitkube', folder);
    const { code, output } = await runJob(project, script);
    expect(output).toContain('releases/1');
    expect(code).toBe(0);
  });

  it('Jenkins deploys by a token that was made for it', async () => {
    await using project = await projectWith([]);
    const [, script = ''] = /sh '''(.*?)'''/s.exec(block<string>('withCredentials')) ?? [];
    const env = { GITKUBE_TOKEN: await addToken(project, 'jenkins', '--branch', 'main', '--expires', '90d') };
    const { code, output } = await runJob(project, script, env);
    expect(output).toContain('releases/1');
    expect(code).toBe(0);
  });
});
