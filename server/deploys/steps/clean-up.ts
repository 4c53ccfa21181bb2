import { asGitkubeError } from '../../../base/errors.ts';
import type { DeployContext } from '../context.ts';
import type { JournalEntry } from '../journal.ts';
import type { DeployOutput, DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';
import { applyManifests } from './apply-manifests.ts';
import type { NumberFacts } from './number-release.ts';
import { forgetBefore, setEnv } from './set-env.ts';

/**
 * The release is final now, whatever fails here: objects that it no longer has are deleted. The rest is deleted before the
 * next deploy, and at the next start.
 */
export const cleanUp: Step<Pick<DeployRequest, 'output'> & Pick<NumberFacts, 'journal'>, object> = {
  name: 'clean-up',
  always: true,
  run: async ({ journal, output }, { applier, env, log }) => {
    try {
      await prune({ applier, env }, journal.entry, output.say);
      await journal.clear();
    } catch (thrown) {
      log.error({ err: asGitkubeError(thrown), cause: thrown }, 'a release is not cleaned up yet');
    }
    return {};
  },
};

/** Deletes the objects of earlier releases that a release no longer has, and what only its undo needed. */
export async function prune(
  { applier, env }: { applier: Pick<DeployContext['applier'], 'prune'>; env: Pick<DeployContext['env'], 'delete'> },
  { steps }: Pick<JournalEntry, 'steps'>,
  say: DeployOutput['say'],
): Promise<void> {
  const applied = steps.find(({ step }) => step === applyManifests.name);
  if (applied) await applier.prune(applyManifests.entry.parse(applied.data).manifests, say);
  const set = steps.find(({ step }) => step === setEnv.name);
  if (set) await forgetBefore(env, set.data);
}
