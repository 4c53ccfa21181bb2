/**
 * `npm run faults:kills -- [--kills 100] [--seed N]`: kills the server at random moments of random deploys to five
 * Remotes: pushes, rollbacks by `ssh … rollback`, redeploys, restarts, changes by `ssh … env`, and returns from releases that
 * are watched and fail.
 * After each kill and start the branch, the newest release and the workloads of all of them agree, and nothing is left over.
 * GITKUBE_TEST_RIG names a cluster that runs already.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Finished } from '../support/command.ts';
import { Gitkube } from '../support/gitkube.ts';
import { setup } from '../support/global-setup.ts';
import { appDockerfile, Project } from '../support/project.ts';
import { Random } from '../support/random.ts';
import { disagreements, leftovers } from './agreement.ts';

const { values } = parseArgs({ options: { kills: { type: 'string' }, seed: { type: 'string' } } });
const kills = Number(values.kills ?? 100);
const seed = Number(values.seed ?? Date.now() % 100_000);
const random = new Random(seed);
/** Longer than a push with a build takes on two cores, so that each phase has its share. */
const longestMs = 4000;

const actions = [
  ...[change, changeAll, crash, crashLater, crashLater, empty, pushOlder],
  ...[rollback, rollback, redeploy, restart, restart, setEnv, setEnv],
];

interface Member {
  readonly project: Project;
  readonly workloads: readonly string[];
}

console.log(`${kills} kills, seed ${seed}`);
const end = await setup();
let failures = 0;
try {
  await using stack = new AsyncDisposableStack();
  const gitkube = stack.use(await Gitkube.start({ GITKUBE_ENV: 'on' }));
  const members: Member[] = [];
  for (const workloads of [['a'], ['a'], ['a', 'b'], ['a', 'b'], ['a', 'b', 'c']]) {
    const container = { envFrom: [{ secretRef: { name: 'web-env' } }] };
    const spec = { env: { secret: 'web-env' }, rollout: { watchSeconds: 60 } };
    const project = stack.use(await Project.create(gitkube, { deployments: workloads, container, spec }));
    await project.kubectl('create', 'secret', 'generic', 'web-env', '--from-literal=KILL=0');
    const { code, output } = await project.push();
    if (code !== 0) throw new Error(output);
    members.push({ project, workloads });
  }
  for (let kill = 1; kill <= kills; kill++) failures += await round(gitkube, members, kill);
  for (const member of members) failures += await lastPush(member);
  await sayReleases(members);
  failures += report(await untilNone(() => describedLeftovers(gitkube.dataFolder)));
} finally {
  await end?.();
}
console.log(
  failures === 0
    ? `${kills} kills: branch, tag and workloads agreed every time`
    : `${failures} disagreements, seed ${seed}`,
);
process.exitCode = failures === 0 ? 0 : 1;

async function round(gitkube: Gitkube, members: readonly Member[], kill: number): Promise<number> {
  const pushing = members.filter(() => random.next() < 0.6);
  const pushes: Promise<Finished>[] = [];
  const what: string[] = [];
  for (const member of pushing) {
    const action = random.pick(actions);
    what.push(action.name);
    pushes.push(action(member, kill));
  }
  // Or hardly one would be released, and returned from while the next kill comes.
  const ms = random.below(what.includes('crashLater') ? 3 * longestMs : longestMs);
  await delay(ms);
  await gitkube.kill();
  const codes = (await Promise.all(pushes)).map(({ code }) => code);
  await gitkube.start();
  const found = await settled(members);
  console.log(`kill ${kill} after ${ms} ms: ${what.map((name, i) => `${name} ${codes[i]}`).join(', ') || 'idle'}`);
  return report(found);
}

/** Recovery goes on beside the first answers of a server that has just started: it has a minute to agree. */
async function settled(members: readonly Member[]): Promise<string[]> {
  const all = () => Promise.all(members.map(({ project, workloads }) => disagreements(project, workloads)));
  return untilNone(async () => (await all()).flat());
}

/** What is still found after a minute: the note of a push stays until the status says its end, behind the answer. */
async function untilNone(find: () => Promise<string[]>): Promise<string[]> {
  const until = performance.now() + 60_000;
  for (;;) {
    const found = await find();
    if (found.length === 0 || performance.now() > until) return found;
    await delay(500);
  }
}

/** With what is in them, which says where they come from. */
async function describedLeftovers(folder: string): Promise<string[]> {
  const describe = async (path: string) => {
    const text = await readFile(join(folder, path), 'utf8').catch(String);
    return `${path}: ${JSON.stringify(text.slice(0, 500))}`;
  };
  return Promise.all((await leftovers(folder)).map(describe));
}

async function lastPush({ project, workloads }: Member): Promise<number> {
  for (const name of workloads) await project.writeApp(name, 'the last version');
  await project.commit('the last version');
  const { code, output } = await project.tryGit(['push', '-f', project.url, 'HEAD:main']);
  const page = await project.page(workloads.at(-1));
  return report(
    code === 0 && page === 'the last version' ? [] : [`${project.namespace}: the last push: ${output}, page ${page}`],
  );
}

/** How many of each kind there are: without any the kills have shown nothing of it. */
async function sayReleases(members: readonly Member[]): Promise<void> {
  const lists = await Promise.all(members.map(({ project }) => project.ssh('releases', '--json')));
  const found = lists.flatMap(({ stdout }) => JSON.parse(stdout) as { readonly how: string }[]);
  const count = (how: string) => found.filter((release) => release.how.startsWith(how)).length;
  const kinds = ['rollback', 'redeploy', 'restart', 'env', 'return'];
  console.log(`releases: ${kinds.map((how) => `${count(how)} by ${how}`).join(', ')}`);
}

function report(lines: readonly string[]): number {
  for (const line of lines) console.log(`  DISAGREES ${line}`);
  return lines.length;
}

async function change({ project, workloads }: Member, kill: number): Promise<Finished> {
  await project.writeApp(random.pick(workloads), `version ${kill}`);
  return commitAndPush(project, kill);
}

async function changeAll({ project, workloads }: Member, kill: number): Promise<Finished> {
  for (const name of workloads) await project.writeApp(name, `${name} ${kill}`);
  return commitAndPush(project, kill);
}

/** A version that exits after a moment, and is rolled back. */
async function crash({ project, workloads }: Member, kill: number): Promise<Finished> {
  await project.writeApp(workloads.at(-1) ?? '', `crash ${kill}`, appDockerfile('', 'sleep 1; exit 3'));
  return commitAndPush(project, kill);
}

/** A version that is released, ends a second time while the next kills come, and is returned from. */
async function crashLater({ project, workloads }: Member, kill: number): Promise<Finished> {
  const command = 'httpd -f -p 8080 -h /www & sleep 3; exit 3';
  await project.writeApp(workloads.at(-1) ?? '', `crash later ${kill}`, appDockerfile('', command));
  return commitAndPush(project, kill);
}

async function empty({ project }: Member, kill: number): Promise<Finished> {
  return commitAndPush(project, kill);
}

/** A push of the commit of a release. */
async function pushOlder({ project }: Member): Promise<Finished> {
  // Drawn before anything is waited for: the order of the draws is that of the seed.
  const drawn = random.next();
  const listed = await project.tryGit(['ls-remote', project.url, 'refs/tags/releases/*^{}']);
  // The server was killed already.
  if (listed.code !== 0) return listed;
  const commits = listed.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t')[0] ?? '');
  const commit = commits[Math.floor(drawn * commits.length)];
  return project.tryGit(['push', '-f', project.url, `${commit}:refs/heads/main`]);
}

/** `ssh … rollback`, to the release before or to a number, which may be one that is not there. */
function rollback({ project }: Member): Promise<Finished> {
  const number = random.below(6);
  return project.ssh('rollback', `${project.namespace}/app`, ...(number === 0 ? [] : [`${number}`]));
}

/** `ssh … redeploy`: every second one builds all images again. */
function redeploy({ project }: Member): Promise<Finished> {
  return project.ssh('redeploy', `${project.namespace}/app`, ...(random.next() < 0.5 ? ['--no-cache'] : []));
}

function restart({ project }: Member): Promise<Finished> {
  return project.ssh('restart', `${project.namespace}/app`);
}

/** `ssh … env set`: of one that a push may read, too. */
function setEnv({ project }: Member, kill: number): Promise<Finished> {
  return project.ssh('env', 'set', `${project.namespace}/app`, `KILL=${kill}`, `OF_${random.below(3)}=${kill}`);
}

async function commitAndPush(project: Project, kill: number): Promise<Finished> {
  await project.commit(`kill ${kill}`);
  return project.tryGit(['push', '-f', project.url, 'HEAD:main']);
}
