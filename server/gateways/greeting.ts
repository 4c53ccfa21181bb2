import type { Clock } from '../../base/clock.ts';
import type { GitkubeError } from '../../base/errors.ts';
import { askCommand, asShell, gitRemoteCommands } from '../../base/git-remote.ts';
import { releaseName, rollbackRef } from '../../base/release-name.ts';
import { lockWords, type Remote, type RemoteStatus, type Remotes } from '../../remote-crd/index.ts';
import { limitOfKey } from '../access/denied.ts';
import type { Principal } from '../access/principal.ts';
import type { PublicAddress } from '../address/public-address.ts';

export interface GreetingOptions {
  readonly remotes: Pick<Remotes, 'byFingerprint' | 'elsewhere' | 'entry'>;
  readonly address: Pick<PublicAddress, 'of'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** What `ssh` without a command shows. */
export function greeting({ remotes, address, clock }: GreetingOptions, principal: Principal): readonly string[] {
  const { name, fingerprint } = principal;
  const now = clock.now();
  const listed = remotes
    .byFingerprint(fingerprint)
    .map((remote) => ({ remote, error: limitOfKey(remote, principal, now) }));
  const usable = listed.filter(({ error }) => !error);
  const others = listed.flatMap(({ remote: { id }, error }) => (error ? [{ id, error }] : []));
  const stateIn = ({ id, lock }: Pick<Remote, 'id' | 'lock'>) => {
    const state = stateOf(remotes.entry(id)?.status);
    return lock ? `${state}, ${lockWords(lock)}` : state;
  };
  const own = usable.flatMap(({ remote }) => [
    { id: remote.id, state: stateIn(remote), ...address.of(remote), first: firstOf(remote) },
    ...remote.environments.map((one) => ({
      ...{ id: one.id, state: stateIn(one), url: '' },
      description: `branch ${one.branch} of ${remote.id}`,
    })),
  ]);
  return [`You are ${name} (${fingerprint}).`, ...remoteLines(own, [...others, ...remotes.elsewhere(fingerprint)])];
}

/** One word on a Remote, from the condition that `kubectl get remotes` shows. */
function stateOf(status: unknown): string {
  const conditions = (status as RemoteStatus | undefined)?.conditions ?? [];
  return conditions.find(({ type }) => type === 'Ready')?.reason ?? 'New';
}

/** What is listed of a Remote. */
export interface Listed {
  readonly id: string;
  readonly state: string;
  /** Empty: not known, and `description` says why. */
  readonly url: string;
  readonly description: string;
  /** Of the first push to it; unset: main of the Remote itself. */
  readonly first?: { readonly branch: string; readonly environment: string } | undefined;
}

/** The Remotes of a key, those that this server serves and those that it does not. */
export function remoteLines(
  own: readonly Listed[],
  elsewhere: readonly { readonly id: string; readonly error?: GitkubeError | undefined }[],
): string[] {
  if (own.length + elsewhere.length === 0) return ['No Remote lists this key.'];
  return [
    ...(own.length > 0 ? ['Your Remotes:'] : []),
    ...own.map(({ id, state, url, description }) => `  ${id}  ${state}  ${url || description}`),
    ...(elsewhere.length > 0 ? ['Your Remotes that you cannot use here:'] : []),
    ...elsewhere.map(({ id, error }) => `  ${id}  ${error?.message ?? ''}`),
    ...setupLines(own.filter(({ url }) => url !== '')),
  ];
}

/** Nothing is pushed to the Remote itself where it has nothing but environments. */
function firstOf({ branch = 'main', isOnlyEnvironments, environments: [environment] }: Remote): Listed['first'] {
  if (!isOnlyEnvironments || !environment) return { branch, environment: '' };
  return { branch: environment.branch ?? 'main', environment: environment.environment };
}

/**
 * What to type in a git repository to push to a Remote: the part of the greeting that a developer copies.
 * @param known those whose address the server knows
 */
function setupLines([listed, ...others]: readonly Listed[]): string[] {
  if (!listed) return [];
  const { id, url, first: { branch, environment } = { branch: 'main', environment: '' } } = listed;
  const release = releaseName(1, environment);
  return [
    '',
    `To add ${others.length > 0 ? 'the first one' : 'it'} to a git repository, there as dev, with its releases as dev/${release}, …:`,
    ...gitRemoteCommands('dev', url).map((command) => `    ${asShell(command)}`),
    `To deploy, to see what ran, and to roll back to ${release}:`,
    `    ${asShell(['git', 'push', 'dev', branch])}`,
    `    git fetch dev && git show dev/${release}`,
    `    git push dev HEAD:${rollbackRef(1, environment)}`,
    'To see what runs, to list releases and deploys, to read the output of the last deploy, to cancel one, and to roll back:',
    ...['status', 'releases', 'deploys', 'output', 'cancel', 'rollback'].map(
      (word) =>
        `    ${asShell([...askCommand(url, word).slice(0, -1), environment === '' ? id : `${id}/${environment}`])}`,
    ),
    'help in the place of these lists all commands.',
  ];
}
