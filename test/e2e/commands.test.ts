/** What is typed behind `ssh`, and changes something. */
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finished } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { Gate } from '../support/gate.ts';
import { Gitkube } from '../support/gitkube.ts';
import { outputWith } from '../support/output-with.ts';
import { appDockerfile, Project } from '../support/project.ts';

let gitkube: Gitkube;
let project: Project;
/** The image of the first release. */
let before: string;

beforeAll(async () => {
  gitkube = await Gitkube.start();
  project = await Project.create(gitkube);
  expect((await project.push()).code).toBe(0);
  before = await project.image();
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await gitkube[Symbol.asyncDispose]();
});

/** A push of another page, and what resolves once its output has this. */
async function pushUntil(text: string | RegExp, page: string, dockerfile = appDockerfile()) {
  await project.writeApp('www', page, dockerfile);
  await project.commit(page);
  const { seen, onOutput } = outputWith(text);
  const pushing = project.tryGit(['push', project.url, 'HEAD:main'], { onOutput });
  return { pushing, seen };
}

/** The id of the deploy that reads like this in `deploys`. */
async function idOf(verdict: string): Promise<string> {
  const line = (await project.ssh('deploys')).stdout.split('\n').find((one) => one.includes(verdict)) ?? '';
  return line.split(' ')[0] ?? '';
}

async function expectCancelled(cancelled: Finished, pushed: Finished): Promise<void> {
  expect(cancelled.stdout).toMatch(
    /^cancelling \w{10}: main \w{7} by id@test\ncancelled by id@test: everything is as before\n/,
  );
  expect(cancelled.code).toBe(0);
  expect(pushed.output).toMatch(/remote: error: cancelled by id@test/);
  expect(pushed.code).toBe(1);
  expect(await project.image()).toBe(before);
}

it('status and releases show what runs', async () => {
  const { stdout, code } = await project.ssh('status');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Runs: +releases\/1, main \w{7} by id@test, since .*Z$/m);
  expect(stdout).toMatch(/^Pods: +www: 1 of 1 ready$/m);
  const [release] = JSON.parse((await project.ssh('releases', `${project.namespace}/app`, '--json')).stdout);
  expect(release).toMatchObject({ release: 1, how: 'push', images: [{ name: 'www/www', image: before }] });
});

it('a terminal gets colors unless NO_COLOR is sent, status -w is drawn again there, and a pipe gets plain lines', async () => {
  using client = await project.connect();
  const pty = { term: 'xterm', cols: 60, rows: 20 };
  const colored = await client.exec('status -w', { pty });
  let seen = '';
  colored.channel.on('data', (bytes: Buffer) => {
    seen += bytes;
  });
  await eventually(async () => seen.includes('\u001b[32mwww: 1 of 1 ready\u001b[39m\u001b[K\r\n'));
  await project.ssh('lock', 'freeze');
  await eventually(async () => /\u001b\[\d+ARemote:[\s\S]*Locked: /.test(seen));
  await project.ssh('unlock');
  colored.channel.setWindow(20, 30, 0, 0);
  await eventually(async () => seen.includes('\u001b[2J\u001b[HRemote:'));
  colored.channel.write('q');
  await colored.output;
  const plain = await client.exec('status', { pty, env: { NO_COLOR: '1' } });
  expect(await plain.output).not.toContain('\u001b');
  const { output } = await project.ssh('status');
  expect(output).toMatch(/^Remote: +\S+\nRuns: /);
  expect(output).not.toMatch(/\u001b|\r/);
});

it('whoami and keys name the key, and a slip is refused with the nearest command', async () => {
  const [, mine = 'nobody'] = /\((SHA256:\S+)\)\./.exec((await project.ssh('whoami')).stdout) ?? [];
  expect((await project.ssh('keys')).stdout).toContain(
    `ssh-ed25519   ${mine}   id@test (yours)   read, deploy, operate\n`,
  );
  const { output, code } = await project.ssh('statsu');
  expect(output).toContain('hint: did you mean status?');
  expect(code).toBe(127);
});

describe('cancel', () => {
  it('ends a deploy that waits and one that builds, and the pushers read who did it', async () => {
    await using gate = await Gate.make();
    const first = await pushUntil(/building/, 'built', appDockerfile(`RUN ${gate.pass}`));
    await gate.reached;
    const second = await pushUntil('waiting for the push before', 'waits');
    await second.seen;
    expect((await project.ssh('status')).stdout).toMatch(/^Under way: .*, build, for .*\nWaiting: /m);
    const waiting = await idOf('waiting for its turn');
    const listed = await project.ssh('cancel', `${project.namespace}/app`, waiting);
    await expectCancelled(listed, await second.pushing);
    await expectCancelled(await project.ssh('cancel'), await first.pushing);
    expect((await project.ssh('cancel', waiting)).output).toContain('cancelled by id@test');
  });

  it('rolls back a rollout, and the status says so', async () => {
    await using gate = await Gate.make();
    const dockerfile = appDockerfile('', `${gate.pass} && exec httpd -f -p 8080 -h /www`);
    const { pushing, seen } = await pushUntil(/new pod ready, waiting/, 'rolls out', dockerfile);
    await seen;
    await expectCancelled(await project.ssh('cancel', `${project.namespace}/app`), await pushing);
    expect(await project.page()).toContain('www 1');
    const remote = () => project.remote<{ readonly status: { readonly lastPush: { readonly reason?: string } } }>();
    await eventually(async () => (await remote()).status.lastPush.reason === 'Cancelled');
  });

  it('reports that nothing is under way, and that it is too late', async () => {
    const nothing = await project.ssh('cancel');
    expect(nothing).toMatchObject({ code: 2, stdout: '' });
    expect(nothing.output).toContain(`nothing is under way to ${project.namespace}/app`);
    const late = await project.ssh('cancel', await idOf('releases/1'));
    expect(late).toMatchObject({ code: 1 });
    expect(late.output).toContain('too late: it is released as releases/1');
  });
});

describe('rollback', () => {
  const newest = async () => JSON.parse((await project.ssh('releases', '--json')).stdout)[0];

  it('runs the release before again, with its images, in the words of a push', async () => {
    const { pushing } = await pushUntil('Released', 'another');
    expect((await pushing).code).toBe(0);
    const checked = await project.ssh('rollback', '1', '--dry-run');
    expect(checked.stdout).toMatch(/would run .*sha256:[\s\S]*Dry run: .*\nTo deploy, leave out --dry-run\n$/);
    expect(checked.code).toBe(0);
    const { stdout, code } = await project.ssh('rollback');
    expect(stdout).toMatch(
      /^Gitkube: .*\nRollback to releases\/1, .*\n[\s\S]*\nReleased releases\/3: main \w{7} runs after .*\n$/,
    );
    expect(code).toBe(0);
    expect([await project.image(), await project.page()]).toEqual([before, expect.stringContaining('www 1')]);
    expect(await newest()).toMatchObject({ release: 3, how: 'rollback to releases/1' });
    const [deploy] = JSON.parse((await project.ssh('deploys', '--json')).stdout);
    expect(deploy).toMatchObject({ trigger: { kind: 'rollback' }, verdict: { result: 'released', release: 3 } });
    expect(await project.git('ls-remote', project.url, 'refs/heads/main')).toContain(deploy.commit);
  });

  it('waits for its turn, is cancelled there, and goes on when its client leaves', async () => {
    await using gate = await Gate.make();
    const { pushing } = await pushUntil(/building/, 'in the way', appDockerfile(`RUN ${gate.pass}`));
    await gate.reached;
    const cancelled = project.ssh('rollback', '2');
    await eventually(async () => (await idOf('waiting for its turn')) !== '');
    expect((await project.ssh('cancel', await idOf('waiting for its turn'))).code).toBe(0);
    expect(await cancelled).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/\nerror: cancelled by id@test\n$/),
    });
    {
      using client = await project.connect();
      const { channel } = await client.exec('rollback 2');
      await once(channel, 'data');
    }
    gate.open();
    expect((await pushing).output).toContain('Released releases/4');
    await eventually(async () => (await newest()).release === 5);
    expect(await newest()).toMatchObject({ how: 'rollback to releases/2' });
  });
});

describe('what is typed wrong', () => {
  it.each([
    [['cancel', 'nope'], 'has no record of deploy nope'],
    [['cancel', 'kube-system/other'], 'no Remote kube-system/other accepts the key'],
    [['cancel', '--now'], 'cancel has no option --now'],
    [['status', 'a/b', 'c'], 'status takes no argument c'],
    [['releases', 'kube-system/other'], 'no Remote kube-system/other accepts the key'],
    [['rollback', 'kube-system/other'], 'no Remote kube-system/other accepts the key'],
    [['rollback', 'last'], 'last is not the number of a release'],
    [['rollback', '--force'], 'rollback has no option --force'],
  ])('%j is refused', async (words, message) => {
    const { code, stdout, output } = await project.ssh(...words);
    expect(output).toContain(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('run is off unless the operator turns it on', async () => {
    const { code, output } = await project.ssh('run', 'www', '--', 'ls');
    expect(output).toBe(
      'gitkube: run is off on this server\nhint: ask the operator to set run.enabled=true in the values of the chart (gitkube install --values, or helm upgrade --set)\n',
    );
    expect(code).toBe(125);
  });

  it('of a release that is not there is an error of the rollback, with those that are', async () => {
    const { code, stdout } = await project.ssh('rollback', '99');
    expect(stdout).toMatch(/^error: .*\/app has no release 99\nhint: choose one of the last releases \(releases\//);
    expect(code).toBe(1);
  });
});

it('restart and redeploy replace the pods of what runs, each as a release', async () => {
  const podsOf = async () => (await project.kubectl('get', 'pods', '-l', 'app=www', '-o', 'name')).trim();
  const [pods, image] = [await podsOf(), await project.image()];
  const restarted = await project.ssh('restart');
  expect(restarted.stdout).toMatch(
    /^Gitkube: \S+\/app, main \w{7} \(restart\) by id@test\nRestart of releases\/\d+: [\s\S]*\n {2}www: rolled out in .*\nReleased /,
  );
  expect(restarted.code).toBe(0);
  const redeployed = await project.ssh('redeploy', '--no-cache');
  expect(redeployed.stdout).toMatch(
    /\(redeploy\) by id@test\n[\s\S]*1 image built and pushed in [\s\S]*www: rolled out in /,
  );
  expect(redeployed.code).toBe(0);
  const [last, before] = JSON.parse((await project.ssh('releases', '--json')).stdout);
  expect([last.how, before.how]).toEqual([
    `redeploy of releases/${before.release}`,
    expect.stringMatching(/^restart of /),
  ]);
  expect(before.images).toEqual([{ name: 'www/www', image }]);
  expect(await podsOf()).not.toBe(pods);
});

it('logs prints what the pods print, and follows them over a rollout', async () => {
  const says = (text: string) => appDockerfile('', `echo ${text} && exec httpd -f -p 8080 -h /www`);
  await (await pushUntil(/Released/, 'first words', says('first'))).pushing;
  const [pod = ''] = (await project.ssh('logs', '--tail', '1')).stdout.match(/(?<=^\[)\S+(?=\/www\] first$)/m) ?? [];
  expect(pod).toMatch(/^www-/);
  using client = await project.connect();
  const { channel } = await client.exec('logs -f');
  let followed = '';
  channel.on('data', (chunk: Buffer) => {
    followed += chunk;
  });
  await eventually(async () => followed.includes(`[${pod}/www] first`));
  await (await pushUntil(/Released/, 'second words', says('second'))).pushing;
  await eventually(async () => followed.includes(`--- ${pod}/www: ended (`));
  expect(followed).toMatch(/^--- (\S+): started\n[\s\S]*^\[\1\] second$/m);
});

it('lock refuses a push and a rollback with who and why, until unlock', async () => {
  const locked = await project.ssh('lock', 'release', 'freeze');
  expect(locked.stdout).toMatch(/^\S+\/app is locked by id@test since \S+Z: release freeze\n$/);
  const words = locked.stdout.trim();
  const jsonpath = 'jsonpath={.metadata.annotations.gitkube\\.sh/lock}';
  expect(await project.kubectl('get', 'remote', 'app', '-o', jsonpath)).toBe('release freeze');
  const pushed = await project.push();
  expect(pushed.output).toContain(`fatal: remote error: ${words}`);
  expect(pushed.code).not.toBe(0);
  const rolledBack = await project.ssh('rollback');
  expect(rolledBack.output).toContain(`gitkube: ${words}`);
  expect(rolledBack.code).toBe(2);
  expect((await project.ssh('status')).stdout).toMatch(/^Locked: +by id@test since \S+: release freeze$/m);
  expect((await project.ssh('unlock')).code).toBe(0);
  expect((await project.ssh('restart', '--dry-run')).code).toBe(0);
  await project.kubectl('annotate', 'remote', 'app', 'gitkube.sh/lock=by hand');
  await eventually(async () => (await project.push()).output.includes('/app is locked: by hand'));
  await project.kubectl('annotate', 'remote', 'app', 'gitkube.sh/lock-');
});
