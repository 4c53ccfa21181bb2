import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manifestTypes } from '../../scripts/images/image-cache.ts';
import { makeVolume, removeVolume, type Volume } from '../cluster/volume.ts';
import { eventually } from '../support/eventually.ts';
import { mustKubectl } from '../support/kubectl.ts';
import { Project } from '../support/project.ts';
import { publishedImages, Release, rigValues } from '../support/release.ts';
import { rig } from '../support/rig.ts';

describe("the chart's own registry", () => {
  // Below those that Kubernetes hands out, which begin at 30086.
  const nodePort = randomInt(30_010, 30_086);
  const store = '/var/lib/registry/docker/registry/v2';
  let volume: Volume;
  let release: Release;
  let project: Project;

  beforeAll(async () => {
    release = await Release.prepare('registry', 'privileged', rigValues(await publishedImages()));
    volume = await makeVolume(rig(), release.namespace);
    await release.apply({
      settings: {},
      'registry.enabled': true,
      'registry.nodePort': nodePort,
      // The cluster under test has no DNS.
      'registry.clusterIP': await freeClusterIp(),
      'registry.persistence': { enabled: true, storageClass: volume.storageClass },
    });
    await release.ready();
    project = await Project.create(await release.address());
  }, 600_000);
  afterAll(async () => {
    await release?.[Symbol.asyncDispose]();
    await project?.abandon();
    if (volume) await removeVolume(rig(), volume);
  });

  const inRegistry = (command: string) =>
    release.kubectl('exec', 'deployment/gitkube-registry', '-c', 'write', '--', 'sh', '-c', command);

  const read = async (path: string) =>
    fetch(`http://${(await release.address()).host}:${nodePort}/v2/${path}`, { headers: { accept: manifestTypes } });

  /** Its pod is ready, and the packet filter of the node leads to it, which is so a moment later. */
  async function answers(): Promise<void> {
    await release.kubectl('rollout', 'status', 'deployment/gitkube-registry', '--timeout=120s');
    await eventually(async () => (await read('')).ok);
  }

  /** A push does not wait for the tag that is named after its commit. */
  async function hasTag(commit: string): Promise<void> {
    const path = (await project.image()).replace(/^[^/]*\//, '').replace(/@.*/, '');
    await eventually(async () => (await read(`${path}/manifests/${commit}`)).ok);
  }

  it('takes the images of a Remote that names none, and the nodes pull from it', async () => {
    const { code, output } = await project.push();
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('Released releases/1') });
    expect(await project.image()).toMatch(new RegExp(`^localhost:${nodePort}/.*@sha256:`));
    expect(await project.page()).toBe('www 1');
  });

  it('takes no image from a client that reaches the port of a node', async () => {
    const { host } = await release.address();
    const upload = await fetch(`http://${host}:${nodePort}/v2/a/b/blobs/uploads/`, { method: 'POST' });
    expect(upload.status).toBe(405);
  });

  it('keeps images when its pod is lost', async () => {
    await release.kubectl('delete', 'pod', '-l', 'app.kubernetes.io/component=registry');
    await answers();
    await project.commit('nothing changed');
    const { code, output } = await project.push();
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('the image of build key') });
  });

  it('frees disk by the documented garbage collection', async () => {
    const size = async () => Number((await inRegistry(`du -sk ${store}/blobs`)).split('\t')[0]);
    const before = await size();
    await project.writeApp('www', 'x'.repeat(2_000_000));
    const commit = await project.commit('large');
    expect(await project.push()).toMatchObject({ code: 0 });
    await hasTag(commit);
    await inRegistry(`rm -r ${store}/repositories/*`);
    const output = await inRegistry('registry garbage-collect /etc/gitkube-registry/write.yml');
    expect(output).toMatch(/blob eligible for deletion/);
    expect(await size()).toBeLessThan(before);
    await release.kubectl('rollout', 'restart', 'deployment/gitkube-registry');
    await answers();
    // What is gone is built again.
    await project.commit('once more');
    const { code, output: said } = await project.push();
    expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining('building www') });
  });
});

/** In the range of the cluster, and hopefully nobody's. */
async function freeClusterIp(): Promise<string> {
  const api = await mustKubectl(['get', 'service', 'kubernetes', '-n', 'default', '-o', 'jsonpath={.spec.clusterIP}']);
  return api.replace(/\d+$/, String(randomInt(100, 250)));
}
