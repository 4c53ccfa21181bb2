/**
 * `npm run bench:http`: a push and a clone of 200 MB over HTTPS, against `git http-backend` behind nginx with the same certificate and
 * password. GITKUBE_TEST_RIG names a cluster that runs already.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { must } from '../test/support/command.ts';
import { setup } from '../test/support/global-setup.ts';
import { addToken, HttpsDoor } from '../test/support/https-door.ts';
import { Project } from '../test/support/project.ts';
import { type Comparison, compare, median, table } from './compare.ts';
import { MemoryGauge } from './memory-gauge.ts';
import { Nginx } from './nginx.ts';

const MEGABYTE = 1024 * 1024;
const runs = 5;
const rival = 'git http-backend behind nginx';

const end = await setup();
const folder = await mkdtemp(join(tmpdir(), 'gitkube-clones-'));
try {
  await using door = await HttpsDoor.open();
  await using project = await Project.create(door.gitkube, { replicas: 0 });
  const token = await addToken(project, 'ci');
  await using nginx = await Nginx.start({ certificates: dirname(door.certificate), user: 'ci', password: token });
  const git = async (...args: string[]) => {
    const { code, output } = await door.git(project, token, args);
    if (code !== 0) throw new Error(output);
  };
  // As Gitkube limits git: by default git searches for deltas between random bytes, for longer than it sends them.
  const limits = { 'core.bigFileThreshold': '16m', 'pack.windowMemory': '64m' };
  const urls = { ours: door.url(project), theirs: await nginx.repository('plain', limits) };
  const memory = new MemoryGauge(door.gitkube.pid);
  const pushes = await push(project, git, urls, memory);
  const clones = await clone(git, urls, memory);
  console.log(table([pushes, clones]));
  console.log(`\nGitkube has ${speed(pushes)} of the speed of ${rival} for the push, ${speed(clones)} for the clone`);
  console.log(`Server memory above idle: ${Math.round(memory.highest)} MB at the most`);
} finally {
  await rm(folder, { recursive: true, force: true });
  await end?.();
}

type Git = (...args: string[]) => Promise<void>;
type Urls = Record<'ours' | 'theirs', string>;

async function push(project: Project, git: Git, { ours, theirs }: Urls, memory: MemoryGauge): Promise<Comparison> {
  // Random bytes do not compress: without these the client spends a minute on finding that out.
  await project.git('config', 'core.bigFileThreshold', '1m');
  await project.git('config', 'core.compression', '0');
  // As tags, so that nothing is built: what is timed is git, TLS and the server between them.
  return compare({
    name: 'push of 200 MB over HTTPS',
    rival,
    runs,
    prepare: async (run) => {
      for (let i = 0; i < 10; i++) await project.write(`large/${i}`, randomBytes(20 * MEGABYTE));
      await project.commit(`large ${run}`);
      await must('git', ['-C', project.folder, 'tag', '-f', `large-${run}`]);
      memory.idle();
    },
    ours: async (run) => report('push', await memory.during(() => git('push', '-q', ours, `large-${run}`))),
    theirs: (run) => git('push', '-q', theirs, `large-${run}`),
  });
}

async function clone(git: Git, { ours, theirs }: Urls, memory: MemoryGauge): Promise<Comparison> {
  const cloned = (url: string, whose: string, run: number) =>
    git('clone', '-q', '--bare', '--depth', '1', '--branch', `large-${run}`, url, join(folder, `${whose}-${run}`));
  return compare({
    name: 'clone of 200 MB over HTTPS',
    rival,
    runs,
    prepare: async () => memory.idle(),
    ours: async (run) => report('clone', await memory.during(() => cloned(ours, 'ours', run))),
    theirs: (run) => cloned(theirs, 'theirs', run),
  });
}

function report(what: string, quarters: readonly number[]): void {
  const megabytes = quarters.map((one) => one.toFixed(0)).join(', ');
  process.stderr.write(`  memory above idle in each quarter of the ${what}: ${megabytes} MB\n`);
}

function speed({ ours, theirs }: Comparison): string {
  return `${median(theirs.map((ms, i) => ms / (ours[i] ?? Number.NaN))).toFixed(2)}`;
}
