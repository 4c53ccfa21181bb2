import { randomBytes } from 'node:crypto';
import { systemClock } from '../../base/clock.ts';
import { asGitkubeError, type GitkubeError } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import {
  Deployer,
  type DeployerOptions,
  type DeployRequest,
  type RolloutResult,
  type WorkloadChange,
  type WorkloadSnapshot,
} from '../../deployer/index.ts';
import { createKube } from '../../kube/client.ts';
import type { Kube, V1Pod, Workload, WorkloadKind, WorkloadOf } from '../../kube/kube.ts';
import { callApi, createNamespace, deleteNamespace } from './api-server.ts';
import { must } from './command.ts';
import { createApplied } from './create-applied.ts';
import { deployOrUndo } from './deploy-or-undo.ts';
import { eventually } from './eventually.ts';
import { rig } from './rig.ts';

export interface WorkloadOptions {
  /** Unset: Deployment. */
  readonly kind?: WorkloadKind;
  readonly image: string;
  readonly initImage?: string;
  /** Passes when the container listens on port 8080: no program has to be started in it every second. */
  readonly probe?: boolean;
  /** Merged into the spec of the workload. */
  readonly spec?: object;
  /** Merged into the spec of its pods. */
  readonly pod?: object;
  /** Merged into the container `app`. */
  readonly container?: object;
}

export interface Outcome {
  readonly results?: readonly RolloutResult[];
  readonly error?: GitkubeError;
  readonly lines: readonly string[];
  readonly ms: number;
}

type LabOptions = Pick<DeployerOptions, 'settleMs'>;

/** An object of the namespace that is not there yet. */
interface LabObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly [field: string]: unknown;
}

/** A namespace of its own on the cluster, and a Deployer. */
export class DeployerLab implements AsyncDisposable {
  readonly #kinds = new Map<string, WorkloadKind>();
  readonly namespace = `deployer-${randomBytes(4).toString('hex')}`;
  readonly kube: Kube = createKube({ kubeconfig: rig().kubeconfig, log: silentLogger, clock: systemClock });
  readonly deployer: Deployer;

  private constructor(options: LabOptions) {
    this.deployer = new Deployer({ kube: this.kube, log: silentLogger, clock: systemClock, ...options });
  }

  static async start(options: LabOptions = {}): Promise<DeployerLab> {
    const lab = new DeployerLab(options);
    await createNamespace(lab.namespace);
    // Before it is there no pod is made, and what makes pods tries again later.
    await eventually(() => callApi('GET', `/api/v1/namespaces/${lab.namespace}/serviceaccounts/default`));
    return lab;
  }

  /** Runs kubectl in the namespace. */
  kubectl(...args: string[]): Promise<string> {
    const { kubectl, kubeconfig } = rig();
    return must(kubectl, ['--kubeconfig', kubeconfig, '-n', this.namespace, ...args]);
  }

  async apply(object: LabObject): Promise<void> {
    await createApplied({ ...object, metadata: { ...object.metadata, namespace: this.namespace } });
  }

  /** Makes a workload with the container `app`, and with the init container `setup` if it has an image. */
  async workload(name: string, options: WorkloadOptions): Promise<void> {
    const { kind = 'Deployment', image, initImage, probe, spec, pod, container } = options;
    const readinessProbe = { tcpSocket: { port: 8080 }, periodSeconds: 1 };
    const labels = { app: name };
    const template = {
      metadata: { labels },
      spec: {
        terminationGracePeriodSeconds: 0,
        ...(initImage !== undefined && { initContainers: [{ name: 'setup', image: initImage }] }),
        containers: [{ name: 'app', image, ...(probe && { readinessProbe }), ...container }],
        ...(kind === 'CronJob' && { restartPolicy: 'Never' }),
        ...pod,
      },
    };
    const group = kind === 'CronJob' ? 'batch' : 'apps';
    const common = kind === 'CronJob' ? cronJobSpec(template) : { selector: { matchLabels: labels }, template };
    await this.apply({ apiVersion: `${group}/v1`, kind, metadata: { name }, spec: { ...common, ...spec } });
    this.#kinds.set(name, kind);
  }

  /** Resolves when the API server takes no further pod, in these words: a quota is in force a moment after it is stored. */
  async refusesPods(words: RegExp): Promise<void> {
    const create = () => this.kubectl('run', 'one-more', '--image=one-more', '--dry-run=server');
    await eventually(() =>
      create().then(
        () => false,
        (refused) => words.test(String(refused)),
      ),
    );
  }

  rolledOut(name: string): Promise<string> {
    return this.kubectl('rollout', 'status', `${this.#kindOf(name)}/${name}`, '--timeout=240s');
  }

  async deployment(name: string): Promise<WorkloadOf<'Deployment'>> {
    const found = await this.found(name);
    if (found.kind !== 'Deployment') throw new Error(`${name} is a ${found.kind}`);
    return found;
  }

  async found(name: string): Promise<Workload> {
    const found = await this.kube.getWorkload(this.#kindOf(name), this.namespace, name);
    if (!found) throw new Error(`there is no workload ${name}`);
    return found;
  }

  /** The images that the pods of a workload have, by pod. */
  async podImages(name: string): Promise<Record<string, string | undefined>> {
    const pods = await this.pods(name);
    return Object.fromEntries(pods.map(({ metadata, spec }) => [metadata?.name ?? '', spec?.containers[0]?.image]));
  }

  /** The pods of a workload that are not on their way out. */
  async pods(name: string): Promise<V1Pod[]> {
    const pods = await this.kube.listPods(this.namespace, `app=${name}`);
    return pods.filter(({ metadata }) => !metadata?.deletionTimestamp);
  }

  #kindOf(name: string): WorkloadKind {
    return this.#kinds.get(name) ?? 'Deployment';
  }

  async image(name: string): Promise<string | undefined> {
    const found = await this.found(name);
    const template = found.kind === 'CronJob' ? found.spec?.jobTemplate.spec?.template : found.spec?.template;
    return template?.spec?.containers[0]?.image;
  }

  /** Deploys these images to the containers `app`; what it came to is returned, never thrown. */
  deploy(images: Readonly<Record<string, string>>, over: Partial<DeployRequest> = {}): Promise<Outcome> {
    const changes = Object.entries(images).map(([name, image]) => this.change(name, { app: image }));
    return this.deployChanges(changes, over);
  }

  async deployChanges(changes: readonly WorkloadChange[], over: Partial<DeployRequest> = {}): Promise<Outcome> {
    const lines: string[] = [];
    const started = performance.now();
    const request: DeployRequest = {
      namespace: this.namespace,
      changes,
      mark: { commit: 'c0ffee', release: 1, pushedBy: 'ada', cause: 'a push' },
      timeoutSeconds: 120,
      signal: new AbortController().signal,
      ...over,
      say: (line) => {
        lines.push(`${((performance.now() - started) / 1000).toFixed(1)} ${line}`);
        over.say?.(line);
      },
    };
    const outcome = await deployOrUndo(this.deployer, request).then(
      (results) => ({ results }),
      (thrown: unknown) => ({ error: asGitkubeError(thrown) }),
    );
    const result = { ...outcome, lines, ms: Math.round(performance.now() - started) };
    if (process.env.GITKUBE_TEST_VERBOSE) print(result);
    return result;
  }

  change(name: string, images: Readonly<Record<string, string>>): WorkloadChange {
    const containers = Object.keys(images).map((container) => ({
      name: container,
      path: '.',
      dockerfile: 'Dockerfile',
      buildArgs: [],
    }));
    return { target: { kind: this.#kindOf(name), name, containers }, images };
  }

  async restore(snapshots: readonly WorkloadSnapshot[], expected?: Record<string, Record<string, string>>) {
    const lines: string[] = [];
    const say = (line: string) => lines.push(line);
    await this.deployer.restore(snapshots, { say, ...(expected && { expected }) });
    return lines;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await deleteNamespace(this.namespace);
  }
}

/** Far from now: its jobs are made by hand. */
function cronJobSpec(template: object): object {
  return { schedule: '0 0 1 1 *', jobTemplate: { spec: { template } } };
}

function print({ lines, error, ms }: Outcome): void {
  const parts = error
    ? [`${error.reason}: ${error.message}`, ...error.evidence, ...error.hint.map((h) => `> ${h}`)]
    : [];
  process.stderr.write(`\n${[...lines, ...parts, `${ms} ms`].map((line) => `    ${line}`).join('\n')}\n`);
}
