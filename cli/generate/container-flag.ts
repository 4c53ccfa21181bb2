import { GitkubeError } from '../../base/errors.ts';
import { type WorkloadKind, workloadKinds } from '../../kube/workload.ts';

/** One container that a push builds, as a person names it. */
export interface ContainerAnswer {
  readonly kind: WorkloadKind;
  readonly workload: string;
  readonly container: string;
  /** The build context, relative to the repository root. */
  readonly path: string;
  readonly dockerfile: string;
}

/**
 * `[kind/]workload/container[=path[:dockerfile]]`, such as `www/www=services/web` or `statefulset/db/db=.:docker/db`.
 * @throws UsageInvalid
 */
export function parseContainerFlag(text: string): ContainerAnswer {
  const equals = text.includes('=') ? text.indexOf('=') : text.length;
  const names = text.slice(0, equals).split('/');
  const [path = '', dockerfile] = text.slice(equals + 1).split(/:(.*)/s);
  const [container = '', workload = '', kind = 'Deployment', ...more] = names.toReversed();
  if (more.length > 0 || container === '' || workload === '') {
    throw new GitkubeError('UsageInvalid', `--container ${text} is not [kind/]workload/container[=path[:dockerfile]]`, {
      hint: 'for container www of Deployment www, built from services/web, type: --container www/www=services/web',
    });
  }
  const context = path || '.';
  return { kind: kindNamed(kind), workload, container, path: context, dockerfile: dockerfile || dockerfileIn(context) };
}

export function dockerfileIn(path: string): string {
  const folder = path.replace(/^\.?\/*|\/+$/g, '');
  return folder === '' ? 'Dockerfile' : `${folder}/Dockerfile`;
}

function kindNamed(text: string): WorkloadKind {
  const found = workloadKinds.find((kind) => kind.toLowerCase() === text.toLowerCase());
  if (found) return found;
  throw new GitkubeError('UsageInvalid', `${text} is no kind of workload`, {
    hint: `it is one of ${workloadKinds.join(', ')}`,
  });
}

/** spec.deployments: containers of one workload together, in the order in which they were named. */
export function asDeployments(containers: readonly ContainerAnswer[]): object[] {
  const workloads = Map.groupBy(containers, ({ kind, workload }) => `${kind}/${workload}`);
  return [...workloads.values()].map((group) => ({
    name: group[0]?.workload,
    ...(group[0]?.kind === 'Deployment' ? {} : { kind: group[0]?.kind }),
    containers: group.map(({ container, path, dockerfile }) => ({ name: container, path, dockerfile })),
  }));
}
