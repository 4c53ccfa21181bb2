import { readContainer } from './parse-container.ts';
import { normalize } from './paths.ts';
import type { DeploymentTarget, Task, TaskFrom, TaskResources } from './remote.ts';
import type { RemoteSpec } from './schema.ts';

const defaultTimeoutSeconds = 600;

/** All tasks of one deploy together: the turn of the Remote is held as long. */
const maxSeconds = 7200;

/** Gitkube sets them, so nobody else may. */
const reserved = 'GITKUBE_';

export interface ReadTasks {
  readonly tasks: readonly Task[];
  readonly problems: readonly string[];
}

type Spec = NonNullable<RemoteSpec['tasks']>[number];

export function readTasks(specs: RemoteSpec['tasks'], deployments: readonly DeploymentTarget[]): ReadTasks {
  const problems: string[] = [];
  const tasks = (specs ?? []).flatMap((spec) => {
    const image = findImage(spec, deployments);
    if (typeof image === 'string') problems.push(`task ${spec.name} ${image}`);
    else problems.push(...problemsOf(spec));
    return typeof image === 'string' ? [] : [readTask(spec, image)];
  });
  const names = tasks.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) problems.push(`spec.tasks names ${twice} twice`);
  const seconds = tasks.reduce((sum, one) => sum + one.timeoutSeconds, 0);
  if (seconds > maxSeconds) {
    problems.push(`the tasks may take ${seconds} s together, and ${maxSeconds} s is the limit`);
  }
  return { tasks, problems };
}

/** @returns what is wrong, behind the name of the task */
function findImage(spec: Spec, deployments: readonly DeploymentTarget[]): Pick<Task, 'from' | 'build'> | string {
  if (spec.build) return { build: readContainer({ ...spec.build, name: spec.name }) };
  const from = findFrom(spec, deployments);
  return typeof from === 'string' ? from : { from };
}

function findFrom({ from, stage }: Spec, deployments: readonly DeploymentTarget[]): TaskFrom | string {
  const all = deployments.flatMap(({ kind, name: deployment, containers }) =>
    containers.map(({ name: container }) => ({ kind, deployment, container })),
  );
  if (from) {
    const found = all.find((one) => one.deployment === from.deployment && one.container === from.container);
    if (found) return found;
    return `is from container ${from.container} of ${from.deployment}, which this Remote does not build`;
  }
  const [only, another] = all;
  if (only && !another) return only;
  const orBuild = stage === 'Test' ? ' or build' : '';
  return only
    ? `needs from${orBuild}: this Remote builds several containers`
    : `needs ${stage === 'Test' ? 'build, or ' : ''}a container that this Remote builds`;
}

function problemsOf({ name, env }: Spec): string[] {
  const taken = (env ?? []).find((one) => one.name.startsWith(reserved));
  return taken ? [`task ${name} sets ${taken.name}: names that begin with ${reserved} are set by Gitkube`] : [];
}

function readTask(spec: Spec, image: Pick<Task, 'from' | 'build'>): Task {
  const { name, stage, command, undo, inherit, resources } = spec;
  const { requests, limits } = resources ?? {};
  return {
    ...{ name, stage, ...image, command },
    ...(undo && { undo }),
    timeoutSeconds: spec.timeoutSeconds ?? defaultTimeoutSeconds,
    retries: spec.retries ?? 0,
    onlyIfChanged: (spec.onlyIfChanged ?? []).map(normalize),
    onRollback: spec.onRollback ? spec.onRollback === 'Run' : stage === 'Verify',
    env: (spec.env ?? []).map((one) => ({ name: one.name, value: one.value ?? '' })),
    inherit: {
      env: inherit?.env ?? true,
      ...(inherit?.volumes && { volumes: inherit.volumes }),
      sidecars: inherit?.sidecars ?? [],
    },
    ...(resources && { resources: { ...amountsOf('requests', requests), ...amountsOf('limits', limits) } }),
  };
}

type Amounts = NonNullable<NonNullable<Spec['resources']>['limits']>;

function amountsOf(key: keyof TaskResources, amounts: Amounts | null | undefined): TaskResources {
  const set = Object.entries(amounts ?? {}).filter(([, value]) => value !== undefined);
  return set.length === 0 ? {} : { [key]: Object.fromEntries(set.map(([name, value]) => [name, String(value)])) };
}
