import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GitkubeError } from '../../base/errors.ts';
import { releaseName } from '../../base/release-name.ts';
import { ifMissing } from './missing.ts';

/**
 * What one environment has of its own in the repository of its Remote, by the name of the environment. The one without a
 * name, which each Remote has, keeps what was there before there were others.
 *
 * | environment | tags of its releases | journal and notes of what is under way |
 * |---|---|---|
 * | without a name | `releases/N` | in the repository's folder |
 * | `staging` | `releases/staging/N` | in `environments/staging` of it |
 *
 * Its key in the queue: `keyOf` of ../deploys/environment.ts.
 */
export interface Series {
  /** Of the tags, without `refs/tags/`. */
  readonly prefix: string;
  /** Absolute where the repository is. */
  readonly folder: (repository: string) => string;
}

const FOLDER = 'environments';

/** As Kubernetes names things, and no number: the tag `releases/7` would stand where git makes the folder of an environment 7. */
const NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** @throws RefRefused for what can be no name of an environment */
export function seriesOf(environment = ''): Series {
  if (environment === '') return { prefix: 'releases/', folder: (repository) => repository };
  if (!NAME.test(environment) || environment === 'releases') {
    throw new GitkubeError('RefRefused', 'the name of an environment is a letter, then letters, digits and -');
  }
  return {
    prefix: `releases/${environment}/`,
    folder: (repository) => join(repository, FOLDER, environment),
  };
}

/** Those that something was ever deployed to, by name; not the one without a name. */
export async function environmentsIn(repository: string): Promise<string[]> {
  const names = await readdir(join(repository, FOLDER)).catch(ifMissing([]));
  return names.filter((name) => NAME.test(name)).sort();
}

/** For what is under way. The folder of the repository itself is not created: it may be in the trash by now. */
export async function makeFolder(repository: string, environment: string): Promise<void> {
  if (environment === '') return;
  const folder = seriesOf(environment).folder(repository);
  for (const path of [dirname(folder), folder]) {
    await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

export function releaseRef(number: number, environment = ''): string {
  return `refs/tags/${releaseName(number, environment)}`;
}
