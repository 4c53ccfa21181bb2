import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { must } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { Gate } from '../support/gate.ts';
import { Gitkube } from '../support/gitkube.ts';
import { appDockerfile, Project } from '../support/project.ts';

let disk: string;
let gitkube: Gitkube;
let project: Project;

beforeAll(async () => {
  disk = await mkdtemp(join(tmpdir(), 'gitkube-disk-'));
  await must('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk]);
  gitkube = await Gitkube.start({
    GITKUBE_DATA: disk,
    GITKUBE_MIN_FREE_BYTES: '30000000',
    GITKUBE_MAX_REPOSITORY_BYTES: '1000000',
  });
  project = await Project.create(gitkube);
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await gitkube[Symbol.asyncDispose]();
  await eventually(() => must('umount', [disk]).then(() => true));
  await rm(disk, { recursive: true });
});

it('a repository over its limit takes no push that makes it larger, and still takes a rollback', async () => {
  expect((await project.push()).output).toContain('Released releases/1');
  const small = await project.commit('small');
  expect((await project.push()).output).toContain('Released releases/2');
  await project.write('large.bin', randomBytes(1_200_000));
  await project.commit('large');
  const refused = await project.push();
  expect(refused.code).toBe(1);
  expect(refused.output).toMatch(/the repository has \d+ bytes and this push 1\.2 MB, the limit is 1\.0 MB/);
  expect(refused.output).toContain('GITKUBE_MAX_REPOSITORY_BYTES');
  await project.git('reset', '--hard', small);
  expect((await project.push('-f', 'HEAD~1:main')).output).toContain('Released releases/3');
  expect((await project.push()).output).toContain('Released releases/4');
});

it('a full disk is reported as such, and the next push is taken once there is room', async () => {
  const filler = join(disk, 'filler');
  await writeFile(filler, Buffer.alloc(40_000_000));
  await project.commit('while the disk is full');
  const refused = await project.push();
  expect(refused.code).toBe(128);
  expect(refused.output).toContain('the disk of the server is full');
  expect((await project.tryGit(['ls-remote', project.url])).code).toBe(0);
  await rm(filler);
  expect((await project.push()).output).toContain('Released releases/5');
});

it('a disk without inodes is reported as such before anything is built, and one without a limit of them takes pushes', async () => {
  const used = (await must('df', ['--output=iused', disk])).split('\n')[1];
  const limit = (inodes: number) => must('mount', ['-o', `remount,nr_inodes=${inodes}`, disk]);
  await limit(Number(used) + 500);
  const refused = await project.push();
  expect(refused.code).toBe(128);
  expect(refused.output).toMatch(/no room for more files: \d+ of its \d+ inodes are free/);
  expect(refused.output).not.toContain('building');
  await limit(0);
  expect((await project.push('-f', 'HEAD~1:main')).output).toContain('Released releases/6');
  expect((await project.push()).output).toContain('Released releases/7');
});

it('a push that fills the disk changes nothing, says so, and breaks nothing', async () => {
  await gitkube.stop();
  await gitkube.start({ GITKUBE_MIN_FREE_BYTES: '1', GITKUBE_MAX_REPOSITORY_BYTES: '100000000' });
  const image = await project.image();
  const filler = join(disk, 'filler');
  await must('sh', ['-c', `dd if=/dev/zero of=${filler} bs=4096 2>/dev/null; test -s ${filler}`]);
  await project.writeApp('www', 'on a full disk');
  await project.commit('on a full disk');
  const refused = await project.push();
  expect(refused.code).not.toBe(0);
  expect(refused.output).toMatch(/the disk of the server is full|No space left on device/);
  expect(await project.image()).toBe(image);
  const logged = (what: RegExp) => gitkube.log.filter((line) => what.test(line)).length;
  await eventually(async () => logged(/push began/) === logged(/push finished|push ended before git had it/));
  await rm(filler);
  await eventually(async () => (await project.push()).output.includes('Released releases/8'));
});

it('a disk that fills up during a rollout has what ran before restored, is named as the reason, and leaves nothing behind', async () => {
  await using gate = await Gate.make();
  const image = await project.image();
  await project.writeApp(
    'www',
    'rolled out on a full disk',
    appDockerfile('', `${gate.pass}; exec httpd -f -p 8080 -h /www`),
  );
  await project.commit('rolled out on a full disk');
  const pushing = project.push();
  await gate.reached;
  const filler = join(disk, 'filler');
  await must('sh', ['-c', `dd if=/dev/zero of=${filler} bs=4096 2>/dev/null; truncate -s -4096 ${filler}`]);
  gate.open();
  const refused = await pushing;
  expect(refused.output).toContain('error: the disk of the server is full');
  expect(refused.code).toBe(1);
  expect(await project.image()).toBe(image);
  await eventually(async () => {
    const entries = await readdir(join(disk, 'repositories'), { recursive: true });
    const left = entries.filter((entry) => /\.lock$|\.new$|\.json$|tmp_obj/.test(entry));
    // Which warnings were printed is known for good.
    expect(left.filter((entry) => !entry.endsWith('/gitkube-warned.json'))).toEqual([]);
    return true;
  });
  await rm(filler);
  await eventually(async () => (await project.push()).output.includes('Released releases/9'));
});

it('what many pushes leave is packed in the background, during other pushes and rollbacks', async () => {
  await gitkube.stop();
  await gitkube.start({ GITKUBE_UPKEEP_SECONDS: '1' });
  const loose = async () => {
    const folder = join(disk, 'repositories', project.namespace, 'app.git');
    return Number.parseInt(await must('git', ['--git-dir', folder, '-c', 'safe.directory=*', 'count-objects']), 10);
  };
  let most = 0;
  for (let round = 0; round < 3; round++) {
    await Promise.all(range(700).map((i) => project.write(`docs/${round}/${i}`, `${round} ${i}`)));
    await project.commit(`round ${round}`);
    expect((await project.push()).output).toContain('Released releases/');
    most = Math.max(most, await loose());
  }
  expect(most).toBeGreaterThan(600);
  await eventually(async () => (await loose()) < 700);
  expect((await project.push('-f', 'HEAD~2:main')).output).toContain('Released releases/');
  expect((await project.push()).output).toContain('Released releases/');
  expect((await project.tryGit(['fetch', '--tags', project.url])).code).toBe(0);
  expect(gitkube.log.filter((line) => line.includes('could not pack'))).toEqual([]);
});

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
