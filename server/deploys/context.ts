import type { Applier } from '../../applier/index.ts';
import type { Emitter } from '../../base/bus.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Builder } from '../../builder/index.ts';
import type { Deployer } from '../../deployer/index.ts';
import type { Kube } from '../../kube/kube.ts';
import type { Remotes } from '../../remote-crd/index.ts';
import type { Audit } from '../access/audit.ts';
import type { Principal } from '../access/principal.ts';
import type { EnvStore } from '../env/env-store.ts';
import type { ReceiveLimits } from '../git/git-process.ts';
import type { Repositories } from '../git/repositories.ts';
import type { Repository } from '../git/repository.ts';
import type { Tasks } from '../tasks/tasks.ts';
import type { DeployEvent } from './events.ts';
import type { PushQueue } from './queue.ts';

/** What a push is made of; wired in server/main.ts, by hand in a test. */
export interface DeployContext {
  readonly kube: Pick<Kube, 'checkJob' | 'getSecret' | 'getWorkload' | 'listWorkloads'>;
  readonly remotes: Pick<Remotes, 'all' | 'entries' | 'entry' | 'get'>;
  readonly repositories: Repositories;
  readonly builder: Builder;
  readonly deployer: Deployer;
  readonly applier: Applier;
  readonly env: EnvStore;
  readonly tasks: Tasks;
  readonly queue: PushQueue;
  readonly audit: Pick<Audit, 'allowed' | 'refused'>;
  /**
   * Completes or undoes what was cut off in a repository, for a deploy that has the turn of its Remote.
   * @param own how many receive-packs belong to that deploy
   * @param more `say`: what it does and waits for; `signal`: ends that, and the journal stays
   * @returns what nobody could restore, in words
   */
  readonly recover: (
    repository: Repository,
    own: 0 | 1,
    more: { readonly say: (line: string) => void; readonly signal: AbortSignal },
  ) => Promise<readonly string[]>;
  readonly events: Emitter<DeployEvent>;
  /** Does something when the status of a Remote has all that the bus reported of it; not when the server ends before. */
  readonly onceReported: (remoteId: string, work: () => Promise<void>) => void;
  readonly receiveLimits: ReceiveLimits;
  /** The registry of Remotes that name none. */
  readonly defaultRegistry: string | undefined;
  /** How the URL of a Remote looks, for hints. @param by who reads them: a token has no use for one of SSH */
  readonly urlForm: (by?: Pick<Principal, 'grant'>) => string;
  /** Where every reason is explained, for the hints of a failure. */
  readonly docsUrl?: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}
