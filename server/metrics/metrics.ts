import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { Bus } from '../../base/bus.ts';
import type { Reason } from '../../base/errors.ts';
import { type TaskStage, taskStages } from '../../remote-crd/index.ts';
import { type DeployEnd, reasonOf } from '../deploys/events.ts';
import type { DriftEvent, Finding } from '../drift/finding.ts';
import type { ServerEvent } from '../server-event.ts';
import type { TaskEvent } from '../tasks/task-events.ts';
import type { WatchFinding } from '../watch/finding.ts';

/** What is measured when somebody asks. */
export interface MetricSources {
  readonly queue: { readonly running: number; readonly waiting: number };
  readonly remotes: { readonly count: number; readonly watchRestarts: number };
  readonly ssh: { readonly connections: number };
  /** Beside that of the Remotes. */
  readonly watches: readonly { readonly restarts: number }[];
}

/** How a connection that spoke SSH came through the login: `none` showed no key at all. */
export type LoginResult = 'accepted' | 'refused' | 'none';

const phaseBuckets = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000];
const buildBuckets = [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000];
/** `unknown`: it could not be looked at. Each is counted when it begins, not with each look. */
const driftResults = ['drifted', 'repaired', 'repairFailed', 'unknown'] as const satisfies readonly Finding['kind'][];
const watchResults = ['held', 'ended', 'returned', 'returnFailed'] as const satisfies WatchFinding['kind'][];
const taskOutcomes = {
  Succeeded: 'succeeded',
  Failed: 'failed',
  TimedOut: 'timedOut',
  Skipped: 'skipped',
  Undone: 'undone',
  UndoFailed: 'undoFailed',
  Cancelled: 'cancelled',
} as const;
/** These end a build that was all right. */
const notTheBuild: ReadonlySet<Reason> = new Set(['Cancelled', 'ShuttingDown', 'RemoteUnknown']);

/**
 * Everything that Prometheus scrapes. Labels have few values, known beforehand: a Remote, a key or a branch is none of
 * them, because every one of their names would be a time series of its own for ever.
 */
export class Metrics {
  readonly #registry = new Registry();
  #sources: MetricSources | undefined;
  readonly #pushes = new Counter({
    ...this.#named('gitkube_pushes_total', 'Pushes of a branch that have ended, by outcome and reason.'),
    labelNames: ['outcome', 'reason'],
  });
  readonly #phases = new Histogram({
    ...this.#named('gitkube_push_phase_seconds', 'Time that pushes spent in each phase.'),
    labelNames: ['phase'],
    buckets: phaseBuckets,
  });
  readonly #builds = new Counter({
    ...this.#named('gitkube_builds_total', 'Images that pushes asked for: built, cached (there already) or failed.'),
    labelNames: ['result'],
  });
  readonly #buildSeconds = new Histogram({
    ...this.#named('gitkube_build_seconds', 'Time of building one image, without its push to the registry.'),
    buckets: buildBuckets,
  });
  readonly #imagePushSeconds = new Histogram({
    ...this.#named('gitkube_image_push_seconds', 'Time of pushing one image to the registry.'),
    buckets: buildBuckets,
  });
  readonly #logins = new Counter({
    ...this.#named('gitkube_ssh_logins_total', 'SSH connections by how their login ended.'),
    labelNames: ['result'],
  });

  readonly #drift = new Counter({
    ...this.#named('gitkube_drift_total', 'Drift of workloads from their last release, by result.'),
    labelNames: ['result'],
  });
  readonly #watches = new Counter({
    ...this.#named('gitkube_watches_total', 'Releases that were watched after their rollout, by result.'),
    labelNames: ['result'],
  });

  readonly #tasks = new Counter({
    ...this.#named('gitkube_tasks_total', 'Tasks of deploys, by stage and outcome.'),
    labelNames: ['stage', 'outcome'],
  });
  readonly #taskSeconds = new Histogram({
    ...this.#named('gitkube_task_seconds', 'Time of one task that nobody has cancelled.'),
    labelNames: ['stage'],
    buckets: buildBuckets,
  });

  /** @param version of Gitkube */
  constructor(version: string) {
    collectDefaultMetrics({ register: this.#registry });
    const info = { ...this.#named('gitkube_build_info', 'Always 1; the version is a label.'), labelNames: ['version'] };
    new Gauge(info).set({ version }, 1);
    this.#measured('gitkube_pushes_running', 'Pushes under way.', ({ queue }) => queue.running);
    this.#measured('gitkube_pushes_waiting', 'Pushes that wait for others.', ({ queue }) => queue.waiting);
    this.#measured('gitkube_remotes', 'Valid Remotes.', ({ remotes }) => remotes.count);
    this.#measured('gitkube_ssh_connections', 'Open SSH connections.', ({ ssh }) => ssh.connections);
    const restarts = new Counter({
      ...this.#named('gitkube_watch_restarts_total', 'How often a watch of the Kubernetes API was opened again.'),
      collect: () => {
        restarts.reset();
        const { remotes, watches } = this.#sources ?? { remotes: { watchRestarts: 0 }, watches: [] };
        restarts.inc(watches.reduce((sum, watch) => sum + watch.restarts, remotes.watchRestarts));
      },
    });
    // A rate needs its zero before its first one.
    for (const result of ['built', 'cached', 'failed']) this.#builds.inc({ result }, 0);
    for (const result of driftResults) this.#drift.inc({ result }, 0);
    for (const result of watchResults) this.#watches.inc({ result }, 0);
    for (const stage of taskStages) for (const outcome of outcomesOf(stage)) this.#tasks.inc({ stage, outcome }, 0);
    for (const result of ['accepted', 'refused', 'none']) this.#logins.inc({ result }, 0);
  }

  /** From now on gauges have the values of these; they are 0 before. */
  measure(sources: MetricSources): void {
    this.#sources = sources;
  }

  /** Counts the events of the bus from now on. */
  subscribe(bus: Pick<Bus<ServerEvent>, 'on'>): void {
    bus.on('deployEnded', (end) => this.#ended(end));
    bus.on('driftChecked', (checked) => this.#checked(checked));
    bus.on('taskChanged', (changed) => this.#task(changed));
    bus.on('releaseWatched', ({ finding: { kind } }) => this.#watched(kind));
  }

  #ended({ outcome, durations, phase, images }: DeployEnd): void {
    this.#pushes.inc({ outcome: outcome.kind, reason: reasonOf(outcome) });
    for (const [name, ms] of Object.entries(durations)) this.#phases.observe({ phase: name }, ms / 1000);
    for (const { built, buildMs, pushMs } of images) {
      this.#builds.inc({ result: built ? 'built' : 'cached' });
      if (!built) continue;
      this.#buildSeconds.observe(buildMs / 1000);
      this.#imagePushSeconds.observe(pushMs / 1000);
    }
    const failed = outcome.kind === 'failed' && phase === 'build' && !notTheBuild.has(outcome.error.reason);
    if (failed) this.#builds.inc({ result: 'failed' });
  }

  #checked({ finding: { kind }, isNew }: DriftEvent): void {
    if (kind !== 'inSync' && isNew) this.#drift.inc({ result: kind });
  }

  #task({ task, isCancelled }: Extract<TaskEvent, { readonly kind: 'taskChanged' }>): void {
    const { stage, state, seconds } = task;
    if (state === 'Running') return;
    if (isCancelled) return void this.#tasks.inc({ stage, outcome: taskOutcomes.Cancelled });
    this.#tasks.inc({ stage, outcome: taskOutcomes[state] });
    if (seconds !== undefined) this.#taskSeconds.observe({ stage }, seconds);
  }

  #watched(kind: WatchFinding['kind']): void {
    const result = watchResults.find((one) => one === kind);
    if (result) this.#watches.inc({ result });
  }

  login(result: LoginResult): void {
    this.#logins.inc({ result });
  }

  /** In Prometheus' text format. */
  async text(): Promise<{ readonly type: string; readonly body: string }> {
    return { type: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  get names(): readonly string[] {
    return this.#registry.getMetricsAsArray().map(({ name }) => name);
  }

  #measured(name: string, help: string, value: (sources: MetricSources) => number): void {
    const gauge: Gauge = new Gauge({
      ...this.#named(name, help),
      collect: () => gauge.set(this.#sources ? value(this.#sources) : 0),
    });
  }

  #named(name: string, help: string) {
    return { name, help, registers: [this.#registry] };
  }
}

/** Only migrations are undone. */
function outcomesOf(stage: TaskStage): string[] {
  return Object.values(taskOutcomes).filter((one) => stage === 'Migrate' || !one.startsWith('undo'));
}
