import { GitkubeError } from '../../base/errors.ts';
import { asDeployments, type ContainerAnswer } from './container-flag.ts';

/** An environment beside what the Remote itself deploys, as a person names it. */
export interface EnvironmentAnswer {
  readonly name: string;
  readonly branch: string;
}

/**
 * `name=branch`, such as `staging=develop`.
 * @throws UsageInvalid
 */
export function parseEnvironmentFlag(text: string): EnvironmentAnswer {
  const [, name, branch] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name !== undefined && branch !== undefined) return { name, branch };
  throw new GitkubeError('UsageInvalid', `--environment ${text} is not name=branch`, {
    hint: 'for environment staging, to which branch develop deploys, type: --environment staging=develop',
  });
}

/** What the Remote deploys, under names that are free in the same namespace: `www-staging` in place of `www`. */
export function asEnvironment(
  { name, branch }: EnvironmentAnswer,
  containers: readonly ContainerAnswer[],
  manifests: object | undefined,
): object {
  const own = containers.map((one) => ({ ...one, workload: `${one.workload}-${name}` }));
  return {
    name,
    branch,
    ...(manifests && { manifests: withoutRelease(manifests) }),
    ...(own.length > 0 && { deployments: asDeployments(own) }),
  };
}

/** That of an environment has its name in it. */
function withoutRelease({ helm: _, ...manifests }: { readonly helm?: unknown }): object {
  return manifests;
}
