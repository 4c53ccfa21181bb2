import type { Clock } from '../../../base/clock.ts';
import type { Deployer, WorkloadRisks } from '../../../deployer/index.ts';
import type { Remote } from '../../../remote-crd/index.ts';
import type { Step } from '../step.ts';
import type { ChangeFacts } from './apply-manifests.ts';
import type { OriginFacts } from './choose-images.ts';

export interface RiskFacts {
  /** What the workloads lack; empty where nobody wants to read it, or it is not known in time. Never rejects. */
  readonly risks: Promise<readonly WorkloadRisks[]>;
}

type Needs = Pick<OriginFacts, 'origin'> & Pick<ChangeFacts, 'changes'> & { readonly remote: Remote };
type Context = { readonly deployer: Pick<Deployer, 'risks'>; readonly clock: Clock };

/** An API server that does not answer delays no push for the sake of a warning. */
const lookMs = 5_000;

/** Begins to look at what the workloads lack, while they roll out. A release that runs again has been looked at. */
export const findRisks: Step<Needs, RiskFacts, Context> = {
  name: 'find-risks',
  run: async ({ remote, origin, changes }, { deployer, clock }) => {
    if (!remote.warns || origin.kind === 'release') return { risks: Promise.resolve([]) };
    const targets = changes.map(({ target }) => target);
    const over = new AbortController();
    const late = clock.delay(lookMs, over.signal).then(
      () => [],
      () => [],
    );
    const found = deployer.risks(remote.namespace, targets).catch(() => []);
    return { risks: Promise.race([found, late]).finally(() => over.abort()) };
  },
};
