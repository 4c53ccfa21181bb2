import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeVolume, removeVolume, type Volume } from '../cluster/volume.ts';
import { Gate } from '../support/gate.ts';
import { outputWith } from '../support/output-with.ts';
import { appDockerfile, Project } from '../support/project.ts';
import { objectsSent, publishedImages, Release, rigValues } from '../support/release.ts';
import { rig } from '../support/rig.ts';

const servesBehind = (gate: Gate) => `${gate.pass} && exec httpd -f -p 8080 -h /www`;

describe("when the server's pod is lost", () => {
  let volume: Volume;
  let release: Release;
  let project: Project;
  let before: { key: string | undefined; pod: string; commit: string };

  beforeAll(async () => {
    release = await Release.prepare('loss', 'privileged', rigValues(await publishedImages()));
    volume = await makeVolume(rig(), release.namespace);
    await release.apply({ 'persistence.enabled': true, 'persistence.storageClass': volume.storageClass });
    project = await Project.create(await release.address());
    expect(await project.push()).toMatchObject({ code: 0 });
  }, 600_000);
  afterAll(async () => {
    await release?.[Symbol.asyncDispose]();
    await project?.abandon();
    if (volume) await removeVolume(rig(), volume);
  });
  beforeEach(async () => {
    before = { key: await release.hostKey(), pod: await release.pod(), commit: await deployed() };
  });

  /** The commit that the branch says runs. */
  const deployed = async () => (await project.git('ls-remote', project.url, 'refs/heads/main')).split('\t')[0] ?? '';
  /** The image of the last release, by its tag. */
  const released = async () => {
    const tags = await project.git('ls-remote', '--tags', '--sort=-version:refname', project.url, 'releases/*');
    const [, last] = /refs\/tags\/(releases\/\d+)$/m.exec(tags) ?? [];
    await project.git('fetch', '-q', '--tags', project.url);
    const tag = await project.git('cat-file', '-p', `${last}`);
    return { commit: /^object (\w+)/.exec(tag)?.[1], image: /image: (\S+)/.exec(tag)?.[1] };
  };
  const startPush = async () => {
    const commit = await project.commit('the next version');
    const [rollsOut, goesOn] = [outputWith(/new pod ready, waiting/), outputWith('finishing this rollout first')];
    const onOutput = (output: string) => {
      for (const one of [rollsOut, goesOn]) one.onOutput(output);
    };
    const push = project.tryGit(['push', '--progress', project.url, 'HEAD:main'], { onOutput });
    return { commit, push, rollsOut: rollsOut.seen, goesOn: goesOn.seen };
  };
  const expectSameServer = async () => {
    await release.kubectl('wait', '--for=delete', before.pod, '--timeout=120s');
    await release.ready();
    expect(await release.pod()).not.toBe(before.pod);
    expect(await release.hostKey()).toBe(before.key);
    // Branch, tag and what runs agree.
    expect(await released()).toEqual({ commit: await deployed(), image: await project.image() });
  };
  const expectSmallPush = async (page: string) => {
    await project.writeApp('www', page);
    await project.commit(page);
    const { code, output } = await project.tryGit(['push', '--progress', project.url, 'HEAD:main']);
    expect({ code, output }).toMatchObject({ code: 0 });
    // The commit, two folders and two files, and those of the commit that was not taken before.
    expect(objectsSent(output)).toBeLessThanOrEqual(10);
    expect(await project.page()).toBe(page);
  };

  it('in the middle of a build, the pusher reads to push again, and the old version goes on running', async () => {
    await using gate = await Gate.make();
    await project.writeApp('www', 'x', appDockerfile(`RUN ${gate.pass}`));
    const { push } = await startPush();
    await gate.reached;
    await release.kubectl('delete', before.pod, '--wait=false');
    const { code, output } = await push;
    expect({ code, output }).toMatchObject({
      code: 1,
      output: expect.stringMatching(/restarting[\s\S]*hint: push again/),
    });
    await expectSameServer();
    expect(await deployed()).toBe(before.commit);
    await expectSmallPush('after a build that was cut off');
  });

  it('in the middle of a rollout, it is finished within the grace period', async () => {
    await using gate = await Gate.make();
    await project.writeApp('www', 'finished', appDockerfile('', servesBehind(gate)));
    const { commit, push, rollsOut, goesOn } = await startPush();
    await rollsOut;
    await release.kubectl('delete', before.pod, '--wait=false');
    await goesOn;
    gate.open();
    const { code, output } = await push;
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('Released releases/') });
    await expectSameServer();
    expect(await deployed()).toBe(commit);
    await expectSmallPush('after a rollout that was finished');
  });

  it('in the middle of a rollout and without warning, branch and workload agree after the start', async () => {
    await using gate = await Gate.make();
    await project.writeApp('www', 'torn', appDockerfile('', servesBehind(gate)));
    const { push, rollsOut } = await startPush();
    await rollsOut;
    await release.kubectl('delete', before.pod, '--grace-period=0', '--force');
    expect((await push).code).not.toBe(0);
    await expectSameServer();
    await expectSmallPush('after a rollout that was torn');
  });

  it('while nothing happens, nobody notices', async () => {
    await release.kubectl('delete', before.pod);
    await expectSameServer();
    expect(await deployed()).toBe(before.commit);
    await expectSmallPush('after the loss');
  });
});
