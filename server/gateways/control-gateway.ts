import { GitkubeError } from '../../base/errors.ts';
import { releaseName } from '../../base/release-name.ts';
import { askServer } from '../../base/server-hints.ts';
import { plain } from '../../base/text.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { type ChoiceParts, chooseRemote } from '../access/choose-remote.ts';
import { type Principal, principalIn } from '../access/principal.ts';
import type { RemoteName } from '../access/remote-name.ts';
import { CommandedDeploy } from '../deploys/commanded-deploy.ts';
import type { Deploy, DoorFacts } from '../deploys/deploy.ts';
import { labelOf } from '../deploys/label.ts';
import { verdictOf } from '../deploys/records/recorder.ts';
import type { DeployRecord, DeployRecords } from '../deploys/records/records.ts';
import type { AnyTrigger } from '../deploys/triggers/index.ts';
import type { DeployTrigger, Target } from '../deploys/triggers/trigger.ts';
import { verbOf } from '../deploys/verb-of.ts';
import type { Repositories } from '../git/repositories.ts';
import type { ReleaseWatches } from '../watch/release-watches.ts';
import { deployNotFound } from './deploys-gateway.ts';
import { FollowedDeploy } from './followed-deploy.ts';
import { type DoorParts, openDeploy } from './open-deploy.ts';

export interface ControlGatewayOptions extends ChoiceParts, Omit<DoorParts, 'access'> {
  readonly repositories: Pick<Repositories, 'findOf'>;
  readonly records: Pick<DeployRecords, 'find'>;
  readonly watches: Pick<ReleaseWatches, 'cancel'>;
}

/** A deploy that somebody cancels. */
export interface Cancelling {
  /** Its id. */
  readonly remote: string;
  readonly id: string;
  /** For people: which commit, and who asked for it. */
  readonly label: string;
  /** Those that wait for their turn, for people. */
  readonly waiting: readonly string[];
  /** What it came to. */
  readonly verdict: Promise<DeployRecord['verdict']>;
  /** It migrates, which is not ended. */
  readonly goesOn?: boolean;
}

/** What a key may do to the deploys of its Remotes. */
export class ControlGateway {
  readonly #options: ControlGatewayOptions;

  constructor(options: ControlGatewayOptions) {
    this.#options = options;
  }

  /**
   * Begins a deploy, which goes on when the person who asks for it leaves.
   * @param name undefined: the only Remote of this key
   * @throws RemoteUnknown; ServedElsewhere; ShuttingDown; DiskFull; ServerBusy; UsageInvalid
   */
  async deploy<Wish>(
    name: RemoteName | undefined,
    { kind, ask, endsWithClient }: DeployTrigger<AnyTrigger['kind'], Wish>,
    wish: Wish,
    principal: Principal,
  ): Promise<FollowedDeploy> {
    const verb = verbOf({ trigger: { kind } });
    const remote = await chooseRemote(this.#options, name, principal, verb);
    const commanded = { kind, ask: (of: Target) => ask(wish, of) };
    const begin = (parts: DoorFacts) => new CommandedDeploy(parts, commanded);
    const begun = await openDeploy(this.#options, remote, { principal, verb }, begin);
    const mayStill = () => void this.#options.access.authorize(remote, principal, { verb: 'inspect' });
    return new FollowedDeploy(begun, mayStill, endsWithClient?.(wish, remote));
  }

  /**
   * Ends a deploy, unless its refs are being written, or it is over; where none is under way, the watch of the last release.
   * A key that may deploy may cancel what it has asked for itself; the rest takes the right to operate.
   * @param name undefined: the only Remote of this key
   * @param id undefined: the one that has its turn, or the only one that waits
   * @throws DeployNotFound; RemoteUnknown; ServedElsewhere; UsageInvalid
   */
  async cancel(
    name: RemoteName | undefined,
    id: string | undefined,
    principal: Principal,
    isForced = false,
  ): Promise<Cancelling> {
    const { underWay } = this.#options;
    const remote = await chooseRemote(this.#options, name, principal, 'withdraw');
    const all = underWay.of(remote);
    if (id === undefined && all.length === 0) await this.#requireOperator(remote, principal);
    const watched = id === undefined && all.length === 0 && (await this.#cancelWatch(remote, principal));
    if (watched) return watched;
    const deploy = id === undefined ? theOne(all, remote) : all.find((one) => one.id === id);
    if (!deploy) return this.#over(remote, id ?? '');
    if (deploy.session.principal.fingerprint !== principal.fingerprint) await this.#requireOperator(remote, principal);
    const goesOn = !isForced && !deploy.isFinished && deploy.session.phases.current === 'migrate';
    this.#tryCancel(deploy, principalIn(remote, principal), isForced);
    const waiting = all.filter((one) => one !== deploy && isWaiting(one)).map(lineOf);
    const verdict = deploy.outcome.then((outcome) => (outcome ? verdictOf(outcome) : interrupted));
    return { remote: remote.id, id: deploy.id, label: deploy.label, waiting, verdict, goesOn };
  }

  async #requireOperator(remote: Remote, principal: Principal): Promise<void> {
    const branches = await this.#options.branches(remote);
    this.#options.access.admit(remote, principal, { verb: 'cancel', branches });
  }

  #tryCancel(deploy: Deploy, { name: by, fingerprint: key }: Principal, isForced: boolean): void {
    const isCancelled = deploy.tryCancel(new GitkubeError('Cancelled', cancelledBy(by)), isForced);
    const { log } = this.#options.context;
    log.info({ push: deploy.id, remote: deploy.remote.id, by, key, isCancelled, isForced }, 'cancel of a deploy');
  }

  async #cancelWatch(remote: Remote, principal: Principal): Promise<Cancelling | undefined> {
    const { name: by, fingerprint: key } = principalIn(remote, principal);
    const release = await this.#options.watches.cancel(remote, by);
    if (release === undefined) return undefined;
    this.#options.context.log.info({ remote: remote.id, by, key, release }, 'cancel of a watch');
    const verdict = Promise.resolve({ result: 'failed', reason: 'Cancelled', message: cancelledBy(by) } as const);
    return {
      remote: remote.id,
      id: 'the watch',
      label: `${releaseName(release, remote.environment)} runs on, whatever its pods do`,
      waiting: [],
      verdict,
    };
  }

  /** One that has ended before anybody could cancel it. */
  async #over(remote: Remote, id: string): Promise<Cancelling> {
    const record = await this.#record(remote, id);
    if (!record) throw deployNotFound(remote, id);
    const { branch, commit, by } = record;
    return {
      remote: remote.id,
      id,
      label: labelOf({ branch, oid: commit }, by),
      waiting: [],
      verdict: Promise.resolve(record.verdict),
    };
  }

  async #record(remote: Remote, id: string): Promise<DeployRecord | undefined> {
    const { repositories, records } = this.#options;
    const repository = await repositories.findOf(remote);
    const found = repository && (await records.find(repository, id));
    return found?.read();
  }
}

const interrupted = { result: 'interrupted' } as const;

/** @throws DeployNotFound; UsageInvalid where it takes an id to choose */
function theOne(all: readonly Deploy[], { id: remote }: Remote): Deploy {
  const [first, ...others] = all;
  const turn = all.find((one) => !isWaiting(one));
  if (turn) return turn;
  if (!first)
    throw new GitkubeError('DeployNotFound', `nothing is under way to ${remote}`, {
      hint: askServer(`deploys ${remote}`),
    });
  if (others.length === 0) return first;
  throw new GitkubeError('UsageInvalid', `${all.length} deploys wait for their turn, and none has it`, {
    hint: [`name one of them: ${askServer(`cancel ${remote} <id>`)}`, ...all.map(lineOf)],
  });
}

/** Or its turn was not asked for yet. */
function isWaiting({ session }: Deploy): boolean {
  return session.phases.current === 'queue' || session.phases.current === 'receive';
}

function lineOf({ id, label }: Deploy): string {
  return `${id}   ${label}`;
}

/** What remains comes behind a semicolon, and the comment of a key may have one. */
function cancelledBy(name: string): string {
  return `cancelled by ${plain(name, 200).replaceAll(';', ',')}`;
}
