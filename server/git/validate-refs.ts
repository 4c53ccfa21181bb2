import { editRemote } from '../../base/edit-remote.ts';
import { GitkubeError } from '../../base/errors.ts';
import { isZero, type RefCommand } from '../../hooks/commands.ts';
import { exitCodeOf, wordsOf } from './failure.ts';
import { git } from './git-command.ts';
import { isElsewhere } from './pending-release.ts';

type Variables = Readonly<Record<string, string>>;

/**
 * Tries whether git will be able to write refs: names, old values, conflicts. Nothing is written.
 * @throws RefRefused
 */
export async function validateRefUpdates(
  repository: string,
  commands: readonly RefCommand[],
  quarantine: Variables,
): Promise<void> {
  // To delete what is not there changes nothing: git receive-pack only warns, git update-ref refuses it.
  const changes = commands.filter(({ newOid, oldOid }) => !(isZero(newOid) && isZero(oldOid)));
  const lines = changes.map(({ ref, newOid, oldOid }) =>
    isZero(newOid) ? `delete ${ref} ${oldOid}` : `update ${ref} ${newOid} ${oldOid}`,
  );
  await tryUpdate(repository, lines, quarantine).catch((cause) => {
    if (!isConflict(cause)) throw cause;
    throw new GitkubeError('RefRefused', 'a tag in this push conflicts with an existing tag', {
      hint: 'push the branch alone; then push the tags, and git says which one it is',
      evidence: wordsOf(cause),
      cause,
    });
  });
}

/**
 * Tries whether git will be able to make a branch that is not there: beside a branch `a` there cannot be one `a/b`.
 * @throws RefRefused
 */
export async function tryBranch(
  repository: { readonly path: string; heads(): Promise<ReadonlyMap<string, string>> },
  { ref, newOid }: RefCommand,
  quarantine: Variables,
): Promise<void> {
  await tryUpdate(repository.path, [`update ${ref} ${newOid}`], quarantine).catch(async (cause) => {
    if (!isConflict(cause)) throw cause;
    const branch = ref.slice('refs/heads/'.length);
    const inTheWay = [...(await repository.heads()).keys()].find(
      (other) => nested(other, branch) || nested(branch, other),
    );
    const why = inTheWay ? `beside ${inTheWay}, which was deployed before` : 'in this repository';
    throw new GitkubeError('RefRefused', `git cannot have a branch ${branch} ${why}`, {
      hint: `name another branch in spec.branch: ${editRemote}`,
      cause,
    });
  });
}

async function tryUpdate(repository: string, lines: readonly string[], quarantine: Variables): Promise<void> {
  // git refuses every ref transaction while this one is set; the others make the new objects visible.
  const { GIT_QUARANTINE_PATH: _, ...env } = quarantine;
  const input = `${['start', ...lines, 'prepare', 'abort'].join('\n')}\n`;
  await git(['update-ref', '--stdin'], { cwd: repository, env, input });
}

/** Whether refs conflict, which the pusher can change; a git that was killed or has no room is another failure. */
export function isConflict(error: unknown): boolean {
  const words = wordsOf(error).join('\n');
  return exitCodeOf(error) === 128 && (isElsewhere(error) || /cannot create|non-empty directory|invalid/.test(words));
}

/** Whether a ref of this name would need the other one to be a folder. */
function nested(name: string, folder: string): boolean {
  return name.startsWith(`${folder}/`);
}
