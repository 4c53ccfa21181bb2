import { GitkubeError } from '../../base/errors.ts';
import { gitPush } from '../../base/server-hints.ts';
import type { Remote } from '../../remote-crd/index.ts';

type Target = Pick<Remote, 'id' | 'branch' | 'environments' | 'isOnlyEnvironments'>;

/** @throws UsageInvalid where the Remote deploys nothing but its environments */
export function requireOwnTarget({ id, environments, isOnlyEnvironments }: Omit<Target, 'branch'>): void {
  if (!isOnlyEnvironments) return;
  throw new GitkubeError('UsageInvalid', `${id} deploys nothing but its environments`, {
    hint: `name one of them: ${environments.map((one) => one.id).join(', ')}`,
  });
}

/** What to type where nothing was deployed yet. */
export function firstPush({ id, branch = 'main', environments, isOnlyEnvironments }: Target): string {
  const [first] = isOnlyEnvironments ? environments : [];
  return gitPush({ id, to: first?.branch ?? branch });
}
