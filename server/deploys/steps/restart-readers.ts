import { rfc3339 } from '../../../base/rfc3339.ts';
import type { DeploymentTarget, Remote } from '../../../remote-crd/index.ts';
import { type ReaderDeps, readersOf } from '../../env/readers.ts';
import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';
import type { ChangeFacts } from './apply-manifests.ts';
import type { EnvFacts } from './plan-env.ts';
import type { SetEnvFacts } from './set-env.ts';

type Needs = Pick<DeployRequest, 'revision' | 'output'> &
  Pick<ChangeFacts, 'changes'> &
  EnvFacts &
  SetEnvFacts & { readonly remote: Remote };

/** Pods that read the env when they start are replaced when it has changed. */
export const restartReaders: Step<Needs, Pick<ChangeFacts, 'changes'>, ReaderDeps> = {
  name: 'restart-readers',
  run: async ({ env, envHasChanged, changes, revision, output: { say } }, deps) => {
    if (!env || !envHasChanged) return { changes };
    const { ref } = env;
    const targets = changes.map(({ target }) => target);
    const readers = await readersOf(deps, targets, ref, say);
    if (readers.length === 0)
      say(`env: no workload reads ${ref.kind} ${ref.name} when it starts, so none is restarted`);
    const isReader = ({ kind, name }: DeploymentTarget) =>
      readers.some((one) => one.kind === kind && one.name === name);
    // A change of the env alone is no matter of the others.
    const own = revision.again === 'env' ? changes.filter(({ target }) => isReader(target)) : changes;
    const restartedAt = rfc3339(deps.clock.now());
    return { changes: own.map((change) => (isReader(change.target) ? { ...change, restartedAt } : change)) };
  },
};
