import { asGitkubeError } from '../../../base/errors.ts';
import type { DeployContext } from '../context.ts';
import type { JournalEntry } from '../journal.ts';
import type { DeployOutput, DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';
import { applyManifests } from './apply-manifests.ts';
import type { NumberFacts } from './number-release.ts';

/**
 * The release is final now, whatever fails here: objects that it no longer has are deleted. The rest is deleted before the
 * next deploy, and at the next start.
 */
export const cleanUp: Step<Pick<DeployRequest, 'output'> & Pick<NumberFacts, 'journal'>, object> = {
  name: 'clean-up',
  always: true,
  run: async ({ journal, output }, { applier, log }) => {
    try {
      await prune({ applier }, journal.entry, output.say);
      await journal.clear();
    } catch (thrown) {
      log.error({ err: asGitkubeError(thrown), cause: thrown }, 'a release is not cleaned up yet');
    }
    return {};
  },
};

/** Deletes the objects of earlier releases that a release no longer has. */
export async function prune(
  { applier }: { applier: Pick<DeployContext['applier'], 'prune'> },
  { steps }: Pick<JournalEntry, 'steps'>,
  say: DeployOutput['say'],
): Promise<void> {
  const applied = steps.find(({ step }) => step === applyManifests.name);
  if (applied) await applier.prune(applyManifests.entry.parse(applied.data).manifests, say);
}
