import type { Kube } from '../../kube/index.ts';
import type { EventRecorder, Remote, Remotes } from '../../remote-crd/index.ts';
import { Access } from '../access/access.ts';
import type { Audit } from '../access/audit.ts';
import { branchesBefore, branchesOf } from '../deploys/branches.ts';
import type { DeployContext } from '../deploys/context.ts';
import type { DeploysUnderWay } from '../deploys/deploys-under-way.ts';
import type { DeployRecords } from '../deploys/records/records.ts';
import { ControlGateway } from '../gateways/control-gateway.ts';
import { DeploysGateway } from '../gateways/deploys-gateway.ts';
import { DiffGateway } from '../gateways/diff-gateway.ts';
import { EnvGateway } from '../gateways/env-gateway.ts';
import { GitGateway } from '../gateways/git-gateway.ts';
import { KeysGateway } from '../gateways/keys-gateway.ts';
import { LockGateway } from '../gateways/lock-gateway.ts';
import { LogsGateway } from '../gateways/logs-gateway.ts';
import type { DoorParts } from '../gateways/open-deploy.ts';
import { remoteState } from '../gateways/remote-state.ts';
import { RunGateway } from '../gateways/run-gateway.ts';
import { StateGateway } from '../gateways/state-gateway.ts';
import type { Runs } from '../runs/runs.ts';
import type { ReleaseWatches } from '../watch/release-watches.ts';
import type { ServerOptions } from './options.ts';

export interface GatewayParts {
  readonly kube: Kube;
  readonly audit: Audit;
  readonly events: EventRecorder;
  readonly context: DeployContext;
  readonly remotes: Remotes;
  readonly owner: DoorParts['owner'];
  readonly underWay: DeploysUnderWay;
  readonly watches: ReleaseWatches;
  readonly runs: Runs;
  readonly records: DeployRecords;
}

/** What every door asks the server for. */
export interface Gateways {
  readonly git: GitGateway;
  readonly deploys: DeploysGateway;
  readonly states: StateGateway;
  readonly control: ControlGateway;
  readonly diffs: DiffGateway;
  readonly env: EnvGateway;
  readonly keys: KeysGateway;
  readonly logs: LogsGateway;
  readonly runs: RunGateway;
  readonly locks: LockGateway;
}

export function makeGateways({ config, clock, log }: ServerOptions, parts: GatewayParts): Gateways {
  const { kube, audit, events, context, remotes, owner, underWay, watches, runs, records } = parts;
  const { repositories, deployer, applier } = context;
  const { urlForm } = context;
  const access = new Access({ remotes, audit, clock, urlForm });
  // What runs is of the branch that was released, whatever deploys from now on.
  const branches = async (remote: Remote) => {
    const repository = await repositories.findOf(remote);
    if (!repository) return branchesBefore(remote);
    const { deploy, running } = await branchesOf(remote, repository);
    return running === undefined ? deploy : [running];
  };
  const choice = { access, remotes, branches };
  const door = { context, access, owner, underWay };
  const state = (remote: Remote) => remoteState({ remotes, repositories, deployer, underWay }, remote);
  return {
    git: new GitGateway({ ...door, records, urlForm, maxFetchMs: config.GITKUBE_FETCH_TIMEOUT_SECONDS * 1000 }),
    deploys: new DeploysGateway({ ...choice, audit, repositories, records, state }),
    states: new StateGateway({ ...choice, remotes, state, clock }),
    control: new ControlGateway({ ...door, ...choice, repositories, records, watches }),
    diffs: new DiffGateway({ ...choice, remotes, repositories, kube, applier, env: context.env, underWay, clock }),
    env: new EnvGateway({ ...choice, remotes, env: context.env }),
    keys: new KeysGateway({ ...choice, remotes, clock }),
    locks: new LockGateway({ ...choice, remotes, kube, events, clock, log }),
    logs: new LogsGateway({ ...choice, repositories, kube, clock }),
    runs: new RunGateway({
      ...choice,
      remotes,
      repositories,
      runs,
      isOn: config.GITKUBE_RUN === 'on',
      events,
      clock,
      log,
    }),
  };
}
