import { GitkubeError } from '../../base/errors.ts';
import { parseReleaseName } from '../../base/release-name.ts';
import { plain } from '../../base/text.ts';
import type { DeployOptions } from '../deploys/options.ts';

const known = {
  'no-cache': 'build every image, without any cache',
  'skip-deploy': 'build and push the images, change no workload and leave the branch where it is',
  'no-tests': 'run no task of stage Test; the release says so',
  'dry-run': 'check everything and report what would be built and changed; git calls the push rejected',
} as const;

export interface PushOptions extends DeployOptions {
  /** The release that is to run. */
  readonly rollback?: NamedRelease;
}

export interface NamedRelease {
  readonly number: number;
  /** Unset: a number alone was given. */
  readonly environment?: string;
}

/**
 * `git push -o <option>`. They are untrusted: known ones by name, everything else is refused. An empty one is
 * ignored: `-o "$OPTIONS"` where that is not set.
 * @throws PushOptionUnknown with the list of the known ones
 */
export function parsePushOptions(given: readonly string[]): PushOptions {
  const said = given.map((option) => option.trim()).filter((option) => option !== '');
  const unknown = said.find((option) => !Object.hasOwn(known, option) && !releaseIn(option));
  if (unknown !== undefined) {
    throw new GitkubeError('PushOptionUnknown', `unknown push option: ${plain(unknown, 60)}`, {
      hint: [
        'use one of the push options:',
        ...Object.entries(known).map(([name, about]) => `-o ${name}: ${about}`),
        '-o rollback=<number>: run that release instead of the pushed commit, as a push to refs/rollback/<number> does',
      ],
    });
  }
  const has = (name: keyof typeof known) => said.includes(name);
  const release = theRelease(said.flatMap((option) => releaseIn(option) ?? []));
  return {
    noCache: has('no-cache'),
    skipDeploy: has('skip-deploy'),
    ...(has('no-tests') && { noTests: true }),
    dryRun: has('dry-run'),
    ...(release && { rollback: release }),
  };
}

function releaseIn(option: string): NamedRelease | undefined {
  return option.startsWith('rollback=') ? parseReleaseName(option.slice('rollback='.length)) : undefined;
}

/** @throws PushOptionUnknown where they are several; a number alone is of any environment */
function theRelease(releases: readonly NamedRelease[]): NamedRelease | undefined {
  const first = releases.find(({ environment }) => environment !== undefined) ?? releases[0];
  const isSame = ({ number, environment = first?.environment }: NamedRelease) =>
    number === first?.number && environment === first.environment;
  if (releases.every(isSame)) return first;
  const names = [
    ...new Set(releases.map(({ number, environment }) => `${environment ? `${environment}/` : ''}${number}`)),
  ];
  throw new GitkubeError('PushOptionUnknown', `two releases to roll back to: ${names.join(' and ')}`, {
    hint: 'name one of them: -o rollback=<number>',
  });
}
