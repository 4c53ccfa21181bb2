import type { DeployRequest } from '../deploys/request.ts';
import type { PushOutput } from './push-output.ts';

/** What belongs to one push, from its first byte to its end. */
export interface PushSession
  extends Pick<
    DeployRequest,
    'id' | 'principal' | 'repository' | 'phases' | 'signal' | 'ending' | 'waits' | 'announced'
  > {
  readonly output: PushOutput;
}
