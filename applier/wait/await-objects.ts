import { again, fixIt } from '../../base/again.ts';
import { AsyncSignal } from '../../base/async-signal.ts';
import { onItsOwn, type Party } from '../../base/common-end.ts';
import { editRemote } from '../../base/edit-remote.ts';
import { type ErrorDetails, GitkubeError } from '../../base/errors.ts';
import { defaultSettleMs } from '../../base/settle.ts';
import { TimeLimit } from '../../base/time-limit.ts';
import type { AnyObject, ObjectRef } from '../../kube/kube.ts';
import type { KubeDeps } from '../../kube/retrying-kube.ts';
import type { AppliedObject } from '../apply/apply.ts';
import { isJob } from '../apply/replace.ts';
import { isPod } from '../objects/object-fields.ts';
import { nameOf } from '../objects/objects.ts';
import type { RemoteName, Say } from '../types.ts';
import { ClaimEvents } from './claim-events.ts';
import { isFine, isOver, judge, needsTime, type Verdict, wordsOf } from './judge.ts';
import { evidenceOf } from './object-evidence.ts';
import { ObjectsView } from './objects-view.ts';
import { cannotStart, JobPods } from './stuck-pods.ts';
import { type Judged, WaitReport } from './wait-report.ts';

export interface AwaitRequest {
  readonly as: string;
  readonly remote: RemoteName;
  readonly timeoutSeconds: number;
  /** How long an object that was just changed has to be fine until it is believed. Unset: `defaultSettleMs`. */
  readonly settleMs?: number;
  readonly signal: AbortSignal;
  /** Unset: the wait ends as soon as everything works. */
  readonly party?: Party;
  readonly say: Say;
  /** What runs ran before the deploy as well, and runs again after it fails. */
  readonly ranBefore?: boolean;
  /** What else does not work, one line each, for the error. */
  readonly unready: (failed: ObjectRef) => Promise<readonly string[]>;
}

/**
 * Waits until everything that was applied works, on watch events: judge.ts says what that means. It looks on until
 * everything else of the deploy works as well: a pod may crash long after it was ready.
 * @returns what says nothing about itself, so that nobody can judge it
 * @throws JobFailed, ObjectFailed, WorkloadChanged, RolloutTimeout with the last lines of the container's log
 */
export async function awaitObjects(
  deps: KubeDeps,
  applied: readonly AppliedObject[],
  request: AwaitRequest,
): Promise<ObjectRef[]> {
  const open = applied.filter((one) => !isFine(judge(one, {})) || (one.did !== 'keep' && needsTime(one.after)));
  const fine = applied.filter((one) => !open.includes(one));
  const unknown = fine.filter((one) => judge(one, {}).kind === 'unknown').map(({ ref }) => ref);
  if (open.length === 0) return unknown;
  await using wait = new Wait(deps, open, request);
  return [...unknown, ...(await wait.run())];
}

/** The kubelet tries a failed pull again after 10 s: a registry that hiccups once has answered by then. */
const stuckMs = 20_000;

class Wait implements AsyncDisposable {
  readonly #deps: KubeDeps;
  readonly #open: readonly AppliedObject[];
  readonly #request: AwaitRequest;
  readonly #changes = new AsyncSignal();
  readonly #view: ObjectsView;
  readonly #claims: ClaimEvents | undefined;
  readonly #jobPods: JobPods | undefined;
  readonly #startedAt: number;
  /** Since when it has been fine without a break. */
  readonly #fineSince = new Map<AppliedObject, number>();
  /** Since when no container of it can start. */
  readonly #stuckSince = new Map<AppliedObject, number>();
  readonly #limit: TimeLimit;
  readonly #report: WaitReport;

  constructor(deps: KubeDeps, open: readonly AppliedObject[], request: AwaitRequest) {
    const onChange = () => this.#changes.notify();
    const claim = open.find(({ ref }) => ref.kind === 'PersistentVolumeClaim');
    const job = open.find(({ after }) => isJob(after));
    this.#deps = deps;
    this.#open = open;
    this.#request = request;
    this.#view = new ObjectsView(
      deps,
      open.map(({ ref }) => ref),
      { ...request, onChange },
    );
    this.#claims = claim && new ClaimEvents(deps.kube, claim.ref.namespace ?? '', onChange);
    this.#jobPods = job && new JobPods(deps.kube, job.ref.namespace ?? '', onChange);
    this.#startedAt = deps.clock.monotonic();
    this.#limit = new TimeLimit(deps.clock, request.timeoutSeconds);
    this.#report = new WaitReport(request.say);
  }

  async run(): Promise<ObjectRef[]> {
    const { clock } = this.#deps;
    const { signal, party = onItsOwn() } = this.#request;
    for (;;) {
      signal.throwIfAborted();
      const judged = this.#open.map((one) => this.#judge(one));
      this.#report.show(judged, clock.monotonic() - this.#startedAt);
      const over = judged.find(({ verdict }) => isOver(verdict));
      if (over) throw await this.#failure(over);
      const late = judged.find(({ verdict }) => !isFine(verdict));
      const works = !late && judged.every(({ believedAt }) => believedAt === undefined);
      if (works) this.#limit.complete();
      if (party.holds(works))
        return judged.filter(({ verdict }) => verdict.kind === 'unknown').map(({ one }) => one.ref);
      if (late && this.#limit.isOver) throw await this.#failure(late);
      const dueAt = judged.flatMap(({ believedAt, overAt }) => believedAt ?? overAt ?? []);
      await this.#wake(Math.min(late ? this.#limit.at : Number.POSITIVE_INFINITY, ...dueAt), party);
    }
  }

  #judge(one: AppliedObject): Judged {
    const { clock } = this.#deps;
    const { settleMs = defaultSettleMs } = this.#request;
    const seen = this.#view.seen(one.ref);
    const verdict = judge(one, { seen, claims: this.#claims });
    const stuck = verdict.kind === 'waiting' ? this.#stuck(one, seen?.object ?? one.after) : undefined;
    if (stuck && clock.monotonic() >= stuck.overAt) return { one, verdict: { kind: 'failed', why: stuck.why } };
    if (!isFine(verdict)) this.#fineSince.delete(one);
    else if (one.did !== 'keep' && needsTime(seen?.object ?? one.after)) {
      const since = this.#fineSince.get(one) ?? clock.monotonic();
      this.#fineSince.set(one, since);
      if (clock.monotonic() < since + settleMs) return { one, verdict, believedAt: since + settleMs };
    }
    return { one, verdict, overAt: stuck?.overAt };
  }

  /** Why it gets no further, and when that has lasted for long enough; undefined: nothing keeps it from that. */
  #stuck(one: AppliedObject, object: AnyObject): { readonly why: string; readonly overAt: number } | undefined {
    const ofPod = isPod(object) && cannotStart(object) ? 'it cannot start' : undefined;
    const why = isJob(object) ? this.#jobPods?.stuck(object.metadata.uid) : ofPod;
    if (why === undefined) {
      this.#stuckSince.delete(one);
      return undefined;
    }
    const since = this.#stuckSince.get(one) ?? this.#deps.clock.monotonic();
    this.#stuckSince.set(one, since);
    return { why, overAt: since + stuckMs };
  }

  async #failure({ one, verdict }: Judged): Promise<GitkubeError> {
    const object = this.#view.seen(one.ref)?.object ?? one.after;
    const [{ what, lines, said }, also] = await Promise.all([
      evidenceOf(this.#deps, object),
      this.#request.unready(one.ref),
    ]);
    const words = wordsOf(verdict);
    // That a Job tries no more says less than what its container came to.
    const isEnough = what !== undefined && /\(BackoffLimitExceeded\)$/.test(words);
    const why = [...(what === undefined ? [] : [what]), ...(isEnough ? [] : [words])].join(': ');
    const found = { why, evidence: [...lines, ...also], said };
    return explain(one.ref, verdict, found, this.#limit, this.#request.ranBefore);
  }

  /** Until something changed, or it is time to look again, or everything works. */
  async #wake(at: number, { reached }: Party): Promise<void> {
    const { clock } = this.#deps;
    const awake = new AbortController();
    const until = AbortSignal.any([this.#request.signal, awake.signal]);
    const timer = clock.delay(Math.max(0, at - clock.monotonic()), until);
    try {
      await Promise.race([this.#changes.wait(), timer, reached]);
    } finally {
      timer.catch(() => {});
      awake.abort();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([
      this.#view[Symbol.asyncDispose](),
      this.#claims?.[Symbol.asyncDispose](),
      this.#jobPods?.[Symbol.asyncDispose](),
    ]);
  }
}

interface Found extends Pick<ErrorDetails, 'said'> {
  readonly why: string;
  readonly evidence: readonly string[];
}

function explain(
  ref: ObjectRef,
  { kind }: Verdict,
  { why, evidence, said }: Found,
  limit: TimeLimit,
  ranBefore = false,
): GitkubeError {
  const name = nameOf(ref);
  if (kind === 'waiting') {
    const hint = `set a larger spec.rollout.timeoutSeconds if it only needs more time: ${editRemote}`;
    return new GitkubeError('RolloutTimeout', `${name}: not ready within ${limit.words}: ${why}`, {
      hint,
      evidence,
    });
  }
  if (kind === 'gone' || kind === 'terminating') {
    return new GitkubeError('WorkloadChanged', `${name}: ${why}`, { hint: again, evidence });
  }
  const hint = `${fixIt}${ranBefore ? '; until then the previous version keeps running' : ''}`;
  if (ref.kind === 'Job') return new GitkubeError('JobFailed', `${name} failed: ${why}`, { hint, evidence, said });
  return new GitkubeError('ObjectFailed', `${name} has failed: ${why}`, { hint, evidence, said });
}
