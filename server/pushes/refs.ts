import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import { isZero, type RefCommand } from '../../hooks/commands.ts';

const HEADS = 'refs/heads/';
const TAGS = 'refs/tags/';

export interface DeployCommand extends RefCommand {
  /** Without `refs/heads/`. */
  readonly branch: string;
}

/**
 * Which of the pushed refs deploys. Tags beside it are stored as git stores them; every other ref is refused, and with
 * it the whole push, before anything is built.
 * @param deployBranches the deploy branch; two while it is still open which of main and master is pushed first
 * @returns undefined when only tags were pushed
 */
export function pickDeploy(
  commands: readonly RefCommand[],
  deployBranches: readonly string[],
): DeployCommand | undefined {
  for (const command of commands) refuseOthers(command, deployBranches);
  const [first, second] = commands.filter(({ ref }) => ref.startsWith(HEADS));
  if (first && second) {
    throw new GitkubeError('RefRefused', 'two branches in one push: it is open which of them deploys', {
      hint: 'push one of them: git push dev main',
    });
  }
  return first && { ...first, branch: first.ref.slice(HEADS.length) };
}

function refuseOthers(command: RefCommand, deployBranches: readonly string[]): void {
  const { ref, newOid } = command;
  const refuse = (message: string, hint: string) => new GitkubeError('RefRefused', message, { hint });
  // `releases` itself would stand where git makes the folder of the release tags, and block every release to come; on
  // some file systems case does not count.
  if (/^refs\/tags\/releases(\/|$)/i.test(ref)) {
    throw refuse(
      'the tags releases/* are made by Gitkube',
      'a rollback is: git push -f dev releases/1^{}:refs/heads/main',
    );
  }
  if (ref.startsWith(TAGS)) return;
  if (!ref.startsWith(HEADS)) {
    throw refuse(`${plain(ref, 80)} is neither a branch nor a tag`, `git push dev HEAD:${deployBranches[0]}`);
  }
  const branch = ref.slice(HEADS.length);
  if (!deployBranches.includes(branch)) {
    throw refuse(
      `branch ${plain(branch, 80)} does not deploy, ${deployBranches.join(' or ')} does`,
      `to deploy it, type: git push dev ${safe(branch)}:${deployBranches[0]}`,
    );
  }
  if (isZero(newOid)) {
    throw refuse(
      `${branch} is what runs and cannot be deleted`,
      'to end it, scale its workloads down or delete the Remote: kubectl delete remote <name>',
    );
  }
}

/** A ref name may hold `$(…)` and quotes; what a person is told to type must not. */
function safe(branch: string): string {
  return /^[\w./@+-]+$/.test(branch) && !branch.startsWith('-') ? branch : 'HEAD';
}
