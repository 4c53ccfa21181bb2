import { expect } from 'vitest';
import { asGitkubeError, type GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import { Deployer } from '../../deployer/deployer.ts';
import { FakeKube } from '../../deployer/testing/fake-kube.ts';
import { makeDeployment } from '../../deployer/testing/objects.ts';
import type { DeployRequest, RolloutResult, WorkloadChange, WorkloadSnapshot } from '../../deployer/types.ts';
import type { Kube } from '../../kube/kube.ts';
import { deployOrUndo } from './deploy-or-undo.ts';
import { ManualClock } from './manual-clock.ts';

/** Two Deployments that run `old`, and a clock that skips every wait shorter than the rollout timeout. */
export function setUp(stopWaiting = new AbortController().signal) {
  const kube = new FakeKube();
  kube.add('www', makeDeployment());
  kube.add('api', makeDeployment());
  const clock = new ManualClock({ elapseUpToMs: 20_000 });
  const deployer = new Deployer({ kube: kube as unknown as Kube, clock, log: silentLogger, stopWaiting });
  const lines: string[] = [];
  const journal: (readonly WorkloadSnapshot[])[] = [];
  const deploy = (images: Record<string, string>, over: Partial<DeployRequest> = {}) =>
    deployOrUndo(deployer, {
      namespace: 'default',
      changes: Object.entries(images).map(([name, image]) => change(name, image)),
      mark: { commit: 'c0ffee', release: 1, pushedBy: 'ada', cause: 'a push' },
      timeoutSeconds: 60,
      signal: new AbortController().signal,
      say: (line) => lines.push(line),
      beforePatch: async (snapshots) => {
        journal.push(snapshots);
      },
      ...over,
    });
  return { kube, clock, deployer, deploy, lines, journal };
}

function change(name: string, image: string): WorkloadChange {
  return { target: { kind: 'Deployment', name, containers: [] }, images: { app: image } };
}

export async function failure(deploy: Promise<readonly RolloutResult[]>): Promise<GitkubeError> {
  return deploy.then(() => expect.fail('it did not fail'), asGitkubeError);
}
