import type { Kube } from '../../kube/index.ts';
import type { EventRecorder, Remote, Remotes } from '../../remote-crd/index.ts';
import { Access } from '../access/access.ts';
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
  const { kube, events, context, remotes, owner, underWay, watches, runs, records } = parts;
  const { repositories, deployer, applier } = context;
  const { urlForm } = context;
  const access = new Access({ remotes, urlForm });
  const door = { context, access, owner, underWay };
  const state = (remote: Remote) => remoteState({ remotes, repositories, deployer, underWay }, remote);
  return {
    git: new GitGateway({ ...door, records, urlForm, maxFetchMs: config.GITKUBE_FETCH_TIMEOUT_SECONDS * 1000 }),
    deploys: new DeploysGateway({ access, remotes, repositories, records, state }),
    states: new StateGateway({ access, remotes, state, clock }),
    control: new ControlGateway({ ...door, remotes, repositories, records, watches }),
    diffs: new DiffGateway({ access, remotes, repositories, kube, applier, env: context.env, underWay, clock }),
    env: new EnvGateway({ access, remotes, env: context.env }),
    keys: new KeysGateway({ access, remotes }),
    locks: new LockGateway({ access, remotes, kube, events, clock, log }),
    logs: new LogsGateway({ access, remotes, repositories, kube, clock }),
    runs: new RunGateway({
      access,
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
