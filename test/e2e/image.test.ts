import { randomInt } from 'node:crypto';
import { chmod, copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureServerImage } from '../../scripts/images/ensure.ts';
import { callEngine } from '../cluster/engine-api.ts';
import { stderrProgress } from '../cluster/progress.ts';
import { defaultCacheDir } from '../cluster/state.ts';
import { must } from '../support/command.ts';
import { Project } from '../support/project.ts';
import { rig } from '../support/rig.ts';

// As Kubernetes gives a pod; the server keeps to 25 seconds.
const graceMs = 30_000;

describe('the image of the server', () => {
  const engine = rig().engine;
  const socket = engine.replace('unix://', '');
  const port = randomInt(20_000, 30_000);
  const name = `image-under-test-${port}`;
  let image: string;
  let folder: string;
  let container: StartedTestContainer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gitkube-image-test-'));
    image = await ensureServerImage({
      engine,
      cacheDir: defaultCacheDir(process.env),
      progress: stderrProgress,
    });
    container = await start(image, { name, port, kubeconfig: await readableKubeconfig(folder) });
  }, 300_000);
  afterAll(async () => {
    if (container) await callEngine(socket, `/containers/${container.getId()}?force=1&v=1`, { method: 'DELETE' });
    await rm(folder, { recursive: true, force: true });
  });

  const sh = (command: string) => container.exec(['sh', '-c', command]);

  it('is pushed by scripts/image, which prints nothing but the name that a cluster pulls', async () => {
    const script = join(import.meta.dirname, '../../scripts/images/main.ts');
    const printed = await must(process.execPath, [script, `--engine=${engine}`, `--push=${rig().registry}`]);
    expect(printed).toBe(`${rig().registry}/${image}\n`);
  });

  it('becomes healthy as an unprivileged user, on a read-only file system', async () => {
    expect((await sh('id -u; id -un')).output).toBe('65532\ngitkube\n');
    expect((await sh('grep CapEff /proc/1/status')).output).toMatch(/CapEff:\s+0+\n/);
    const refused = await sh('touch /opt/gitkube/x || touch /usr/local/bin/x || touch /etc/x');
    expect(refused.output.match(/Read-only file system/g)).toHaveLength(3);
  });

  it('contains what it runs: git with hooks that can decide, helm, kubectl, the addon of ssh2', async () => {
    const { output } = await sh('git --version; helm version --short; kubectl version --client; gitkube version');
    const [, minor] = /git version 2\.(\d+)/.exec(output) ?? [];
    expect(Number(minor)).toBeGreaterThanOrEqual(29);
    expect(output).toMatch(/^v4\.2\.3.*\nClient Version: v1\.36\.3\n.*\ngitkube \d+\.\d+\.\d+\n$/ms);
    expect(await log(container)).toContain('"ready"');
    expect(await log(container)).not.toContain('native crypto addon');
  });

  it('takes a push, builds and rolls out', async () => {
    await using project = await Project.create({ name, host: hostOf(rig().registry), port });
    const pushed = await project.push();
    expect(pushed.output).toContain('Released releases/1');
    expect(pushed.code).toBe(0);
    expect(await project.page()).toBe('www 1');
  });

  it('stops within its grace period, and exits with 0', async () => {
    await container.stop({ timeout: graceMs, remove: false });
    const { State } = JSON.parse(await callEngine(socket, `/containers/${container.getId()}/json`));
    // One that was killed after its grace would say 137.
    expect(State).toMatchObject({ Status: 'exited', ExitCode: 0, OOMKilled: false });
  });
});

/** Hardened as a cluster hardens it. */
class HardenedContainer extends GenericContainer {
  constructor(image: string) {
    super(image);
    this.hostConfig.ReadonlyRootfs = true;
    this.hostConfig.CapDrop = ['ALL'];
    this.hostConfig.SecurityOpt = ['no-new-privileges'];
  }
}

async function start(
  image: string,
  options: { name: string; port: number; kubeconfig: string },
): Promise<StartedTestContainer> {
  const { engine, registry } = rig();
  // The engine is the rig's, and its cleaner is an image that cannot always be pulled: afterAll cleans.
  Object.assign(process.env, { DOCKER_HOST: engine, TESTCONTAINERS_RYUK_DISABLED: 'true' });
  const socket = engine.replace('unix://', '');
  return new HardenedContainer(image)
    .withUser(`65532:${(await stat(socket)).gid}`)
    .withNetworkMode('host')
    .withTmpFs({ '/tmp': 'rw,mode=1777' })
    .withBindMounts([
      { source: options.kubeconfig, target: '/etc/gitkube/kubeconfig', mode: 'ro' },
      { source: socket, target: '/run/gitkube/docker.sock' },
    ])
    .withEnvironment({
      GITKUBE_KUBECONFIG: '/etc/gitkube/kubeconfig',
      GITKUBE_SERVER_NAME: options.name,
      GITKUBE_ENGINE: 'unix:///run/gitkube/docker.sock',
      GITKUBE_REGISTRY: registry,
      GITKUBE_INSECURE_REGISTRIES: registry,
      GITKUBE_SSH_LISTEN: `0.0.0.0:${options.port}`,
      GITKUBE_HTTP_LISTEN: `127.0.0.1:${options.port + 1}`,
    })
    .withWaitStrategy(Wait.forHealthCheck())
    .withStartupTimeout(180_000)
    .start();
}

/** The rig's is for its owner's eyes, and the server is another user. */
async function readableKubeconfig(folder: string): Promise<string> {
  const copy = join(folder, 'kubeconfig');
  await copyFile(rig().kubeconfig, copy);
  await chmod(copy, 0o644);
  return copy;
}

/** Everything that was logged so far. */
function log(container: StartedTestContainer): Promise<string> {
  const socket = rig().engine.replace('unix://', '');
  return callEngine(socket, `/containers/${container.getId()}/logs?stdout=1&stderr=1`);
}

const hostOf = (address: string) => address.replace(/:\d+$/, '');
