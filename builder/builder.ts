import { allOrFirstError } from '../base/all-or-first-error.ts';
import { asGitkubeError, GitkubeError, shuttingDown } from '../base/errors.ts';
import { sayWhile } from '../base/say-while.ts';
import { Semaphore } from '../base/semaphore.ts';
import { noSecrets } from './build/build-failure.ts';
import { type BuildLimits, buildImage } from './build/build-image.ts';
import { ImageRefcount } from './images/image-refcount.ts';
import { keyTag, repositoryPath } from './images/names.ts';
import { findRecorded, type RecordedImages } from './images/recorded-images.ts';
import { LfsClient } from './lfs/lfs-client.ts';
import { withContents } from './lfs/lfs-source.ts';
import { openContents } from './lfs/open-contents.ts';
import { type BuilderOptions, type BuildOptions, defaultLimits, type PlanOptions } from './options.ts';
import { planImage } from './plan.ts';
import { promoteImage } from './promote/promote-image.ts';
import { storeProvenance } from './provenance/provenance.ts';
import { ofImage } from './push/push-failure.ts';
import { type PushLimits, pushImage } from './push/push-image.ts';
import type { RegistryClient } from './registry/client.ts';
import type {
  BuiltImage,
  ImageDestination,
  ImageTarget,
  PlannedImage,
  PromotedImage,
  RegistryCredentials,
  Say,
  SourceTree,
} from './types.ts';

/** How often an image is built again that the engine lost. */
const buildsOfMissingImage = 2;

/** From a commit to images in a registry. One for the whole server. */
export class Builder implements AsyncDisposable {
  readonly #options: BuilderOptions;
  readonly #limits: BuildLimits & PushLimits;
  readonly #builds: Semaphore;
  readonly #refs = new ImageRefcount();

  readonly #background = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(options: BuilderOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#builds = new Semaphore(options.limits.concurrentBuilds);
  }

  /** All checks of all images, before anything is built; the first failure is thrown. */
  async plan(
    source: SourceTree,
    destination: ImageDestination,
    targets: readonly ImageTarget[],
    { signal, noCache, branch, lfs, promoted = new Map(), say = () => {} }: PlanOptions,
  ): Promise<PlannedImage[]> {
    const { engine, registry, clock } = this.#options;
    const platform = this.#options.platform ?? (await engine.info(signal)).platform;
    const client = registry.open(destination.registryUrl, destination.credentials);
    const same = {
      source,
      destination,
      client,
      platform,
      noCache,
      branch,
      promoted,
      openLfs: lfs && (() => new LfsClient(lfs, this.#options.lfs ?? { insecureHosts: [] })),
      submoduleHosts: this.#options.submoduleHosts ?? [],
      signer: this.#options.provenance?.signer,
      say,
      signal,
    };
    const plan = (target: ImageTarget) => planImage({ ...same, target });
    const line = (seconds: number) => `waiting for the registry ${client.host} to answer, for ${seconds} s so far`;
    const planned = await sayWhile(allOrFirstError(targets.map(plan)), { clock, say, line });
    await this.#refuseSecrets(planned, signal);
    return planned;
  }

  /** The classic builder would leave them out, or fail with words that name no cause. */
  async #refuseSecrets(planned: readonly PlannedImage[], signal: AbortSignal): Promise<void> {
    const needing = planned.find(
      (one) => one.target.container.secrets && one.existingDigest === undefined && !one.promoted,
    );
    if (!needing) return;
    const { buildkit, name } = await this.#options.engine.info(signal);
    if (!buildkit) throw noSecrets(needing.label, name);
  }

  /** Builds and pushes what the plan found missing, side by side; the first failure ends the others. */
  async build(
    source: SourceTree,
    destination: ImageDestination,
    planned: readonly PlannedImage[],
    options: BuildOptions,
  ): Promise<BuiltImage[]> {
    const client = this.#options.registry.open(destination.registryUrl, destination.credentials);
    const failed = new AbortController();
    const signal = AbortSignal.any([options.signal, failed.signal]);
    const make = async (image: PlannedImage) => {
      const say: Say = planned.length > 1 ? (line) => options.say(`${image.label}: ${line}`) : options.say;
      try {
        return await this.#make(image, { source, destination, client, options: { ...options, say, signal } });
      } catch (thrown) {
        failed.abort(thrown);
        throw thrown;
      }
    };
    return allOrFirstError(planned.map(make));
  }

  /** Whether images that earlier pushes have made are still there. */
  findRecorded(
    references: readonly string[],
    credentials: (registryUrl: string) => RegistryCredentials | undefined,
    signal: AbortSignal,
  ): Promise<RecordedImages> {
    return findRecorded(this.#options.registry, references, credentials, signal);
  }

  async #make(image: PlannedImage, work: Work): Promise<BuiltImage> {
    const { source, client } = work;
    const made = await this.#bring(image, work);
    const tagged = this.#tagCommit(image, made.digest, source.commit, client);
    this.#inBackground(tagged, 'an image has no tag of its commit');
    return { ...image, ...made, reference: `${image.repository}@${made.digest}` };
  }

  #bring(image: PlannedImage, work: Work) {
    const { existingDigest, promoted } = image;
    if (existingDigest !== undefined) return existing(existingDigest);
    return promoted ? this.#promote(image, promoted, work) : this.#buildAndForget(image, work);
  }

  async #promote(image: PlannedImage, promoted: PromotedImage, { client, options: { say, signal } }: Work) {
    const { registry, clock, provenance } = this.#options;
    const inputs = { registry, client, signer: provenance?.signer, limits: this.#limits, clock, say, signal };
    const { digest, ms } = await promoteImage(image, promoted, inputs);
    return { ...existing(digest), pushMs: ms };
  }

  async #buildAndForget(image: PlannedImage, work: Work) {
    const { engine } = this.#options;
    const leave = await this.#refs.enter(image.buildKey, work.options.signal);
    try {
      return await this.#buildUntilPushed(image, work);
    } finally {
      const forgotten = leave(() => engine.forget(image.repository, keyTag(image.buildKey), this.#stop.signal));
      this.#inBackground(forgotten, 'an image may stay on the disk of the engine');
    }
  }

  /** Others may use the engine, and `docker image prune -a` takes what no container runs. The cache still has it. */
  async #buildUntilPushed(image: PlannedImage, work: Work) {
    for (let left = buildsOfMissingImage; ; left--) {
      try {
        return await this.#buildAndPush(image, work);
      } catch (thrown) {
        const { reason, message } = asGitkubeError(thrown);
        // Once the signal has aborted, this is the loss of another image of the push.
        if (reason !== 'ImageMissing' || left === 0 || work.options.signal.aborted) throw thrown;
        work.options.say(`building again: ${message}`);
      }
    }
  }

  async #buildAndPush(image: PlannedImage, { source, destination, client, options }: Work) {
    const { engine, clock, platform } = this.#options;
    const limits = this.#limits;
    const { say, signal, noCache, pull = false, pushedBy } = options;
    const secrets = options.secrets?.get(image.label);
    // Before it takes the place of a build: a server that is slow on purpose holds up nobody else.
    await using contents = await openContents(image, {
      ...this.#options,
      source,
      server: options.lfs,
      limits,
      say,
      signal,
    });
    const files = contents ? withContents(source, contents) : source;
    if (this.#builds.busy) say('waiting for other builds to end');
    const release = await this.#builds.acquire(signal, destination.namespace);
    const started = clock.monotonic();
    const startedAt = clock.now();
    try {
      const labels = this.#labels(image, source, pushedBy);
      const inputs = {
        engine,
        clock,
        limits,
        source: files,
        destination,
        image,
        labels,
        noCache,
        pull,
        secrets,
        say,
        signal,
      };
      await buildImage(platform === undefined ? inputs : { ...inputs, platform });
    } finally {
      release();
    }
    const pushing = clock.monotonic();
    const digest = await pushImage({ engine, client, clock, limits, destination, image, say, signal }).catch(
      (thrown) => {
        // The push of another image may have failed first, and ended this one with its error.
        signal.throwIfAborted();
        throw ofImage(image.label, asGitkubeError(thrown));
      },
    );
    await this.#storeProvenance(image, digest, startedAt, { source, destination, client, options });
    return { digest, built: true, buildMs: pushing - started, pushMs: clock.monotonic() - pushing };
  }

  async #storeProvenance(image: PlannedImage, digest: string, startedAt: number, work: Work): Promise<void> {
    const { provenance, clock, platform } = this.#options;
    const { source, destination, client, options } = work;
    const { origin, signal, say } = options;
    if (!provenance || !origin) return;
    const remote = `${destination.namespace}/${destination.remote}`;
    const times = { startedAt, finishedAt: clock.now() };
    const facts = { image, digest, commit: source.commit, remote, origin, platform, ...times };
    await storeProvenance(provenance, facts, { client, say, signal });
  }

  /**
   * https://github.com/opencontainers/image-spec/blob/main/annotations.md, without `created`: the image says that itself,
   * and as a label it would make another image of every build that is wholly cached.
   */
  #labels(image: PlannedImage, { commit }: SourceTree, pushedBy: string | undefined): Record<string, string> {
    return {
      'org.opencontainers.image.title': image.label,
      'org.opencontainers.image.revision': commit,
      'sh.gitkube.build-key': image.buildKey,
      ...(pushedBy === undefined ? {} : { 'sh.gitkube.pushed-by': pushedBy }),
    };
  }

  /**
   * `repository:<commit>` is for people and old habits. What is deployed is the digest, so nothing waits for the tag and
   * a failure is only logged.
   */
  async #tagCommit(image: PlannedImage, digest: string, commit: string, client: RegistryClient): Promise<void> {
    const { signal } = this.#stop;
    const path = repositoryPath(image.repository);
    if (image.existingDigest !== undefined && (await client.manifestDigest(path, commit, signal)) === digest) return;
    const manifest = await client.manifest(path, digest, signal);
    if (manifest === undefined) throw new GitkubeError('RegistryUnavailable', `${client.host} does not have ${digest}`);
    await client.putManifest(path, commit, manifest, signal);
  }

  #inBackground(work: Promise<void>, whenItFails: string): void {
    const watched = work
      .catch((thrown) => this.#options.log.warn({ err: asGitkubeError(thrown) }, whenItFails))
      .finally(() => this.#background.delete(watched));
    this.#background.add(watched);
  }

  /** Ends what still goes on beside the pushes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(shuttingDown());
    await Promise.all(this.#background);
  }
}

interface Work {
  readonly source: SourceTree;
  readonly destination: ImageDestination;
  readonly client: RegistryClient;
  readonly options: BuildOptions;
}

function existing(digest: string) {
  return { digest, built: false, buildMs: 0, pushMs: 0 };
}
