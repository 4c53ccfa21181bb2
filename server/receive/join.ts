import type { Deploy } from '../deploys/deploy.ts';
import type { DeploysUnderWay } from '../deploys/deploys-under-way.ts';
import type { DeployOptions } from '../deploys/options.ts';
import type { DeployRecords } from '../deploys/records/records.ts';
import type { RequestedRevision } from '../deploys/request.ts';

/** The deploys beside a push, and those before it. */
export interface Others {
  readonly underWay: Pick<DeploysUnderWay, 'of' | 'ofAll'>;
  readonly records: Pick<DeployRecords, 'find' | 'all'>;
}

/** What a push asks for. */
export interface Wanted {
  readonly revision: RequestedRevision;
  readonly options: DeployOptions;
}

type Known = Pick<Deploy, 'hasTurn' | 'asked'>;

/**
 * The deploy that does exactly what a push asks for, and has its turn. One that still waits for it is replaced by the push
 * (../deploys/queue.ts).
 */
export function deployToJoin<One extends Known>(others: readonly One[], wanted: Wanted): One | undefined {
  return others.find((one) => one.hasTurn && isSame(one, wanted));
}

function isSame({ asked }: Known, { revision, options }: Wanted): boolean {
  if (asked?.trigger.kind !== 'push') return false;
  return (
    revisionKeys.every((key) => asked.revision[key] === revision[key]) &&
    optionKeys.every((key) => asked.options[key] === options[key])
  );
}

/** All that decides what runs, and what git reports: where the objects are is no difference. */
const revisionKeys = ['branch', 'ref', 'oid', 'oldOid', 'rollbackTo'] as const satisfies (keyof RequestedRevision)[];
const optionKeys = ['noCache', 'skipDeploy', 'dryRun', 'noTests'] as const satisfies (keyof DeployOptions)[];
