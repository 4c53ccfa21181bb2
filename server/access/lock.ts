import { GitkubeError } from '../../base/errors.ts';
import { askServer } from '../../base/server-hints.ts';
import { lockAnnotations, lockWords, type Remote } from '../../remote-crd/index.ts';

type Lockable = Pick<Remote, 'id' | 'namespace' | 'name' | 'environment' | 'lock'>;

/**
 * Nobody deploys to a Remote that somebody has locked. A release that is watched may return all the same: it restores what
 * ran, as the repair of drift does.
 * @param trigger what asks for the deploy; unset: it is not known yet
 * @throws Locked
 */
export function requireUnlocked(
  { id, namespace, name, environment, lock }: Lockable,
  trigger?: { readonly kind: string },
): void {
  if (!lock || trigger?.kind === 'watch') return;
  throw new GitkubeError('Locked', `${id} is ${lockWords(lock)}`, {
    hint: [
      `to unlock it once that is over, type: ${askServer(`unlock ${id}`)}`,
      `or kubectl -n ${namespace} annotate remote ${name} ${lockAnnotations(environment).reason}-`,
    ],
  });
}
