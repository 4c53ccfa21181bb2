import type { Clock } from '../../base/clock.ts';
import type { GitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Config } from '../config.ts';

/** What the starter of a server decides. */
export interface ServerOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly clock: Clock;
  /** The folder that holds `hooks/`. */
  readonly root: string;
  /** Of Gitkube, for the metrics. */
  readonly version: string;
  /** Ends a start that waits for the cluster; the server is not ready any more. */
  readonly signal: AbortSignal;
  /** Called when another server may work on the data folder: ends the process, with all that is under way. */
  readonly onDataLost: (error: GitkubeError) => void;
}
