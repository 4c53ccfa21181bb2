import type { Bus } from '../../base/bus.ts';
import { asGitkubeError, GitkubeError, shuttingDown } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';
import type { Remote, RemoteEntry, RemoteStatus, Remotes } from '../../remote-crd/index.ts';
import { gitkube } from '../access/principal.ts';
import { CommandedDeploy } from '../deploys/commanded-deploy.ts';
import type { DeployContext } from '../deploys/context.ts';
import type { DeploysUnderWay } from '../deploys/deploys-under-way.ts';
import { environmentOf, keyOf, keyOfRemote } from '../deploys/environment.ts';
import type { DeployOutcome } from '../deploys/events.ts';
import { targetsOfOthers } from '../deploys/manifests.ts';
import { watch } from '../deploys/triggers/watch.ts';
import { versionsOf } from '../deploys/version-before.ts';
import { followRemotes } from '../follow-remotes.ts';
import { nameOf, type Release } from '../git/release.ts';
import type { ServerEvent } from '../server-event.ts';
import { readFailure } from './failure-note.ts';
import type { WatchFinding } from './finding.ts';
import { ReleaseWatch } from './release-watch.ts';
import { isUnwatched } from './unwatched-note.ts';
import { watchNotes } from './watch-notes.ts';
import { watchedWorkloads } from './watched-workloads.ts';

export interface ReleaseWatchesParts {
  readonly context: DeployContext;
  readonly remotes: Pick<Remotes, 'entries' | 'entry' | 'onChange'>;
  readonly underWay: Pick<DeploysUnderWay, 'requireOpen' | 'add'>;
  readonly events: Pick<Bus<ServerEvent>, 'on' | 'emit'>;
}

type Known = Pick<RemoteEntry, 'id' | 'namespace' | 'uid' | 'environment'>;

interface Begin {
  /** How long it is watched. */
  readonly ms: number;
  /** What the server before saw of it: it is returned from at once. */
  readonly failure?: GitkubeError | undefined;
}

/**
 * Watches each release for `rollout.watchSeconds`, in the background, and runs the one before it again when it fails. What
 * has to be known after a restart is in the tag of the release: when it was released, and how; and in notes: that it has
 * failed, or that nobody is to watch it.
 */
export class ReleaseWatches implements AsyncDisposable {
  readonly #parts: ReleaseWatchesParts;
  /** By `keyOf` the environment. */
  readonly #watches = new Map<string, ReleaseWatch>();
  /** Whose last release may have to be watched on, since the server before. */
  readonly #unseen = new Set<string>();
  readonly #work = new Set<Promise<void>>();
  /** Looks at what the server before has left. */
  readonly #starts = new Set<Promise<void>>();
  readonly #ends = new DisposableStack();
  #isOver = false;

  constructor(parts: ReleaseWatchesParts) {
    this.#parts = parts;
  }

  /** Call it once the turns of Remotes on which something was cut off are held. */
  start(): void {
    const { events, remotes, context } = this.#parts;
    this.#ends.defer(events.on('deployFinished', ({ deploy, outcome }) => this.#finished(deploy.remote, outcome)));
    this.#ends.defer(
      events.on('deployStarted', ({ deploy }) => this.#watches.get(keyOfRemote(deploy.remote))?.pause()),
    );
    context.queue.onPushed((environment) => {
      this.#watches.get(keyOf(environment))?.resume();
      this.#goOnLater(keyOf(environment));
    });
    const known = new Set<string>();
    const stop = followRemotes(remotes, {
      seen: (entry) => {
        const key = keyOfRemote(entry);
        if (entry.elsewhere) {
          known.delete(key);
          return this.#gone(entry);
        }
        if (known.has(key) || !entry.remote) return;
        known.add(key);
        this.#unseen.add(key);
        this.#goOnLater(key);
      },
      gone: (entry) => {
        known.delete(keyOfRemote(entry));
        this.#gone(entry);
      },
    });
    this.#ends.defer(stop);
  }

  /** Somebody ends the watch of a Remote. @returns the number of the release; undefined: none is watched */
  async cancel(remote: Remote, by: string): Promise<number | undefined> {
    const one = this.#watches.get(keyOfRemote(remote));
    if (!one?.cancel(new GitkubeError('Cancelled', `cancelled by ${plain(by, 200)}`))) return undefined;
    this.#watches.delete(keyOfRemote(remote));
    await one.noteUnwatched();
    return one.release;
  }

  /** Ends the watches; the next start goes on with them. A return that is under way is a deploy, and ends as one. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ends.dispose();
    await Promise.all(this.#starts);
    this.#isOver = true;
    for (const one of this.#watches.values()) one.end(shuttingDown());
    await Promise.all(this.#work);
  }

  #finished(remote: Known, outcome: DeployOutcome): void {
    // One that is reported late, behind a newer one, is not what runs.
    if (outcome.kind !== 'released' || outcome.release.number !== outcome.releases[0]?.number) return;
    this.#unseen.delete(keyOfRemote(remote));
    const ms = watchMsOf(this.#entry(remote));
    this.#begin(remote, outcome.release, outcome.releases, { ms });
  }

  #begin(known: Known, release: Release, releases: readonly Release[], { ms, failure }: Begin): void {
    const key = keyOfRemote(known);
    this.#watches.get(key)?.end(new GitkubeError('Cancelled', `${nameOf(release)} was released`));
    this.#watches.delete(key);
    const { context, events } = this.#parts;
    const { deployer, clock, log, repositories } = context;
    const remote = this.#entry(known)?.remote;
    if (this.#isOver || !remote) return;
    const report = (finding: WatchFinding) => events.emit({ kind: 'releaseWatched', remote, finding });
    const previous = watchedFrom(releases);
    if (!previous || (ms <= 0 && !failure)) return void report({ kind: 'unwatched' });
    if (!failure) report({ kind: 'watching', release: release.number, until: clock.now() + ms });
    const one = new ReleaseWatch({
      ...{ release: release.number, previous: previous.number, ms, failure, deployer, clock, report, log },
      notes: watchNotes(release.number, async () => (await repositories.findOf(remote))?.folder),
      workloads: watchedWorkloads(release, remote.namespace, targetsOfOthers(context.remotes.all(), remote)),
      goBack: (error) => this.#goBack(remote, { from: release.number, to: previous.number, error }),
    });
    // It goes on when the turn is over: until then workloads may be changed.
    if (context.queue.isBusy(environmentOf(remote))) one.pause();
    this.#watches.set(key, one);
    this.#track(one.done.then(() => this.#forget(key, one)));
  }

  /** @returns undefined: the Remote is gone, or is not to be watched any more */
  async #goBack(known: Known, wish: Parameters<typeof watch.ask>[0]): Promise<DeployOutcome | undefined> {
    const { context, underWay } = this.#parts;
    const entry = this.#entry(known);
    const repository = entry && (await context.repositories.findOf(entry));
    const remote = this.#entry(known)?.remote;
    if (!repository || !remote || remote.watchSeconds === 0) return undefined;
    underWay.requireOpen();
    const parts = { context, remote, repository, principal: gitkube };
    const commanded = new CommandedDeploy(parts, { kind: watch.kind, via: 'server', ask: (of) => watch.ask(wish, of) });
    underWay.add(commanded);
    return commanded.deploy.outcome;
  }

  /** What a crash has cut off is recovered first: until then workloads may not be what the release says. */
  #goOnLater(key: string): void {
    const entry = this.#unseen.has(key) && this.#parts.remotes.entries().find((one) => keyOfRemote(one) === key);
    if (!entry || this.#parts.context.queue.isBusy(environmentOf(entry))) return;
    this.#unseen.delete(key);
    if (watchMsOf(entry) > 0 || saysWatching(entry.status)) this.#track(this.#goOn(entry), this.#starts);
  }

  /** Goes on with the watch of the server before, or reports its end. */
  async #goOn(entry: RemoteEntry): Promise<void> {
    const { context, events } = this.#parts;
    const repository = await context.repositories.findOf(entry);
    const releases = (await repository?.releases()) ?? [];
    const [release] = releases;
    if (!repository || !release) return;
    const left = await this.#leftOf(entry, releases, repository.folder);
    if (this.#watches.has(keyOfRemote(entry))) return;
    if (typeof left !== 'string') return this.#begin(entry, release, releases, left);
    const finding = { kind: 'ended', release: release.number, why: left } as const;
    if (saysWatching(entry.status)) events.emit({ kind: 'releaseWatched', remote: entry, finding });
  }

  /** @returns why it is not watched any more; otherwise how */
  async #leftOf(entry: RemoteEntry, releases: readonly Release[], folder: string): Promise<Begin | string> {
    const [release] = releases;
    const watchMs = watchMsOf(entry);
    if (watchMs === 0) return 'the Remote does not ask for it any more';
    if (!release || !watchedFrom(releases)) return 'there is none to return to';
    if (await isUnwatched(folder, release.number)) return 'somebody has cancelled that';
    const failure = await readFailure(folder, release.number);
    const ms = Math.min(watchMs, Date.parse(release.record.at) + watchMs - this.#parts.context.clock.now());
    return failure || ms > 0 ? { ms, failure } : 'its time was over before the server looked';
  }

  #entry({ id, uid }: Known): RemoteEntry | undefined {
    const entry = this.#parts.remotes.entry(id);
    return entry?.uid === uid && !entry.elsewhere && !entry.deleting ? entry : undefined;
  }

  #gone(known: Known): void {
    const key = keyOfRemote(known);
    this.#unseen.delete(key);
    this.#watches.get(key)?.end(new GitkubeError('RemoteUnknown', 'the Remote is gone'));
    this.#watches.delete(key);
  }

  #forget(key: string, one: ReleaseWatch): void {
    if (this.#watches.get(key) === one) this.#watches.delete(key);
  }

  #track(work: Promise<unknown>, among = this.#work): void {
    const done = work
      .then(
        () => {},
        (thrown) => this.#parts.context.log.warn({ err: asGitkubeError(thrown) }, 'a release could not be watched'),
      )
      .finally(() => among.delete(done));
    among.add(done);
  }
}

function watchMsOf(entry: RemoteEntry | undefined): number {
  const { watchSeconds = 0, isOnlyEnvironments = false } = entry?.remote ?? {};
  return isOnlyEnvironments ? 0 : watchSeconds * 1000;
}

/** The status says that a server watches it. */
function saysWatching(status: unknown): boolean {
  const conditions = (status as RemoteStatus | undefined)?.conditions;
  return Array.isArray(conditions) && conditions.some((one) => one?.type === 'Watched' && one.reason === 'Watching');
}

/**
 * The release to return to from the newest one. A rollback is what somebody wants to run, and a return is never returned from:
 * that could go on for ever.
 * @returns undefined: the newest one is not watched
 */
function watchedFrom(releases: readonly Release[]): Release | undefined {
  const { brought, before } = versionsOf(releases);
  return brought && !/^(?:rollback|return) /.test(brought.record.how) ? before : undefined;
}
