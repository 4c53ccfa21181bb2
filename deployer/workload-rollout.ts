import { isDeepStrictEqual } from 'node:util';
import { GitkubeError } from '../base/errors.ts';
import { duration } from '../base/text.ts';
import type { V1Deployment } from '../kube/kube.ts';
import { markAnnotations } from './annotations.ts';
import { differingContainers } from './containers.ts';
import type { Environment } from './environment.ts';
import { checkFound } from './find.ts';
import type { Goal } from './judge.ts';
import { makePatch } from './patch.ts';
import type { Problem } from './pod-problems.ts';
import { type Restarts, restartsOf } from './pods.ts';
import { deadlineMark, rolloutStatus } from './rollout-status.ts';
import { RolloutView } from './rollout-view.ts';
import { selectorText } from './selector.ts';
import { takeSnapshot } from './snapshot.ts';
import type { DeployRequest, ReleaseMark, RolloutResult, WorkloadChange, WorkloadSnapshot } from './types.ts';
import { waitRollout } from './wait-rollout.ts';

const patchTries = 5;

interface Watching {
  readonly view: RolloutView;
  readonly restartsBefore: Restarts;
}

/** One Deployment on its way to a new version: patched once, then waited for. */
export class WorkloadRollout implements AsyncDisposable {
  readonly name: string;
  /** Somebody else may change the Deployment until our patch holds; this is what it was right before. */
  snapshot: WorkloadSnapshot;
  readonly #env: Environment;
  readonly #images: WorkloadChange['images'];
  #watching: Watching | undefined;
  #deployment: V1Deployment;
  #changed = false;
  /** It ran all this before the patch and still does. */
  #isSettled = false;
  #startedAt = 0;

  /** Reads what has to be known before the patch, and starts to watch; not for a Deployment that runs all this already. */
  static async open(
    env: Environment,
    namespace: string,
    change: WorkloadChange,
    deployment: V1Deployment,
  ): Promise<WorkloadRollout> {
    const snapshot = takeSnapshot(namespace, deployment, Object.keys(change.images));
    const rollout = new WorkloadRollout(env, snapshot, deployment, change.images);
    if (!rollout.#isComplete()) await rollout.#watch();
    return rollout;
  }

  private constructor(
    env: Environment,
    snapshot: WorkloadSnapshot,
    deployment: V1Deployment,
    images: WorkloadChange['images'],
  ) {
    this.#env = env;
    this.name = snapshot.name;
    this.snapshot = snapshot;
    this.#deployment = deployment;
    this.#images = images;
  }

  /** It runs the images already and nothing is under way: there is nothing to wait for. */
  #isComplete(): boolean {
    const since = { generation: this.#deployment.metadata?.generation ?? 0 };
    const isSame = differingContainers(this.#deployment, this.#images).length === 0;
    return isSame && rolloutStatus(this.#deployment, since).kind === 'complete';
  }

  async #watch(): Promise<Watching> {
    const { namespace } = this.snapshot;
    const pods = await this.#env.patient.listPods(namespace, selectorText(this.#deployment.spec?.selector));
    const view = new RolloutView(this.#env.kube, namespace, this.#deployment);
    this.#watching = { view, restartsBefore: restartsOf(pods) };
    return this.#watching;
  }

  /**
   * Sets images and annotations. A Deployment that changed since it was read is read and tried again.
   * @param newSnapshot awaited when `snapshot` is another one than before, before it is overwritten
   */
  async patch(mark: ReleaseMark, newSnapshot: () => Promise<void>): Promise<void> {
    const { namespace } = this.snapshot;
    this.#startedAt = this.#env.clock.now();
    this.#changed = differingContainers(this.#deployment, this.#images).length > 0;
    for (let attempt = 1; attempt <= patchTries; attempt++) {
      const patch = makePatch(this.#deployment, this.#images, markAnnotations(mark));
      if (patch.length === 0) {
        this.#isSettled = !this.#changed && this.#isComplete();
        return;
      }
      const wasComplete = !this.#changed && this.#isComplete();
      const patched = await this.#env.patient.patchDeployment(namespace, this.name, patch);
      if (patched) {
        // Annotations alone count as a new generation of a Deployment, and there is nothing about it to wait for.
        this.#isSettled = wasComplete && isDeepStrictEqual(patched.spec, this.#deployment.spec);
        this.#deployment = patched;
        return;
      }
      await this.#readAgain(newSnapshot);
    }
    throw this.#changedByOthers('is being changed by somebody else all the time');
  }

  // A patch whose answer was lost comes here too: then the images are ours, and must not become the snapshot.
  async #readAgain(newSnapshot: () => Promise<void>): Promise<void> {
    const { namespace, uid, images } = this.snapshot;
    const current = await this.#env.patient.getDeployment(namespace, this.name);
    if (current?.metadata?.uid !== uid) throw this.#changedByOthers('was deleted meanwhile');
    checkFound([{ namespace, name: this.name, containers: Object.keys(images) }], [current]);
    this.#deployment = current;
    const isOurs = differingContainers(current, this.#images).length === 0;
    if (isOurs || differingContainers(current, images).length === 0) return;
    this.#changed = true;
    this.snapshot = takeSnapshot(namespace, current, Object.keys(images));
    await newSnapshot();
  }

  #changedByOthers(what: string): GitkubeError {
    return new GitkubeError(
      'WorkloadChanged',
      `Deployment ${this.name} in namespace ${this.snapshot.namespace} ${what}`,
      {
        hint: 'push again',
      },
    );
  }

  /** Resolves to the result, or to what keeps the new version from running. Rejects when the signal aborts. */
  async wait({ timeoutSeconds, say }: DeployRequest, signal: AbortSignal): Promise<RolloutResult | Problem> {
    const { clock, patient } = this.#env;
    const { namespace } = this.snapshot;
    this.#sayStart(say);
    if (this.#isSettled) return { name: this.name, changed: false, rolloutMs: clock.now() - this.#startedAt };
    const watching = this.#watching ?? (await this.#watch());
    const problem = await waitRollout(watching.view, this.#goal(watching.restartsBefore), {
      clock,
      timeoutSeconds,
      signal,
      settleMs: this.#changed ? this.#env.settleMs : 0,
      onLine: (line) => say(`${this.name}: ${line}`),
      lastLook: () => patient.getDeployment(namespace, this.name),
    });
    if (problem) return problem;
    const rolloutMs = clock.now() - this.#startedAt;
    if (this.#changed) say(`${this.name}: rolled out in ${duration(rolloutMs)}`);
    return { name: this.name, changed: this.#changed, rolloutMs };
  }

  #sayStart(say: (line: string) => void): void {
    if (!this.#changed) say(`${this.name}: runs these images already, nothing to roll out`);
    else if (this.#deployment.spec?.replicas === 0) say(`${this.name}: scaled to 0 replicas, no pod will run`);
  }

  #goal(restartsBefore: Restarts): Goal {
    const mark = deadlineMark(this.#deployment);
    return {
      namespace: this.snapshot.namespace,
      name: this.name,
      uid: this.snapshot.uid,
      images: this.#images,
      until: 'complete',
      restartsBefore,
      since: { generation: this.#deployment.metadata?.generation ?? 0, ...(mark ? { deadlineMark: mark } : {}) },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watching?.view[Symbol.asyncDispose]();
  }
}
