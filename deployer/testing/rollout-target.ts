import type { RolloutTarget } from '../evaluate/rollout-evaluator.ts';

/** The rollout of `new` to the Deployment of makeDeployment. @param generation what the patch has made */
export function makeRolloutTarget(generation: number): RolloutTarget {
  return {
    kind: 'Deployment',
    namespace: 'default',
    name: 'www',
    uid: 'uid-www',
    images: { app: 'new' },
    since: { generation },
    restartsBefore: new Map(),
    until: 'complete',
    restoring: false,
  };
}
