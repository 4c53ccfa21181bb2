import type { ControlGateway } from '../gateways/control-gateway.ts';
import type { DeploysGateway } from '../gateways/deploys-gateway.ts';
import type { DiffGateway } from '../gateways/diff-gateway.ts';
import type { EnvGateway } from '../gateways/env-gateway.ts';
import type { KeysGateway } from '../gateways/keys-gateway.ts';
import type { LockGateway } from '../gateways/lock-gateway.ts';
import type { LogsGateway } from '../gateways/logs-gateway.ts';
import type { RunGateway } from '../gateways/run-gateway.ts';
import type { StateGateway } from '../gateways/state-gateway.ts';

/** What commands ask of the rest of Gitkube. */
export interface CommandBackend {
  /** What was deployed, and what is being deployed. */
  readonly deploys: Pick<DeploysGateway, 'all' | 'read' | 'refusals' | 'status' | 'releases'>;
  /** The same as it changes. */
  readonly states: Pick<StateGateway, 'watch'>;
  /** Changes what is deployed. */
  readonly control: Pick<ControlGateway, 'cancel' | 'deploy'>;
  /** Who may what. */
  readonly keys: Pick<KeysGateway, 'own' | 'of'>;
  /** What pods print. */
  readonly logs: Pick<LogsGateway, 'read'>;
  /** What differs between releases, and from what runs. */
  readonly diffs: Pick<DiffGateway, 'live' | 'releases'>;
  /** What workloads read as settings. */
  readonly env: Pick<EnvGateway, 'list' | 'requireOn'>;
  /** Runs a command beside what runs. */
  readonly runs: Pick<RunGateway, 'run'>;
  /** Keeps a Remote from deploying. */
  readonly locks: Pick<LockGateway, 'lock' | 'unlock'>;
  /** How the URL of a Remote looks, for hints. */
  readonly urlForm: string;
}
