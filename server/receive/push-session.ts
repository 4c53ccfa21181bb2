import type { OutputLines } from '../deploys/output.ts';
import type { DeployRequest } from '../deploys/request.ts';

/** What belongs to one push, from its first byte to its end. */
export interface PushSession
  extends Pick<
    DeployRequest,
    'id' | 'principal' | 'repository' | 'phases' | 'signal' | 'ending' | 'waits' | 'announced'
  > {
  readonly output: OutputLines;
}
