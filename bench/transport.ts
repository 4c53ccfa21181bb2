import { randomBytes } from 'node:crypto';
import { must } from '../test/support/command.ts';
import type { Gitkube } from '../test/support/gitkube.ts';
import { Project } from '../test/support/project.ts';
import { type Comparison, compare } from './compare.ts';
import { MemoryGauge } from './memory-gauge.ts';
import { Sshd } from './sshd.ts';

const MEGABYTE = 1024 * 1024;

export interface TransportResult {
  readonly comparisons: Comparison[];
  /** Megabytes of the server above what it had when idle, at its highest during the large pushes. */
  readonly memory: number;
}

/** `git ls-remote` and a push of 200 MB of random bytes, against OpenSSH's sshd with the same objects. */
export async function benchTransport(gitkube: Gitkube): Promise<TransportResult> {
  await using project = await Project.create(gitkube);
  await using sshd = await Sshd.start(`${project.keyFile()}.pub`);
  await project.push();
  const plain = await sshd.repository('plain');
  await project.git('push', '-q', plain, 'HEAD:main');

  const lsRemote = await compare({
    name: 'git ls-remote',
    rival: 'OpenSSH',
    runs: 15,
    ours: async () => void (await project.git('ls-remote', project.url)),
    theirs: async () => void (await project.git('ls-remote', plain)),
  });

  const memory = new MemoryGauge(gitkube.pid);
  // Random bytes do not compress: without these the client spends a minute on finding that out.
  await project.git('config', 'core.bigFileThreshold', '1m');
  await project.git('config', 'core.compression', '0');
  // As tags, so that nothing is built: what is timed is git, ssh and the server between them.
  const large = await compare({
    name: 'push of 200 MB',
    rival: 'OpenSSH',
    runs: 5,
    prepare: async (run) => {
      for (let i = 0; i < 20; i++) await project.write(`large/${i}`, randomBytes(10 * MEGABYTE));
      await project.commit(`large ${run}`);
      await must('git', ['-C', project.folder, 'tag', '-f', `large-${run}`]);
      memory.idle();
    },
    ours: async (run) => {
      await memory.during(async () => void (await project.git('push', '-q', project.url, `large-${run}`)));
    },
    theirs: async (run) => void (await project.git('push', '-q', plain, `large-${run}`)),
  });
  return { comparisons: [lsRemote, large], memory: memory.highest };
}
