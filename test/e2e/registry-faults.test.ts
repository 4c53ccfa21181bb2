/**
 * A registry that fails, and an engine that freezes, while an image is on its way: real ones behind proxies. Side by side,
 * because each waits for a limit most of the time.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FreezableEngine } from '../support/freezable-engine.ts';
import { Gitkube } from '../support/gitkube.ts';
import { outputWith } from '../support/output-with.ts';
import { appDockerfile, Project } from '../support/project.ts';
import { RegistryProxy } from '../support/registry-proxy.ts';
import { rig } from '../support/rig.ts';

const stallSeconds = 12;
const limits = {
  GITKUBE_IMAGE_PUSH_STALL_SECONDS: `${stallSeconds}`,
  GITKUBE_ENGINE_SILENCE_SECONDS: `${stallSeconds}`,
};
let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start(limits);
});
afterAll(() => gitkube[Symbol.asyncDispose]());

/** With an image of its own, so that nothing of it is in the registry. */
async function projectOf(server: Gitkube, registry?: string): Promise<Project> {
  const spec = registry === undefined ? {} : { registry: { url: `${registry}/faults` } };
  const project = await Project.create(server, { replicas: 0, spec });
  const own = `RUN echo ${randomBytes(8).toString('hex')} > /own; head -c 3000000 /dev/urandom > /large`;
  await project.writeApp('www', 'www 1', appDockerfile(own));
  await project.commit('an image of its own');
  return project;
}

const isUpload = (method = '') => method === 'PATCH' || method === 'PUT';

describe.concurrent('a registry that takes the upload and never answers', () => {
  it('ends the push after the limit, with progress until then, and the place is free again', async () => {
    await using server = await Gitkube.start({ ...limits, GITKUBE_MAX_PUSHES: '1' });
    await using proxy = await RegistryProxy.start();
    await using project = await projectOf(server, proxy.host);
    await using other = await projectOf(server);
    proxy.fault = ({ method }) => (isUpload(method) ? 'stall' : 'pass');
    const waiting = outputWith(/has not taken a byte of the image for \d+ s; giving up in \d+ s/);
    const stalled = project.tryGit(['push', project.url, 'HEAD:main'], { onOutput: waiting.onOutput });
    await waiting.seen;
    const next = other.push();
    const { code, output } = await stalled;
    expect(output).toContain(
      `error: www/www: the registry ${proxy.host} does not answer and has not taken a byte of the image for ${stallSeconds} s`,
    );
    expect(code).toBe(1);
    expect((await next).code).toBe(0);
  });
});

describe.concurrent('an engine that freezes', () => {
  it.each(['pushes', 'builds'])('while it %s ends the push with its name', async (phase) => {
    await using engine = await FreezableEngine.start(rig().engine);
    await using server = await Gitkube.start({ ...limits, GITKUBE_ENGINE: engine.host });
    await using proxy = await RegistryProxy.start();
    await using project = await projectOf(server, proxy.host);
    const uploading = Promise.withResolvers<void>();
    proxy.fault = ({ method }) => {
      if (!isUpload(method)) return 'pass';
      uploading.resolve();
      return 'stall';
    };
    if (phase === 'builds') await project.writeApp('www', 'www 1', appDockerfile('RUN echo asleep; sleep 1000'));
    if (phase === 'builds') await project.commit('a long build');
    const building = outputWith('  asleep');
    const push = project.tryGit(['push', project.url, 'HEAD:main'], { onOutput: building.onOutput });
    await (phase === 'builds' ? building.seen : uploading.promise);
    engine.freeze();
    const { code, output } = await push;
    expect(output).toContain(`the Docker Engine at ${engine.host} has not answered for`);
    expect(output).toContain(`error: the Docker Engine at ${engine.host} has not answered for ${stallSeconds} s`);
    expect(code).toBe(1);
  });
});

describe.concurrent('a registry that stops', () => {
  it('after the check is reported with the reason until the limit ends the push', async () => {
    await using proxy = await RegistryProxy.start();
    await using project = await projectOf(gitkube, proxy.host);
    let stopped: Promise<void> | undefined;
    proxy.fault = ({ method }) => {
      if (method === 'POST') stopped ??= proxy.stop();
      return 'pass';
    };
    const started = performance.now();
    const { code, output } = await project.push();
    expect(output).toMatch(
      /the registry \S+ does not answer \(connection \w+\).*; the engine tries again in \d+ s, giving up in \d+ s/,
    );
    expect(output).toMatch(/error: www\/www: the registry \S+ does not answer \(connection refused\).* for 12 s/);
    expect(code).toBe(1);
    expect(performance.now() - started).toBeLessThan(60_000);
    await stopped;
  });
});

describe.concurrent('a registry without room, or without a right to it', () => {
  it.each([507, 413, 403])('ends the push at once with its answer %i to a layer', async (status) => {
    await using proxy = await RegistryProxy.start();
    await using project = await projectOf(gitkube, proxy.host);
    proxy.fault = ({ method }) => (isUpload(method) ? status : 'pass');
    const { code, output } = await project.push();
    expect(output).toMatch(
      /error: www\/www: the registry \S+ (?:has no space for the image|does not accept a layer of this size|refuses (?:access|the push)): HTTP \d+ *$/m,
    );
    expect(output).not.toContain('pushing again');
    expect(code).toBe(1);
  });
});

describe.concurrent('a registry that hides whether a repository exists', () => {
  it.each([401, 403])('by answering %i takes a first push', async (status) => {
    await using proxy = await RegistryProxy.start();
    await using project = await projectOf(gitkube, proxy.host);
    proxy.fault = ({ method, url = '' }) => (method === 'HEAD' && url.includes('/manifests/') ? status : 'pass');
    const { output } = await project.tryGit(['push', '-o', 'skip-deploy', project.url, 'HEAD:main']);
    expect(output).toContain('1 image built and pushed');
  });

  it('has the push refused before anything is built when it would refuse the image', async () => {
    await using proxy = await RegistryProxy.start();
    await using project = await projectOf(gitkube, proxy.host);
    proxy.fault = () => 403;
    const { output } = await project.push();
    expect(output).toMatch(/error: the registry \S+ refuses access: HTTP 403/);
    expect(output).not.toContain('building');
  });
});

describe.concurrent('a registry that answers 500 now and then', () => {
  it('still takes the image', async () => {
    await using proxy = await RegistryProxy.start();
    await using project = await projectOf(gitkube, proxy.host);
    // Each kind of request fails the first time: the name of an upload is another one each time.
    const seen = new Set<string>();
    proxy.fault = ({ method, url = '' }) => {
      const kind = `${method} ${url.split('?')[0]?.replace(/uploads\/.+/, 'uploads')}`;
      if (seen.has(kind) || seen.size === 0) return seen.add(kind) && 'pass';
      return seen.add(kind) && 500;
    };
    const { output } = await project.tryGit(['push', '-o', 'skip-deploy', project.url, 'HEAD:main']);
    expect(output).toContain('1 image built and pushed');
  });
});
