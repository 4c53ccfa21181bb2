import { randomBytes } from 'node:crypto';
import { asGitkubeError, GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { shortId } from '../../base/text.ts';
import type { BuiltImage } from '../../builder/index.ts';
import type { RefCommand } from '../../hooks/commands.ts';
import { type Hello, readHello } from '../../hooks/hello.ts';
import { readProcReceive, sendVerdicts, type Verdict } from '../../hooks/proc-receive.ts';
import type { HookSockets } from '../../hooks/sockets.ts';
import type { Remote } from '../../remote-crd/index.ts';
import type { Release } from '../git/release.ts';
import type { Repository } from '../git/repository.ts';
import { type GitService, receivePack } from '../git/service.ts';
import type { CommitSource } from '../git/source-tree.ts';
import type { Identity } from '../ssh/auth.ts';
import { currentCommit, deployBranches, isShallow } from './branch.ts';
import type { PushContext } from './context.ts';
import type { PushFacts, PushOutcome } from './observer.ts';
import { type PushOptions, parsePushOptions } from './options.ts';
import { Page, shortReason } from './page.ts';
import { Phases } from './phases.ts';
import { prepare } from './prepare.ts';
import { recoverOne } from './recover.ts';
import { type DeployCommand, pickDeploy } from './refs.ts';
import { type ReleaseOrder, rollOut, settle, settleAfterGit } from './release.ts';

/** What pre-receive has settled and proc-receive goes on with. */
interface Accepted {
  readonly remote: Remote;
  readonly command: DeployCommand;
  readonly current: string | undefined;
  /** History ends behind this commit: pushed from a shallow clone. */
  readonly shallow: boolean;
  readonly options: PushOptions;
  readonly images: readonly BuiltImage[];
}

/** One push, from the moment git is started for it to the moment git has ended. */
export class Push {
  readonly id = randomBytes(5).toString('hex');
  readonly service: GitService;
  /** Resolves when git has ended and nothing of this push is under way any more; never rejects. */
  readonly done: Promise<void>;
  readonly #context: PushContext;
  readonly #repository: Repository;
  readonly #identity: Identity;
  readonly #hooks: HookSockets;
  readonly #log: Logger;
  readonly #abort = new AbortController();
  readonly #page: Page;
  readonly #phases: Phases;
  #remote: Remote;
  #received = false;
  #startedAt = 0;
  #accepted: Accepted | undefined;
  #facts: PushFacts | undefined;
  #leaveQueue: (() => void) | undefined;
  #whenGitEnds: (() => Promise<void>) | undefined;
  #reason = 'refused';

  constructor(context: PushContext, remote: Remote, repository: Repository, identity: Identity) {
    this.#context = context;
    this.#remote = remote;
    this.#repository = repository;
    this.#identity = identity;
    this.#log = context.log.child({ push: this.id, remote: remote.id });
    repository.beginReceive();
    const { service, hooks } = receivePack(repository.path, context.receiveLimits);
    this.service = service;
    this.#hooks = hooks;
    this.#page = new Page((text) => hooks.preReceive.write(text));
    this.#phases = new Phases(context.clock);
    this.done = this.#run();
  }

  /** True once git has the whole push: from here on it is finished, whether or not the client stays. */
  get received(): boolean {
    return this.#received;
  }

  /** Ends the push: what is building is stopped, what is rolling out is put back. */
  cancel(reason: GitkubeError): void {
    this.#abort.abort(reason);
    if (!this.#received) this.service.end();
  }

  async #run(): Promise<void> {
    const hooks = Promise.all([this.#preReceive(), this.#procReceive()]);
    const timer = setTimeout(() => this.#received || this.service.end(), this.#context.receiveLimits.maxReceiveMs);
    await this.service.gone;
    clearTimeout(timer);
    // Nobody is left to hear a verdict, so nothing may still be decided; without effect after a normal end.
    this.#abort.abort(new GitkubeError('Cancelled', 'git was ended before the push was done'));
    await this.service.done;
    await hooks.then(() => this.#whenGitEnds?.()).catch((error) => this.#log.error({ err: error }, 'a hook failed'));
    this.#leaveQueue?.();
    this.#repository.endReceive();
  }

  async #preReceive(): Promise<void> {
    const { preReceive, preReceiveExit } = this.#hooks;
    const accepted = await this.#step(async () => {
      const hello = await readHello(preReceive);
      if (!hello) return false;
      this.#received = true;
      this.#startedAt = this.#context.clock.now();
      await this.#accept(hello);
      return true;
    });
    preReceive.end();
    preReceiveExit.end(accepted ? '0\n' : '1\n');
  }

  async #accept(hello: Hello): Promise<void> {
    const { queue, observer } = this.#context;
    const options = parsePushOptions(hello.pushOptions);
    const command = pickDeploy(hello.commands, await deployBranches(this.#remote, this.#repository));
    if (!command) return;

    using source = await this.#open(command, hello.quarantine);
    const what = `${command.branch} ${shortId(command.newOid)} by ${this.#identity.name}`;
    this.#phases.begin('queue');
    this.#leaveQueue = await queue.enter({
      remoteId: this.#remote.id,
      branch: command.branch,
      label: what,
      onWait: (reason) => this.#page.stage(reason),
      signal: this.#abort.signal,
    });
    this.#phases.begin('check');
    // Waiting may have taken long: the Remote, its keys and the branch are looked at again.
    const remote = this.#refresh();
    await recoverOne(this.#context, this.#repository);
    const current = await currentCommit(this.#repository, source, command, hello.quarantine);
    this.#facts = { id: this.id, remote, branch: command.branch, commit: command.newOid, by: this.#identity.name };
    observer.started(this.#facts);
    this.#page.stage(`Gitkube: ${remote.id}, ${what}`);
    const shallow = isShallow(this.#repository, source, current, hello.quarantine);
    const images = await prepare(this.#context, {
      remote,
      source,
      options,
      pushedBy: this.#identity.name,
      page: this.#page,
      phases: this.#phases,
      signal: this.#abort.signal,
    });
    this.#phases.begin('accept');
    this.#accepted = { remote, command, current, shallow: await shallow, options, images };
  }

  async #open({ branch, newOid, ref }: DeployCommand, quarantine: Hello['quarantine']): Promise<CommitSource> {
    const source = await this.#repository.source(newOid, quarantine);
    if (source) return source;
    throw new GitkubeError('RefRefused', `${branch} can only point at a commit`, {
      hint: `a tag is pushed as its commit: git push dev <tag>^{}:${ref}`,
    });
  }

  async #procReceive(): Promise<void> {
    const { procReceive, procReceiveText } = this.#hooks;
    const commands = await readProcReceive(procReceive);
    if (!commands) return;
    this.#page.continueOn((text) => procReceiveText.write(text));
    const verdict = await this.#step(() => this.#decide(commands));
    procReceiveText.end();
    sendVerdicts(
      procReceive,
      verdict ? [verdict] : commands.map(({ ref }) => ({ ref, ok: false, reason: this.#reason })),
    );
  }

  async #decide(commands: readonly RefCommand[]): Promise<Verdict> {
    const accepted = this.#accepted;
    const asked = commands.find(
      ({ ref, newOid }) => ref === accepted?.command.ref && newOid === accepted.command.newOid,
    );
    if (!accepted || !asked) throw new GitkubeError('Internal', 'git asks for a ref that was not checked');
    const { branch, newOid: commit, ref } = accepted.command;
    if (accepted.options['skip-deploy']) {
      await this.#repository.keepBuilt(branch, commit);
      this.#page.stage(`Built ${shortId(commit)}, nothing deployed: push without -o skip-deploy to deploy it`);
      this.#finish({ kind: 'built' });
      return { ref, ok: true, options: { refname: `refs/builds/${branch}`, 'new-oid': commit } };
    }
    if (accepted.current === commit) {
      this.#page.stage(`${branch} is at ${shortId(commit)} already, and that is what runs`);
      this.#finish({ kind: 'unchanged' });
      return { ref, ok: true };
    }
    return this.#release(accepted);
  }

  async #release(accepted: Accepted): Promise<Verdict> {
    const { branch, newOid: commit, ref } = accepted.command;
    const order: ReleaseOrder = {
      ...accepted,
      pushId: this.id,
      repository: this.#repository,
      branch,
      commit,
      identity: this.#identity,
      startedAt: this.#startedAt,
      page: this.#page,
      phases: this.#phases,
      signal: this.#abort.signal,
    };
    const rolledOut = await rollOut(this.#context, order);
    if (!accepted.shallow) {
      await this.#released(await settle(this.#context, order, rolledOut));
      return { ref, ok: true };
    }
    const whenGitEnds = await settleAfterGit(this.#context, order, rolledOut);
    this.#whenGitEnds = async () => this.#released(await whenGitEnds());
    return { ref, ok: true, options: { 'fall-through': '' } };
  }

  async #released(release: Release | undefined): Promise<void> {
    if (release) return this.#finish({ kind: 'released', release, releases: await this.#repository.releases() });
    const error = new GitkubeError('RefMoved', 'git did not move the branch, the workloads were put back');
    return this.#finish({ kind: 'failed', error });
  }

  /** The Remote as it is now, if this key may still push to it. */
  #refresh(): Remote {
    const remote = this.#context.remotes.get(this.#remote.namespace, this.#remote.name);
    if (!remote?.keys.some((key) => key.fingerprint === this.#identity.fingerprint)) {
      throw new GitkubeError('RemoteUnknown', `${this.#remote.id} no longer accepts this key`);
    }
    this.#remote = remote;
    return remote;
  }

  /** Runs a hook's work; an error goes to the pusher, the log and whoever observes. */
  async #step<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (thrown) {
      const error = asGitkubeError(thrown);
      const level = error.kind === 'internal' ? 'error' : 'info';
      this.#log[level]({ err: error, cause: error.cause, reason: error.reason }, 'push refused');
      this.#reason = shortReason(error);
      this.#page.failure(error, this.id);
      this.#finish({ kind: 'failed', error });
      return undefined;
    }
  }

  #finish(outcome: PushOutcome): void {
    if (this.#facts) this.#context.observer.finished(this.#facts, outcome);
    this.#log.info({ outcome: outcome.kind, phases: this.#phases.durations }, 'push finished');
  }
}
