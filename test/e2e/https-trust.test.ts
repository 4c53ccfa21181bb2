import { generateKeyPair, type JWTPayload, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { HttpsDoor } from '../support/https-door.ts';
import { mustKubectl, TestNamespace } from '../support/kubectl.ts';
import { OidcIssuer } from '../support/oidc-issuer.ts';
import { Project } from '../support/project.ts';

const audience = 'https://git.example.com';
/** As GitHub Actions has them for a push to main. */
const job = {
  aud: audience,
  sub: 'repo:shop/app:ref:refs/heads/main',
  repository: 'shop/app',
  repository_id: '4711',
  ref: 'refs/heads/main',
  environment: 'production',
  actor: 'octocat',
};

let issuer: OidcIssuer;
let stranger: OidcIssuer;
let door: HttpsDoor;

beforeAll(async () => {
  issuer = await OidcIssuer.start();
  stranger = await OidcIssuer.start();
  door = await HttpsDoor.trusting(issuer);
});
afterAll(async () => {
  await door[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
  await stranger[Symbol.asyncDispose]();
});

/** A Remote that trusts jobs of main of repository 4711. */
async function trusting(more: Record<string, unknown> = {}, from = issuer): Promise<Project> {
  const claims = { repository_id: '4711', ref: 'refs/heads/main', environment: 'production' };
  const entry = {
    name: 'github-main',
    issuer: from.url,
    audience,
    claims,
    may: ['deploy'],
    branches: ['main'],
    ...more,
  };
  return Project.create(door.gitkube, { replicas: 0, spec: { trust: [entry] } });
}

const lsRemote = (project: Project, token: string) => door.git(project, token, ['ls-remote', door.url(project)]);

describe.concurrent('a token of a CI system', () => {
  it('deploys what the claims that the Remote trusts may, and the release says whose it was', async () => {
    await using project = await trusting();
    const token = await issuer.sign(job);
    const pushed = await door.git(project, token, ['push', door.url(project), 'HEAD:main']);
    expect(pushed.output).toContain('releases/1');
    expect(pushed.code).toBe(0);
    const { output } = await project.ssh('deploys', `${project.namespace}/app`);
    expect(output).toContain('github-main (repo:shop/app:ref:refs/heads/main, octocat)');
    const bearer = await door.curl(
      `/${project.namespace}/app/info/refs?service=git-upload-pack`,
      ...['-H', `Authorization: Bearer ${token}`],
    );
    expect(bearer).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.for<[string, JWTPayload, string]>([
    ['branch', { ref: 'refs/heads/dev' }, 'ref is refs/heads/dev, not refs/heads/main'],
    ['environment', { environment: undefined }, 'environment is missing or no text, not production'],
    ['audience', { aud: 'https://other.example.com' }, `aud is https://other.example.com, not ${audience}`],
  ])('of another %s is refused, and the claim is named', async ([, claims, reason]) => {
    await using project = await trusting();
    const { code, output } = await lsRemote(project, await issuer.sign({ ...job, ...claims }));
    expect(output).toContain(
      `remote: gitkube: ${project.namespace}/app does not trust this token: ${reason} (spec.trust github-main)`,
    );
    expect(output).toContain('403');
    expect(code).toBe(128);
    const { output: refused } = await project.ssh('deploys', '--refused', `${project.namespace}/app`);
    expect(refused).toContain(reason);
  });

  it('of another repository reads of its own claims alone, and the same where there is no Remote', async () => {
    await using project = await trusting();
    const token = await issuer.sign({ ...job, sub: 'repo:evil/app', repository: 'evil/app', repository_id: '666' });
    const { output } = await lsRemote(project, token);
    expect(output).toContain('does not trust a token of sub repo:evil/app, repository evil/app, repository_id 666');
    expect(output).toContain('403');
    expect(output).not.toContain('4711');
    const gone = await door.git(project, token, ['ls-remote', door.url(project).replace('/app', '/gone')]);
    expect(gone.output.replaceAll('/gone', '/app')).toBe(output);
  });

  it('may do on its branches what the entry says, and nothing else', async () => {
    await using project = await trusting({ may: ['read'] });
    const token = await issuer.sign(job);
    expect((await lsRemote(project, token)).code).toBe(0);
    const { code, output } = await door.git(project, token, ['push', door.url(project), 'HEAD:main']);
    expect(output).toContain('the token github-main (repo:shop/app:ref:refs/heads/main, octocat) may not push to');
    expect(code).not.toBe(0);
  });

  it('that is forged, expired, not valid yet, or unsigned is refused as none', async () => {
    await using project = await trusting();
    const says = async (token: string) => (await lsRemote(project, token)).output;
    const forged = await issuer.sign(job, await generateKeyPair('RS256'));
    const now = Math.floor(Date.now() / 1000);
    const { aud: _, ...withoutAudience } = job;
    for (const [token, reason] of [
      [forged, 'its signature is wrong'],
      [await issuer.sign({ ...job, exp: now - 60 }), 'it has expired'],
      [await issuer.sign({ ...job, nbf: now + 120 }), 'its claim nbf is missing or wrong'],
      [await issuer.sign(withoutAudience), 'its claim aud is missing or wrong'],
      [new UnsecuredJWT({ iss: issuer.url, exp: now + 60, ...job }).encode(), 'it'],
    ] as const) {
      const output = await says(token);
      expect(output).toContain(`remote: gitkube: this token is not valid: ${reason}`);
      expect(output).toContain('fatal: Authentication failed');
    }
  });

  it('of an issuer that the operator does not list is none, whatever the Remote says', async () => {
    await using project = await trusting({}, stranger);
    const { output } = await lsRemote(project, await stranger.sign(job));
    expect(output).toContain(`this server takes no tokens of ${stranger.url}: the operator lists those that it takes`);
    expect(stranger.asked).toEqual([]);
  });

  it('is no longer trusted when the entry has changed', async () => {
    await using project = await trusting();
    const token = await issuer.sign(job);
    expect((await lsRemote(project, token)).code).toBe(0);
    const remote = ['-n', project.namespace, 'patch', 'remote', 'app', '--type=json'];
    const path = '/spec/trust/0/claims/environment';
    await mustKubectl([...remote, '-p', JSON.stringify([{ op: 'replace', path, value: 'staging' }])]);
    const output = await eventually(async () => {
      const { code, output: text } = await lsRemote(project, token);
      return code !== 0 && text;
    });
    expect(output).toContain('environment is production, not staging');
  });
});

describe('an issuer', () => {
  it('may be away when its keys are known', async () => {
    await using project = await trusting();
    const before = await issuer.sign(job);
    expect((await lsRemote(project, before)).code).toBe(0);
    issuer.isUp = false;
    expect((await lsRemote(project, await issuer.sign(job))).code).toBe(0);
    issuer.isUp = true;
  });
});

describe.concurrent('an issuer of another server', () => {
  it('that has not answered yet is reported as that, and asked again', async () => {
    await using away = await OidcIssuer.start();
    away.isUp = false;
    const env = { GITKUBE_TRUSTED_ISSUERS: away.url, NODE_EXTRA_CA_CERTS: away.certificate };
    await using own = await HttpsDoor.open(env);
    const claims = { sub: 'repo:shop/app' };
    const trust = [{ name: 'ci', issuer: away.url, audience, claims, may: ['read'] }];
    await using project = await Project.create(own.gitkube, { replicas: 0, spec: { trust } });
    const token = await away.sign({ aud: audience, sub: 'repo:shop/app' });
    const list = () => own.git(project, token, ['ls-remote', own.url(project)]);
    const { output } = await list();
    expect(output).toContain(`tokens cannot be checked: ${away.url}: its keys cannot be fetched`);
    expect(output).toContain('503');
    away.isUp = true;
    await eventually(async () => (await list()).code === 0);
  });
});

describe.concurrent('a ServiceAccount', () => {
  it('pushes from a shallow clone by a token of its own, and only with its audience', async () => {
    await using ci = await TestNamespace.create('ci');
    await mustKubectl(['-n', ci.name, 'create', 'serviceaccount', 'deployer']);
    await mustKubectl(['-n', ci.name, 'create', 'serviceaccount', 'other']);
    const tokenOf = async (account: string, ...flags: string[]) =>
      (await mustKubectl(['-n', ci.name, 'create', 'token', account, ...flags])).trim();
    const trust = [{ name: 'job', serviceAccount: `${ci.name}/deployer`, may: ['deploy'] }];
    await using project = await Project.create(door.gitkube, { replicas: 0, spec: { trust } });
    const token = await tokenOf('deployer', '--audience=gitkube');
    const url = door.url(project);
    expect((await door.git(project, token, ['push', url, 'HEAD:main'])).output).toContain('releases/1');
    await must('git', ['clone', '-q', '--depth=1', `file://${project.folder}`, `${project.folder}/shallow`]);
    const shallow = ['-C', 'shallow', '-c', 'user.name=CI', '-c', 'user.email=ci@example.com'];
    await project.git(...shallow, 'commit', '-q', '--allow-empty', '-m', 'from a Job');
    const pushed = await door.git(project, token, ['-C', 'shallow', 'push', url, 'HEAD:main']);
    expect(pushed.output).toContain('releases/2');
    expect(pushed.code).toBe(0);
    const foreign = await lsRemote(project, await tokenOf('deployer'));
    expect(foreign.output).toContain('this server takes no tokens of');
    expect(foreign.output).toContain('fatal: Authentication failed');
    const other = await lsRemote(project, await tokenOf('other', '--audience=gitkube'));
    expect(other.output).toContain(`does not trust the ServiceAccount ${ci.name}/other`);
    expect(other.output).toContain('403');
  });
});
