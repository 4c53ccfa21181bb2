import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EnginePod } from '../support/engine-pod.ts';
import { appDockerfile, Project } from '../support/project.ts';
import { publishedImages, Release, rigValues } from '../support/release.ts';

// The engine elsewhere, so the namespace of Gitkube needs no privileges at all.
describe('the chart with an engine by URL and TLS', () => {
  let engine: EnginePod;
  let release: Release;
  let project: Project;

  beforeAll(async () => {
    const images = await publishedImages();
    engine = await EnginePod.start(images.engine);
    release = await Release.prepare('elsewhere', 'restricted', rigValues(images));
    await engine.writeSecret(release.namespace, 'engine-tls', 'client');
    await release.apply({ 'builder.external': { url: engine.url, tls: { secretName: 'engine-tls' } } });
    await release.ready();
    project = await Project.create(await release.address());
  }, 600_000);
  afterAll(async () => {
    await release?.[Symbol.asyncDispose]();
    await project?.abandon();
    await engine?.[Symbol.asyncDispose]();
  });

  it('runs in a namespace that enforces `restricted`, and builds there', async () => {
    const path = '{.items[*].spec.containers[*].name} {.items[*].spec.initContainers[*].name}';
    expect((await release.kubectl('get', 'pods', '-o', `jsonpath=${path}`)).trim()).toBe('server');
    await project.writeApp('www', 'built elsewhere', appDockerfile('RUN true'));
    await project.commit('a step');
    const { code, output } = await project.push();
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('Released releases/1') });
    expect(await project.page()).toBe('built elsewhere');
    expect(await engine.diskUse()).toMatch(/Build Cache\s+[1-9]/);
  });

  it('fails a push with the reason when the engine refuses the certificate', async () => {
    await engine.writeSecret(release.namespace, 'engine-tls', 'stranger');
    await release.kubectl('delete', await release.pod());
    await release.ready();
    await project.writeApp('www', 'not built');
    await project.commit('a change');
    const { code, output } = await project.push('-f', 'HEAD:main');
    expect({ code, output }).toMatchObject({ code: 1, output: expect.stringMatching(/error: .*engine/i) });
    expect(output).toMatch(/certificate/i);
  });
});
