import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must, run } from '../support/command.ts';
import { Gitkube } from '../support/gitkube.ts';
import { Project } from '../support/project.ts';

let gitkube: Gitkube;

beforeAll(async () => {
  gitkube = await Gitkube.start();
});
afterAll(() => gitkube[Symbol.asyncDispose]());

describe('dropbear', () => {
  it('pushes and fetches, though it has none of the MACs that are preferred', async () => {
    await using project = await Project.create(gitkube, { replicas: 0 });
    const key = `${project.keyFile()}.dropbear`;
    await must('dropbearconvert', ['openssh', 'dropbear', project.keyFile(), key]);
    const env = { GIT_SSH_COMMAND: `dbclient -y -y -i ${key}`, GIT_SSH_VARIANT: 'ssh', GIT_PROTOCOL: '' };
    const push = await project.tryGit(['-c', 'protocol.version=0', 'push', project.url, 'HEAD:main'], { env });
    expect(push).toMatchObject({ code: 0, output: expect.stringContaining('Released releases/1') });
    const fetch = await project.tryGit(['-c', 'protocol.version=0', 'ls-remote', project.url], { env });
    expect(fetch).toMatchObject({ code: 0, output: expect.stringContaining('refs/tags/releases/1') });
  });
});

describe('Git LFS', () => {
  it('fails with two ways to push in the error of its hook, and both work', async () => {
    await using project = await Project.create(gitkube, { replicas: 0 });
    const folder = await mkdtemp(join(tmpdir(), 'gitkube-lfs-'));
    try {
      await project.git('remote', 'add', 'dev', project.url);
      await project.git('lfs', 'install', '--local');
      await project.commit('nothing large yet');
      expect(await project.tryGit(['push', 'dev', 'main'])).toMatchObject({ code: 0 });

      await project.git('lfs', 'track', '*.bin');
      await project.write('media/large.bin', Buffer.alloc(1000, 'large'));
      await project.commit('something large');
      const refused = await project.tryGit(['push', 'dev', 'main']);
      expect(refused.code).toBe(1);
      expect(refused.output).toContain(
        'gitkube: Gitkube stores no Git LFS objects, and the Remote names no LFS server',
      );
      expect(refused.output).toContain(`type: git push --no-verify ${project.url} 'HEAD:refs/heads/<branch>'`);
      expect(await project.tryGit(['push', '--no-verify', 'dev', 'main'])).toMatchObject({ code: 0 });

      await must('git', ['init', '-q', '--bare', folder]);
      await project.git('config', 'remote.dev.lfsurl', `file://${folder}`);
      await project.write('media/larger.bin', Buffer.alloc(1000, 'larger'));
      await project.commit('something larger');
      expect(await project.tryGit(['push', 'dev', 'main'])).toMatchObject({ code: 0 });
      const kept = await run('find', [join(folder, 'lfs/objects'), '-type', 'f']);
      expect(kept.stdout.trim().split('\n')).toHaveLength(1);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
