import type { OutputLines } from './output.ts';
import type { DeployRequest } from './request.ts';

/** What belongs to one deploy, from its beginning to its end. */
export interface DeploySession
  extends Pick<
    DeployRequest,
    | 'id'
    | 'principal'
    | 'repository'
    | 'receivePacks'
    | 'phases'
    | 'signal'
    | 'forced'
    | 'ending'
    | 'waits'
    | 'announced'
  > {
  readonly output: OutputLines;
}
