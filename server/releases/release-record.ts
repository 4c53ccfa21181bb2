import { releaseName } from '../../base/release-name.ts';
import { duration, shortId } from '../../base/text.ts';
import type { BuiltImage } from '../../builder/index.ts';
import type { RolloutResult } from '../../deployer/index.ts';
import type { DeploymentTarget } from '../../remote-crd/index.ts';
import type { Principal } from '../access/principal.ts';
import type { ReleaseRecord, TaskRecord } from '../git/release.ts';

export interface ReleaseFacts {
  readonly number: number;
  readonly previous: number | undefined;
  readonly remoteId: string;
  /** Empty: the one without a name. */
  readonly environment: string;
  readonly branch: string;
  readonly commit: string;
  /** `push`, or the release that was brought back. */
  readonly how: string;
  readonly principal: Principal;
  readonly deployments: readonly DeploymentTarget[];
  readonly images: readonly BuiltImage[];
  /** What its manifests are; undefined: it has none. */
  readonly objects: ReleaseRecord['objects'];
  /** Undefined: none is known. */
  readonly env: ReleaseRecord['env'];
  readonly tasks: readonly TaskRecord[];
  /** What has migrated the database since its images ran, in words. */
  readonly ahead: readonly string[];
  readonly rolloutMs: number;
  readonly totalMs: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What the tag of a release says. Images build side by side, so the slowest one stands for all. */
export function makeRecord(facts: ReleaseFacts): ReleaseRecord {
  const seconds = (ms: number) => Math.round(ms / 10) / 100;
  const slowest = (pick: (image: BuiltImage) => number) => Math.max(0, ...facts.images.map(pick));
  return {
    release: facts.number,
    remote: facts.remoteId,
    ...(facts.environment !== '' && { environment: facts.environment }),
    branch: facts.branch,
    commit: facts.commit,
    ...(facts.previous !== undefined && { previous: facts.previous }),
    how: facts.how,
    by: { key: facts.principal.name, fingerprint: facts.principal.fingerprint },
    at: new Date(facts.now).toISOString(),
    images: facts.images.map((image) => ({
      deployment: image.target.deployment,
      ...kindOf(image, facts.deployments),
      container: image.target.container.name,
      image: image.reference,
      buildKey: image.buildKey,
      built: image.built,
      ...(image.promoted && { promotedFrom: image.promoted.from }),
    })),
    ...(facts.objects && { objects: facts.objects }),
    ...(facts.env && { env: facts.env }),
    ...(facts.tasks.length > 0 && { tasks: [...facts.tasks] }),
    ...(facts.ahead.length > 0 && { ahead: [...facts.ahead] }),
    seconds: {
      build: seconds(slowest((image) => image.buildMs)),
      push: seconds(slowest((image) => image.pushMs)),
      rollout: seconds(facts.rolloutMs),
      total: seconds(facts.totalMs),
    },
  };
}

function kindOf({ target }: BuiltImage, deployments: readonly DeploymentTarget[]) {
  const kind = deployments.find(({ name }) => name === target.deployment)?.kind ?? 'Deployment';
  return kind === 'Deployment' ? {} : { kind };
}

/** The line that ends a push that deployed. */
export function releasedLine(record: ReleaseRecord, results: readonly RolloutResult[]): string {
  const { seconds } = record;
  const built = record.images.some((image) => image.built);
  const rolledOut = results.some(({ changed }) => changed);
  const parts = [
    built ? `build ${duration(seconds.build * 1000)}, push ${duration(seconds.push * 1000)}` : 'nothing to build',
    rolledOut ? `rollout ${duration(seconds.rollout * 1000)}` : 'nothing to roll out',
  ];
  const total = duration(seconds.total * 1000);
  return `Released ${releaseName(record.release, record.environment)}: ${record.branch} ${shortId(record.commit)} runs after ${total} (${parts.join(', ')})`;
}
