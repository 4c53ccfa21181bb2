import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Project } from '../support/project.ts';
import type { Place } from './layout.ts';

/** Of a release: its Secret, and what that was. */
interface Recorded {
  readonly name: string;
  readonly snapshot: string;
}

/** What the branch, the newest release and the workloads of one Remote say. */
interface State {
  readonly branch: string | undefined;
  readonly release:
    | {
        readonly number: number;
        readonly commit: string;
        readonly images: readonly string[];
        readonly env: Recorded | undefined;
      }
    | undefined;
  readonly running: readonly string[];
}

/** One line for each disagreement; none: the branch on the remote is what runs. */
export async function disagreements(
  project: Project,
  workloads: readonly string[],
  place: Pick<Place, 'branch' | 'environment'> = { branch: 'main', environment: '' },
): Promise<string[]> {
  const { branch, release, running } = await stateOf(project, workloads, place);
  const problems: string[] = [];
  if (branch !== release?.commit)
    problems.push(`the branch is at ${branch}, releases/${release?.number} at ${release?.commit}`);
  if (release && [...release.images].sort().join() !== [...running].sort().join())
    problems.push(
      `releases/${release.number} has ${release.images.join(', ')}, the workloads run ${running.join(', ')}`,
    );
  problems.push(...(await envProblems(project, release?.env)));
  const of = place.environment && ` (${place.environment})`;
  return problems.map((problem) => `${project.namespace}${of}: ${problem}`);
}

/** The Secret has what the newest release has recorded, and no snapshot is left that no release has. */
async function envProblems(project: Project, env: Recorded | undefined): Promise<string[]> {
  if (!env) return [];
  const data = (name: string) => project.kubectl('get', 'secret', name, '-o', 'jsonpath={.data}');
  const [now, recorded] = await Promise.all([data(env.name), data(env.snapshot)]);
  const listed = await project.kubectl('get', 'secrets', '--field-selector=type=gitkube.sh/env', '-o', 'name');
  const before = listed.split('\n').filter((name) => name.endsWith('-before'));
  const differs = now === recorded ? [] : [`Secret ${env.name} is not what the newest release has recorded`];
  return [...differs, ...before.map((name) => `${name} is left`)];
}

async function stateOf(
  project: Project,
  workloads: readonly string[],
  { branch: deployed, environment }: Pick<Place, 'branch' | 'environment'>,
): Promise<State> {
  const prefix = `refs/tags/releases/${environment && `${environment}/`}`;
  const listed = await project.git('ls-remote', project.url, `refs/heads/${deployed}`, `${prefix}*`);
  const refs = new Map(
    listed
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('\t').reverse() as [string, string]),
  );
  const own = [...refs.keys()].filter((ref) => ref.startsWith(prefix)).map((ref) => ref.slice(prefix.length));
  const numbers = own.filter((number) => /^\d+$/.test(number)).map(Number);
  const number = Math.max(0, ...numbers);
  const running = await Promise.all(workloads.map((name) => project.image(name)));
  const branch = refs.get(`refs/heads/${deployed}`);
  if (number === 0) return { branch, release: undefined, running };
  const tag = `${prefix}${number}`;
  await project.git('fetch', '-q', '--force', '--no-tags', project.url, `${tag}:refs/seen`);
  const text = await project.git('cat-file', '-p', 'refs/seen');
  const images = [...text.matchAll(/image: (\S+)/g)].map(([, image]) => image ?? '');
  const [, name = '', snapshot] = /^env:\n +kind: Secret\n +name: (\S+)\n +snapshot: (\S+)$/m.exec(text) ?? [];
  const env = snapshot === undefined ? undefined : { name, snapshot };
  return { branch, release: { number, commit: refs.get(`${tag}^{}`) ?? '', images, env }, running };
}

/** What a server that is idle may not have in its data folder, as paths. */
export async function leftovers(dataFolder: string): Promise<string[]> {
  const entries = await readdir(dataFolder, { recursive: true }).catch(() => []);
  const stray = /\.lock$|\.new$|gitkube-deploying\.json|gitkube-push-\w+\.json|tmp_objdir-|tmp_obj_|tmp_pack_/;
  return entries.filter((entry) => stray.test(entry) && existsSync(join(dataFolder, entry)));
}
