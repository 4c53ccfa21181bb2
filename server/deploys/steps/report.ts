import type { DeployOutcome } from '../events.ts';
import type { DeployRequest } from '../request.ts';
import type { Step } from '../step.ts';
import type { ChangeFacts } from './apply-manifests.ts';
import type { RecordFacts } from './record-release.ts';
import type { ReleaseFacts } from './write-refs.ts';

type Said = Pick<DeployRequest, 'output'> & RecordFacts & Pick<ChangeFacts, 'reachable'>;

/** The lines that end a deploy that released something. */
export const sayReleased: Step<Said, object> = {
  name: 'say-released',
  always: true,
  run: async ({ output, reachable = [], releasedLine }) => {
    for (const line of reachable) output.say(line);
    output.stage(releasedLine);
    return {};
  },
};

export interface OutcomeFacts {
  readonly outcome: DeployOutcome;
}

/** The end of a deploy that released something. */
export const report: Step<Pick<DeployRequest, 'repository'> & ReleaseFacts, OutcomeFacts> = {
  name: 'report',
  always: true,
  // It is released, also when the others cannot be read now.
  run: async ({ repository, release }) => {
    const releases = await repository.releases().catch(() => [release]);
    return { outcome: { kind: 'released', release, releases } };
  },
};
