/**
 * `npm run bench:clone`: a clone of a Remote that has 200 releases of a history of 2,000 commits, against OpenSSH's sshd with the same
 * objects in one pack with a bitmap. GITKUBE_TEST_RIG names a cluster that runs already.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../test/support/command.ts';
import { eventually } from '../test/support/eventually.ts';
import { Gitkube } from '../test/support/gitkube.ts';
import { setup } from '../test/support/global-setup.ts';
import { Project } from '../test/support/project.ts';
import { type Comparison, compare, table } from './compare.ts';
import { Sshd } from './sshd.ts';

const releases = 200;
const commitsEach = 10;
const runs = 9;

const end = await setup();
const folder = await mkdtemp(join(tmpdir(), 'gitkube-clones-'));
try {
  await using gitkube = await Gitkube.start({ GITKUBE_UPKEEP_SECONDS: '5' });
  await using project = await Project.create(gitkube, { replicas: 0 });
  await using sshd = await Sshd.start(`${project.keyFile()}.pub`);
  for (let release = 1; release <= releases; release++) await pushOne(project, release);
  await packed(gitkube, project);
  const plain = await sshd.repository('plain');
  await project.git('fetch', '-q', project.url, 'refs/tags/releases/*:refs/tags/releases/*');
  await project.git('push', '-q', plain, 'main', '--tags');
  await must('git', ['-C', join(sshd.folder, 'plain.git'), 'repack', '-q', '-a', '-d', '-b']);
  console.log(
    table([await clone(project, plain, []), await clone(project, plain, ['--filter=blob:none', '--no-checkout'])]),
  );
} finally {
  await rm(folder, { recursive: true, force: true });
  await end?.();
}

/** As a repository is some minutes after its last push. */
async function packed(gitkube: Gitkube, { namespace }: Project): Promise<void> {
  const repository = join(gitkube.dataFolder, 'repositories', namespace, 'app.git');
  await eventually(async () => /^count: \d{1,3}$/m.test(await must('git', ['-C', repository, 'count-objects', '-v'])));
}

/** Some commits, and a release of the last one. */
async function pushOne(project: Project, release: number): Promise<void> {
  for (let commit = 0; commit < commitsEach; commit++) {
    await project.write(`src/part${commit}/file${release % 20}.txt`, `${release} ${commit}\n`.repeat(200));
    await project.commit(`change ${commit} of ${release}`);
  }
  await project.writeApp('www', `www ${release}`);
  await project.commit(`release ${release}`);
  await project.git('push', '-q', project.url, 'HEAD:main');
  if (release % 20 === 0) process.stderr.write(`  ${release} of ${releases} releases\n`);
}

function clone(project: Project, plain: string, options: readonly string[]): Promise<Comparison> {
  const into = (url: string, run: number) => {
    const place = join(folder, `${options.length}-${url === plain ? 'theirs' : 'ours'}-${run}`);
    return project.git('clone', '-q', ...options, url, place);
  };
  return compare({
    name: `git clone ${options.join(' ')}`.trim(),
    rival: 'OpenSSH',
    runs,
    ours: async (run) => void (await into(project.url, run)),
    theirs: async (run) => void (await into(plain, run)),
  });
}
