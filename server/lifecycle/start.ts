import type { Kube } from '../../kube/kube.ts';
import type { Remotes } from '../../remote-crd/index.ts';
import type { DeployContext } from '../deploys/context.ts';
import { Trash } from '../git/trash.ts';
import { Deletions } from './deletions.ts';
import { Finalizers } from './finalizers.ts';
import { maintainRepositories } from './git-maintenance.ts';
import { RepositoryOwner } from './repository-owner.ts';
import { enforceRetention } from './retention.ts';

export interface KeepingParts {
  readonly context: DeployContext;
  readonly kube: Pick<Kube, 'patchRemote'>;
  readonly remotes: Remotes;
  readonly dataFolder: string;
  /** How long the trash keeps a repository. */
  readonly days: number;
  /** False: the Remotes of a namespace that is deleted would never go, for the rights of the server may go before. */
  readonly finalizers: boolean;
  /** Between two rounds of git's own upkeep; 0: none. */
  readonly upkeepSeconds: number;
  readonly drain: (id: string, uid: string) => Promise<void>;
}

/** What knows which Remote has which repository, and lets both go. */
export function startLifecycle({ context, kube, remotes, dataFolder, days, drain, ...parts }: KeepingParts) {
  const { repositories, queue, deployer, applier, env, tasks, clock, log } = context;
  const trash = new Trash(dataFolder, clock);
  const finalizers = new Finalizers({ kube, remotes, clock, log });
  const ended = new AbortController();
  const hold = (which: { id: string; uid: string }) => {
    if (parts.finalizers) void finalizers.hold(which, ended.signal);
  };
  const keeper = new RepositoryOwner({
    remotes,
    repositories,
    trash,
    queue,
    deployer,
    applier,
    env,
    tasks,
    drain,
    hold,
    clock,
    log,
  });
  return {
    keeper,
    /** Call it when pushes are taken. What it returns ends it, before pushes are ended. */
    start: (): AsyncDisposable => {
      const stack = new AsyncDisposableStack();
      stack.defer(() => ended.abort());
      const deletions = stack.use(new Deletions({ remotes, keeper, finalizers, clock, log }));
      deletions.start();
      stack.use(maintainRepositories({ repositories, remotes, queue, seconds: parts.upkeepSeconds, clock, log }));
      stack.use(enforceRetention({ remotes, repositories, keeper, trash, days, clock, log }));
      return stack;
    },
  };
}
