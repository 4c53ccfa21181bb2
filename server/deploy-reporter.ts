import type { Bus } from '../base/bus.ts';
import { shortId } from '../base/text.ts';
import type { EventRecorder, ReleaseStatus, Remote, Remotes, StatusWriter } from '../remote-crd/index.ts';
import { type DeployFacts, type DeployOutcome, reasonOf } from './deploys/events.ts';
import { conditionOf, eventOf } from './drift/drift-report.ts';
import type { DriftEvent } from './drift/finding.ts';
import { nameOf, type Release } from './git/release.ts';
import type { ServerEvent } from './server-event.ts';
import type { WatchEvent } from './watch/finding.ts';
import * as watchReport from './watch/watch-report.ts';

/** Reports what became of pushes and what runs where operators look: in the status of the Remote and its Events. */
export class DeployReporter {
  readonly #status: StatusWriter;
  readonly #events: EventRecorder;
  readonly #remotes: Pick<Remotes, 'entry'>;
  readonly #comparesDrift: boolean;

  /** @param comparesDrift somebody compares workloads with the last release from time to time */
  constructor(status: StatusWriter, events: EventRecorder, remotes: Pick<Remotes, 'entry'>, comparesDrift: boolean) {
    this.#status = status;
    this.#events = events;
    this.#remotes = remotes;
    this.#comparesDrift = comparesDrift;
  }

  /** Reports the events of the bus from now on. */
  subscribe(bus: Pick<Bus<ServerEvent>, 'on'>): void {
    bus.on('deployStarted', ({ deploy }) => this.#started(deploy));
    bus.on('deployFinished', ({ deploy, outcome }) => this.#finished(deploy, outcome));
    bus.on('driftChecked', (checked) => this.#checked(checked));
    bus.on('releaseWatched', (watched) => this.#watched(watched));
  }

  #started({ remote, id, commit, by }: DeployFacts): void {
    if (this.#isThere(remote)) this.#status.setPushing(remote.id, { id, commit, by });
  }

  #finished({ remote, id, commit, by }: DeployFacts, outcome: DeployOutcome): void {
    const push = { id, commit, by };
    const failed = outcome.kind === 'failed' ? outcome.error : undefined;
    const reason = reasonOf(outcome);
    const message = failed?.message ?? describe(outcome, commit, by);
    if (outcome.kind === 'released') this.#released(remote, outcome);
    const result = failed ? 'Failed' : 'Succeeded';
    if (this.#isThere(remote)) this.#status.setOutcome(remote.id, { ...push, result, reason, message });
    this.#events.record(remote, { reason, message });
  }

  #released(remote: DeployFacts['remote'], { release, releases }: Extract<DeployOutcome, { kind: 'released' }>): void {
    this.releases(remote, release.record.branch, releases);
    // The deploy has seen all workloads run it; what was found before is about another release.
    const inSync = conditionOf({ kind: 'inSync', release });
    const isCompared = !leavesDrift.test(release.record.how);
    if (isCompared && this.#comparesDrift && this.#isThere(remote)) this.#status.setInSync(remote.id, inSync);
  }

  #checked({ entry, finding, isNew }: DriftEvent): void {
    if (this.#isThere(entry)) this.#status.setInSync(entry.id, conditionOf(finding));
    const event = isNew && eventOf(finding);
    if (event) this.#events.record(entry, event);
  }

  #watched(watched: WatchEvent): void {
    const { remote } = watched;
    if (this.#isThere(remote)) this.#status.setWatched(remote.id, watchReport.conditionOf(watched));
    const event = watchReport.eventOf(watched);
    if (event) this.#events.record(remote, event);
  }

  /** What the repository has, at start and after each release. @param releases newest first */
  releases(remote: Pick<Remote, 'id' | 'uid'>, branch: string, releases: readonly Release[]): void {
    if (this.#isThere(remote)) this.#status.setReleases(remote.id, { branch, releases: releases.map(summary) });
  }

  /** Another Remote of the same name has a history of its own. */
  #isThere({ id, uid }: Pick<Remote, 'id' | 'uid'>): boolean {
    return this.#remotes.entry(id)?.uid === uid;
  }
}

/** A restart, or a change of the env, leaves what somebody has set since its release. */
const leavesDrift = /^(?:restart|env)\b/;

function describe(outcome: DeployOutcome, commit: string, by: string): string {
  if (outcome.kind === 'released') return `${nameOf(outcome.release)}: ${shortId(commit)} by ${by} runs`;
  if (outcome.kind === 'built') return `${shortId(commit)} by ${by} is built, not deployed`;
  if (outcome.kind === 'checked') return `${shortId(commit)} by ${by} is checked, not deployed`;
  if (outcome.kind === 'ran') return `${by} ran task ${outcome.task} with ${shortId(commit)}`;
  return `${shortId(commit)} by ${by} is already running`;
}

function summary({ number, commit, record }: Release): ReleaseStatus {
  return {
    number,
    commit,
    by: record.by.key,
    at: record.at.replace(/\.\d+Z$/, 'Z'),
    images: record.images.map(({ deployment, container, image }) => ({ name: `${deployment}/${container}`, image })),
    durationSeconds: record.seconds.total,
  };
}
